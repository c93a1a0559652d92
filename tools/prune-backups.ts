/**
 * `make prune-backups REMOTE=…`: deletes old backups by the rule of tools/prune/rule.ts. It runs where the key is that may
 * delete, which is on no host: on an operator's machine, or as a scheduled workflow. It needs restic and rclone on PATH,
 * REMOTE as rclone calls the repository (`b2:example-backups/prod`), and the repository's password in the file that
 * RESTIC_PASSWORD_FILE names. Exit code 1, and nothing deleted, where something looks wrong.
 */
import { spawnSync } from "node:child_process";
import { readRepository } from "./prune/read";
import { decide } from "./prune/rule";
import { endWith, say } from "./terminal";

/** Ids that fit into one command. */
const atOnce = 500;

/** @param hours after which it is ended; what it has begun can be begun again */
function run(program: string, args: readonly string[], hours = 1): string {
  const result = spawnSync(program, args, {
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
    timeout: hours * 3600_000,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (result.error !== undefined) throw new Error(`${program} cannot be run: ${result.error.message}`);
  if (result.status !== 0)
    throw new Error(
      `${program} ${args.join(" ")} ended with ${String(result.status)}: ${result.stderr.trim()}`,
    );
  return result.stdout;
}

function main([remote = "", dry]: readonly string[]): void {
  if (!/^[^-:\s][^:\s]*:\S*$/.test(remote))
    throw new Error("name the repository as rclone does: make prune-backups REMOTE=b2:example-backups/prod");
  if (process.env["RESTIC_PASSWORD_FILE"] === undefined)
    throw new Error("RESTIC_PASSWORD_FILE has to name the file with the repository's password");
  const restic = (...args: string[]): string => run("restic", ["--repo", `rclone:${remote}`, ...args], 6);
  const repository = readRepository(
    restic("snapshots", "--json", "--no-lock"),
    run("rclone", [
      "lsjson",
      "--use-server-modtime",
      "--files-only",
      `${remote.replace(/([^:])\/*$/, "$1/")}snapshots`,
    ]),
  );
  const { forget, stops } = decide(repository, new Date());
  if (stops.length > 0)
    throw new Error(`${stops.join("\n")}\nnothing was deleted: look at it first (docs/backups.md)`);
  say(`${repository.snapshots.length} snapshots, ${forget.length} of them go`);
  if (dry !== undefined) for (const id of forget) say(id);
  else {
    // Of a prune that was killed, on this machine or half an hour ago: restic takes away none that somebody holds.
    restic("unlock");
    for (let first = 0; first < forget.length; first += atOnce)
      restic("forget", "--retry-lock", "5m", ...forget.slice(first, first + atOnce));
    // Also where none goes today: one that was cut off has left what nobody refers to.
    say(restic("prune", "--retry-lock", "5m").trim());
  }
}

try {
  main(process.argv.slice(2));
} catch (error) {
  endWith(error);
}
