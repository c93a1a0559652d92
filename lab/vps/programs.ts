import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { labDir } from "../lib/paths";

/** A program that was started on a server. */
export interface Started {
  /** Path of the file, links resolved. */
  readonly program: string;
  /** systemd unit it ran in; a login over SSH is `session-N.scope`. */
  readonly unit: string;
  /** Names of the processes above it, the nearest first. */
  readonly above: readonly string[];
}

const file = (server: string): string => join(labDir(), "run", `programs-${server}.jsonl`);

/**
 * Writes down every program that is started on a server until it is switched off; it may be made after this is called.
 * A server that is made anew begins a new list.
 */
export function recordPrograms(server: string, isNew: boolean): { readonly stop: () => void } {
  mkdirSync(join(labDir(), "run"), { recursive: true });
  mkdirSync(join(labDir(), "logs"), { recursive: true });
  if (isNew) rmSync(file(server), { force: true });
  const log = openSync(join(labDir(), "logs", "programs.log"), "a");
  const recorder = spawn(
    "python3",
    [join(__dirname, "programs.py"), `clawkeep-vps-${server}`, file(server)],
    { stdio: ["ignore", log, log] },
  );
  return { stop: () => recorder.kill() };
}

/** What was started on a server, in order. @throws Error when nothing was recorded */
export function startedPrograms(server: string): Started[] {
  if (!existsSync(file(server)))
    throw new Error(`nothing was recorded of ${server}: make rehearse on a new lab`);
  return readFileSync(file(server), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Started);
}
