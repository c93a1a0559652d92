import { attempt } from "./exec";
import { repoDir } from "./paths";

/** Pages that commands write: they are no change of what is tried or measured. */
const written = [":!docs/test-long.md", ":!docs/evidence/bench.md"];

/** Short hash of the checkout's commit, with `+` behind it where files of it were changed. */
export async function currentCommit(): Promise<string> {
  const git = async (...args: string[]) => (await attempt("git", args, { cwd: repoDir })).stdout.trim();
  const changes = await git("status", "--porcelain", "--", ".", ...written);
  return `${await git("rev-parse", "--short", "HEAD")}${changes === "" ? "" : "+"}`;
}
