/**
 * `make prune-backups REMOTE=…`: deletes old backups by the rule of tools/prune/rule.ts. It runs where the key is that may
 * delete, which is on no host: on an operator's machine, or as a scheduled workflow. It needs restic and rclone on PATH,
 * REMOTE as rclone calls the repository (`b2:example-backups/prod`), and the repository's password in the file that
 * RESTIC_PASSWORD_FILE names. Exit code 1, and nothing deleted, where something looks wrong, or is damaged (tools/prune/damage.ts).
 */
import { spawnSync } from "node:child_process";
import { forged, overwritten, shareOf, shares, toHash } from "./prune/damage";
import { readRepository } from "./prune/read";
import { decide } from "./prune/rule";
import { complain, endWith, say } from "./terminal";

/** Ids that fit into one command. */
const atOnce = 500;
/** Hours in which a share of the packs has to be read. */
const checkHours = 2;
/** Files that were overwritten and are looked at one by one; more are a reason to stop without that. */
const mostOverwritten = 500;
const mend = "nothing was deleted; what comes back, and how: docs/backups.md#what-the-other-side-is-told";

/** A line for each of a thousand packs says no more than the first of them. */
const shortened = (text: string): string =>
  text.length <= 3000 ? text : `${text.slice(0, 1500)}\n...\n${text.slice(-1500)}`;

/** @param hours after which it is ended; what it has begun can be begun again */
function run(program: string, args: readonly string[], hours = 1, input = ""): string {
  const result = spawnSync(program, args, {
    ...{ encoding: "utf8", input },
    maxBuffer: 256 * 1024 * 1024,
    timeout: hours * 3600_000,
  });
  if ((result.error as NodeJS.ErrnoException | undefined)?.code === "ETIMEDOUT")
    throw new Error(`${program} ${args.join(" ")} did not end within ${hours} hours`);
  if (result.error !== undefined) throw new Error(`${program} cannot be run: ${result.error.message}`);
  if (result.status !== 0)
    throw new Error(
      `${program} ${args.join(" ")} ended with ${String(result.status)}: ${shortened(result.stderr.trim())}`,
    );
  return result.stdout;
}

/** @throws Error naming what was overwritten by something else */
function checkVersions(remote: string): void {
  // Only a storage with versions knows these words.
  const versions = ["--s3-versions", "--b2-versions"];
  let files;
  try {
    files = overwritten(
      run("rclone", ["lsjson", "-R", "--files-only", "--no-modtime", "--no-mimetype", ...versions, remote]),
    );
  } catch (error) {
    return complain(
      `whether something was overwritten is not known: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (files.length === 0) return;
  const others =
    files.length > mostOverwritten
      ? files.map(({ name }) => name)
      : forged(
          files,
          run(
            "rclone",
            ["hashsum", "SHA256", "--download", "--files-from-raw", "-", ...versions, remote],
            checkHours,
            toHash(files).join("\n"),
          ),
        );
  if (others.length > 0)
    throw new Error(
      `${others.length} files were overwritten, and are not what they were, ${others.slice(0, 3).join(", ")} first: somebody has a ` +
        `host's key. ${mend}`,
    );
}

/** All of the structure, and a share of what is in the packs. Without a lock: hosts go on saving meanwhile. */
function checkShare(restic: (hours: number, ...words: string[]) => string): void {
  const share = shareOf(new Date(), process.env["SHARES"] ?? shares);
  try {
    restic(checkHours, "check", "--no-lock", `--read-data-subset=${share}`);
  } catch (error) {
    throw new Error(
      `${error instanceof Error ? error.message : String(error)}\nThe backups are damaged, or could not be read in time ` +
        `(SHARES=${2 * Number(share.split("/")[1])} reads half as much). ${mend}`,
      { cause: error },
    );
  }
  say(`share ${share} of the packs was read, and holds`);
}

function main([remote = "", dry]: readonly string[]): void {
  if (!/^[^-:\s][^:\s]*:\S*$/.test(remote))
    throw new Error("name the repository as rclone does: make prune-backups REMOTE=b2:example-backups/prod");
  if (process.env["RESTIC_PASSWORD_FILE"] === undefined)
    throw new Error("RESTIC_PASSWORD_FILE has to name the file with the repository's password");
  const within = (hours: number, ...args: string[]): string =>
    run("restic", ["--repo", `rclone:${remote}`, ...args], hours);
  const restic = (...args: string[]): string => within(6, ...args);
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
  checkVersions(remote);
  say(`${repository.snapshots.length} snapshots, ${forget.length} of them go`);
  if (dry !== undefined) for (const id of forget) say(id);
  else {
    checkShare(within);
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
