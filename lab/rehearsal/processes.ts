/** The lab's processes on the outer machine: the API emulators and the ssh-agent. Each has a pid file and a log. */
import { spawn } from "node:child_process";
import { mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { contentKey, folderParts } from "../images/content-key";
import { cacheDir, labDir, repoDir } from "../lib/paths";

/** In the cache, not in the lab: what a checkout that was deleted left running is found again. */
const pidFile = (name: string): string => join(cacheDir(), "run", `${name}.pid`);
const startWithinSeconds = 30;

/**
 * Starts a process of the lab unless it answers already. One that runs other source than the checkout's is ended first.
 * @param answers says whether it serves
 */
export async function keepRunning(
  name: string,
  command: readonly [string, ...string[]],
  answers: () => Promise<boolean>,
): Promise<void> {
  const revision = sourceRevision();
  if (running(name) !== undefined && revisionOf(name) === revision && (await answers())) return;
  stop(name);
  if (await answers()) {
    throw new Error(`something else answers where ${name} of the lab would: end it and run this again`);
  }
  mkdirSync(join(cacheDir(), "run"), { recursive: true });
  mkdirSync(join(labDir(), "logs"), { recursive: true });
  const log = openSync(join(labDir(), "logs", `${name}.log`), "a");
  const child = spawn(command[0], command.slice(1), {
    cwd: repoDir,
    detached: true,
    stdio: ["ignore", log, log],
    env: { ...process.env, CLAWKEEP_LAB: labDir() },
  });
  child.unref();
  writeFileSync(pidFile(name), `${child.pid} ${revision}`);
  const deadline = Date.now() + startWithinSeconds * 1000;
  while (Date.now() < deadline) {
    if (await answers()) return;
    if (child.exitCode !== null) break;
    await sleep(100);
  }
  throw new Error(`${name} does not answer; its log: ${join(labDir(), "logs", `${name}.log`)}`);
}

/** Equal for equal source of all that the lab's processes are made from. */
const sourceRevision = (): string =>
  contentKey(["lab", "config", "config-files"].flatMap((folder) => folderParts(join(repoDir, folder))));

/** What the process that was started last is made from. */
function revisionOf(name: string): string | undefined {
  return readFileSync(pidFile(name), "utf8").split(" ")[1];
}

/** The pid of a process of the machine's lab. A pid may have been given to somebody else since: the command line tells. */
function running(name: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile(name), "utf8").split(" ")[0]);
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    return commandLine.includes(join("lab", name)) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Ends a process of the machine's lab, and waits until it is gone, so that its port is free. */
export function stop(name: string): void {
  const pid = running(name);
  if (pid !== undefined) {
    process.kill(-pid, "SIGTERM");
    const deadline = Date.now() + 5000;
    while (running(name) !== undefined && Date.now() < deadline) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
  rmSync(pidFile(name), { force: true });
}

/** True when an HTTP server answers there, whatever it says. */
export async function httpAnswers(url: string): Promise<boolean> {
  try {
    await fetch(url, { signal: AbortSignal.timeout(2000) });
    return true;
  } catch {
    return false;
  }
}
