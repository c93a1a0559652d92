/** A look at the deployed stack with the rows of `make verify`. */
import { sshTarget, withHost, type Shell } from "../../tools/host-shell";
import type { Result, Row } from "../../tools/verify/row";
import { verify } from "../../tools/verify/row";
import { rowsOf } from "../../tools/verify/rows";
import { stackOutputs, stackSettings, worldOf, type World } from "../../tools/verify/world";

/** A world of its own for each look, so that nothing is remembered from before the break. */
export function withWorld<T>(work: (world: World) => Promise<T>): Promise<T> {
  const outputs = stackOutputs("prod");
  const settings = stackSettings("prod");
  return withHost(sshTarget("prod", outputs), (shell: Shell) =>
    work(worldOf("prod", outputs, shell, (process.env["LAB_CURL_ARGS"] ?? "").split(" "), settings)),
  );
}

export const look = (wanted: (row: Row) => boolean): Promise<Result[]> =>
  withWorld((world) => verify(world, rowsOf(world).filter(wanted), 6));
