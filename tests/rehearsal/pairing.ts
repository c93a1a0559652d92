/** `make pair`, as an operator runs it. */
import { join } from "node:path";
import { run } from "../../lab/lib/exec";
import { repoDir } from "../../lab/lib/paths";

/** @param code absent: lists who asks */
export const pair = (code?: string): Promise<string> =>
  run(
    join(repoDir, "node_modules", ".bin", "tsx"),
    [join(repoDir, "tools", "pair.ts"), "prod", ...(code === undefined ? [] : ["--approve", code])],
    { timeoutSeconds: 120 },
  );
