/** A look at the deployed stack with the rows of `make verify`. */
import { sshTarget, withHost, type Shell } from "../../tools/host-shell";
import { verify, type Result, type Row } from "../../tools/verify/row";
import { rowsOf } from "../../tools/verify/rows";
import {
  stackOutputs,
  stackSettings,
  deployedStack,
  type DeployedStack,
} from "../../tools/verify/deployed-stack";

/** What Pulumi knows of the stack, which no break changes: asked once, because each answer costs seconds. */
let known:
  Readonly<{ outputs: Record<string, unknown>; settings: ReturnType<typeof stackSettings> }> | undefined;

/** One of its own for each look, so that nothing is remembered from before the break. */
export function withStack<T>(work: (deployed: DeployedStack) => Promise<T>): Promise<T> {
  known ??= { outputs: stackOutputs("prod"), settings: stackSettings("prod") };
  const { outputs, settings } = known;
  return withHost(sshTarget("prod", outputs), (shell: Shell) =>
    work(deployedStack("prod", outputs, shell, (process.env["LAB_CURL_ARGS"] ?? "").split(" "), settings)),
  );
}

export const look = (wanted: (row: Row) => boolean): Promise<Result[]> =>
  withStack((deployed) => verify(deployed, rowsOf(deployed).filter(wanted), 6));
