/** A table of states in a host script's module, and what comes of it on an engine in memory. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const bin = join(__dirname, "..", "..", "..", "config-files", "host", "bin");
export const python = spawnSync("python3", ["--version"]).error === undefined;

function ask(...words: string[]): string {
  const { stdout, stderr, status } = spawnSync("python3", ["-B", ...words], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/**
 * @param script beside this file, called with the folder of the scripts and a place of its own, which is not there yet
 * @param module that has STATES
 * @returns what the script prints, and from each state to where it leads: done, failed, cut off
 */
export function walk<W, T>(script: string, module: string): { walked: W; table: T } {
  // Ten thousands of small files: a disk's journal would take most of the time.
  const memory = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  const directory = mkdtempSync(join(memory, "clawkeep-walk-"));
  try {
    const walked = JSON.parse(ask(join(__dirname, script), bin, join(directory, "walk"))) as W;
    const print = `import json, sys; sys.path.insert(0, ${JSON.stringify(bin)}); import ${module} as table
print(json.dumps({name: {"then": each.then, "fails": each.fails, "resumes": each.resumes} for name, each in table.STATES.items()}))`;
    return { walked, table: JSON.parse(ask("-c", print)) as T };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
