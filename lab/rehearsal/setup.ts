/** `make setup`: the Docker engine, the Pulumi toolchain and the images; each quick when it is there. */
import { createWriteStream, mkdirSync } from "node:fs";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { labDir, repoDir } from "../lib/paths";
import { takeOver } from "./ownership";
import { Rehearsal } from "./phases";

/** Runs a step with its output in a log file. @throws an error with the log's end and path */
function step(name: string, command: string, args: readonly string[]): Promise<void> {
  mkdirSync(join(labDir(), "logs"), { recursive: true });
  const path = join(labDir(), "logs", `setup-${name}.log`);
  const log = createWriteStream(path);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: repoDir, stdio: ["ignore", "pipe", "pipe"] });
    let end = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        log.write(chunk);
        end = (end + chunk.toString()).slice(-3000);
      });
    }
    child.on("error", reject);
    child.on("exit", (code) => {
      log.end();
      if (code === 0) resolve();
      else reject(new Error(`setup: ${name} ended with ${code}; all of it in ${path}\n${end}`));
    });
  });
}

async function main(): Promise<void> {
  const setup = new Rehearsal("setup.json");
  const tsx = join(repoDir, "node_modules", ".bin", "tsx");
  await setup.phase("Docker engine", () => step("engine", "bash", ["lab/engine/up.sh"]));
  const other = await takeOver();
  if (other !== undefined) console.log(`took the machine's lab over from ${other}`);
  // Side by side: one compiles where the other waits for the network or for a program that has one thread.
  const outcomes = await Promise.allSettled([
    setup.phase("Pulumi engine and providers", () => step("toolchain", "bash", ["lab/toolchain/build.sh"])),
    setup.phase("images of the real software", () => step("images", tsx, ["lab/images/build.ts"])),
  ]);
  const failed = outcomes.filter((outcome) => outcome.status === "rejected");
  if (failed.length > 0) throw new Error(failed.map(({ reason }) => messageOf(reason)).join("\n"));
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

main().catch((error: unknown) => {
  console.error(messageOf(error));
  process.exit(1);
});
