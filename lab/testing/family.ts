/**
 * Commands that are ended with all that they have started, also what left their process group: each family has a mark in
 * its environment, and whoever has the mark is of the family.
 */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { repoDir } from "../lib/paths";

const variable = "CLAWKEEP_TEST_FAMILY";

export interface FamilyOptions {
  readonly cwd?: string;
  /** After so long everything is ended. Default: never. */
  readonly timeoutSeconds?: number;
  /** True: its output is ours, as it comes. False: it is collected. */
  readonly show: boolean;
}

export interface FamilyOutcome {
  /** 127 where the command is not there, 128 where a signal ended it. */
  readonly code: number;
  readonly timedOut: boolean;
  readonly seconds: number;
  /** What it said where that was not shown. */
  readonly output: string;
}

const lastWordsMilliseconds = 500;
const running = new Set<string>();
let counter = 0;

/** Runs a command to its end, or to that of its time. It throws nothing. */
export function runFamily(
  command: string,
  args: readonly string[],
  { cwd = repoDir, timeoutSeconds, show }: FamilyOptions,
): Promise<FamilyOutcome> {
  const mark = `${process.pid}-${++counter}`;
  const begin = Date.now();
  running.add(mark);
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, [variable]: mark },
      stdio: show ? "inherit" : ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => (output += chunk.toString()));
    let timedOut = false;
    const timer =
      timeoutSeconds === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            endFamily(mark);
          }, timeoutSeconds * 1000);
    const end = (code: number, note = ""): void => {
      clearTimeout(timer);
      running.delete(mark);
      resolve({ code, timedOut, seconds: (Date.now() - begin) / 1000, output: output + note });
    };
    child.on("error", (error) => end(127, error.message));
    child.on("exit", (code) => {
      // What it has said comes with "close", for which a process that was left behind may let us wait for ever.
      const enough = setTimeout(() => {
        // Else they keep this program from its end, as long as whoever holds their other side.
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, lastWordsMilliseconds);
      child.on("close", () => {
        clearTimeout(enough);
        end(code ?? 128);
      });
    });
  });
}

/** Ends every process with the mark; one that starts another meanwhile does it once. */
function endFamily(mark: string): void {
  for (let round = 0; round < 3; round++) {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
        if (environment.includes(`${variable}=${mark}`)) process.kill(Number(pid), "SIGKILL");
      } catch {
        // It has ended already, or is not ours to see.
      }
    }
  }
}

/** From now on Ctrl-C and SIGTERM end every family first. */
export function endFamiliesWithUs(): void {
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    process.on(signal, () => {
      for (const mark of running) endFamily(mark);
      process.exit(code);
    });
  }
}
