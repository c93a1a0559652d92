/** Pulumi, as a takeover asks it. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Exported } from "../recover/deployment";

/** @param tell is told each line as it comes @returns what was printed @throws Error with the end of what it said */
export function pulumi(
  args: readonly string[],
  tell: (line: string) => void = () => undefined,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("pulumi", ["--non-interactive", "--color", "never", ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const printed: string[] = [];
    const said: string[] = [];
    createInterface({ input: child.stdout }).on("line", (line) => {
      printed.push(line);
      said.push(line);
      tell(line);
    });
    createInterface({ input: child.stderr }).on("line", (line) => {
      said.push(line);
      tell(line);
    });
    child.once("error", (error) =>
      reject(new Error(`pulumi cannot be run (${error.message}): install it, or . .lab/env`)),
    );
    child.once("close", (code) => {
      if (code === 0) return resolve(printed.join("\n"));
      const shown = args.slice(0, 4).join(" ");
      reject(new Error(`pulumi ${shown} ended with ${code ?? "a signal"}:\n${said.slice(-15).join("\n")}`));
    });
  });
}

export const stateOf = async (stack: string): Promise<Exported> =>
  JSON.parse(await pulumi(["stack", "export", "--stack", stack])) as Exported;
