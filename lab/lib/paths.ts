import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The checkout that this file belongs to. */
export const repoDir = resolve(__dirname, "..", "..");

/** State of this checkout's lab. `CLAWKEEP_LAB` moves it elsewhere (tests run a lab of their own). */
export function labDir(): string {
  return process.env["CLAWKEEP_LAB"] ?? join(repoDir, ".lab");
}

/** Everything that is expensive to make and depends on its inputs only; shared by all checkouts. */
export function cacheDir(): string {
  const xdg = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  return process.env["CLAWKEEP_CACHE"] ?? join(xdg, "clawkeep");
}
