import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheDir } from "./paths";

/** Runs work that only one process of the machine may do at a time. The lock of a process that is gone is nobody's. */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const file = join(cacheDir(), "run", `${name}.lock`);
  mkdirSync(dirname(file), { recursive: true });
  while (!take(file)) await sleep(300);
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    const holder = existsSync(file) ? readFileSync(file, "utf8") : "";
    // Empty for the moment between its making and its writing.
    if (holder !== "" && !existsSync(`/proc/${holder}`)) rmSync(file, { force: true });
    return false;
  }
}
