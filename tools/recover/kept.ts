/**
 * The list of what was cut off, on this machine, as long as it is worked on: what Pulumi itself does meanwhile drops most of it
 * from the state. It holds what `pulumi stack export` prints, so no secret but encrypted.
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { Exported, Pending } from "./deployment";

/** Below Pulumi's home, one for each stack of each backend. */
export function keptFile(url: string, stack: string, environment: NodeJS.ProcessEnv = process.env): string {
  const home = environment["PULUMI_HOME"] ?? join(homedir(), ".pulumi");
  const key = createHash("sha256")
    .update(JSON.stringify([url, stack]))
    .digest("hex")
    .slice(0, 16);
  return join(home, "clawkeep", `recover-${stack.replace(/[^\w.-]/g, "-")}-${key}.json`);
}

/** @throws Error where it cannot be read, and is there */
export function readKept(file: string): Pending[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  return JSON.parse(text) as Pending[];
}

/** There wholly, or not: a machine that goes off in the middle leaves the one before. */
export function keep(file: string, operations: readonly Pending[]): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const half = `${file}.new`;
  rmSync(half, { force: true });
  const opened = openSync(half, "wx", 0o600);
  try {
    writeFileSync(opened, JSON.stringify(operations));
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
  renameSync(half, file);
}

export const drop = (file: string): void => rmSync(file, { force: true });

/** The state, with what was cut off by it and by the list. */
export function withKept(state: Exported, kept: readonly Pending[]): Exported {
  const all = [...kept, ...(state.deployment.pending_operations ?? [])];
  const each = new Map(all.map((operation) => [`${operation.type} ${operation.resource.urn}`, operation]));
  return { ...state, deployment: { ...state.deployment, pending_operations: [...each.values()] } };
}
