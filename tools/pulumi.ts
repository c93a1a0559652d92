/** The one way by which tools ask pulumi. A secret goes in by standard input: everybody on the machine can read arguments. */
import { spawnSync } from "node:child_process";

export interface Said {
  /** Exit code; null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What it must be told so that it asks nothing back and its words can be read. */
export const plainly = ["--non-interactive", "--color", "never"] as const;

/** Why there is no answer at all, and what to do. */
export const notRun = (error: Error): Error =>
  new Error(`pulumi cannot be run (${error.message}): install it, or . .lab/env for the lab`);

/** Whatever comes of it. @throws Error where there is no pulumi */
export function tryPulumi(args: readonly string[], input = ""): Said {
  const { status, stdout, stderr, error } = spawnSync("pulumi", [...plainly, ...args], {
    encoding: "utf8",
    input,
    maxBuffer: 256 * 1024 * 1024,
    env: process.env,
  });
  if (error !== undefined) throw notRun(error);
  return { code: status, stdout, stderr };
}

/** What has to succeed. @returns its standard output @throws Error with the command and pulumi's own words */
export function askPulumi(args: readonly string[], input = ""): string {
  const { code, stdout, stderr } = tryPulumi(args, input);
  if (code !== 0) throw new Error(`pulumi ${args.join(" ")} failed: ${(stderr || stdout).trim()}`);
  return stdout;
}
