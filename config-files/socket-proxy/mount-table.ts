import { Refusal } from "../http-service/refusal";

interface Mount {
  readonly device: string;
  /** The directory within its filesystem that is mounted. */
  readonly root: string;
  readonly point: string;
  readonly options: readonly string[];
}

const requiredOptions = ["nosuid", "nodev", "nosymfollow"];

/**
 * Refuses while the sandboxes directory is anything but a whole filesystem of its own, mounted nosuid, nodev and
 * nosymfollow, with nothing mounted below it.
 *
 * The gateway and its sandboxes can write there, so between the filter's look at a path and the daemon's use of it
 * any part may become a symlink. `nosymfollow` makes the kernel refuse to follow it, in the daemon too; a missing
 * flag, a filesystem that is not mounted yet or one mounted over it would silently take that away.
 *
 * @param mountInfo text of /proc/self/mountinfo
 * @throws {Refusal} 503 `mount`
 */
export function checkSandboxesMount(mountInfo: string, directory: string): void {
  const mounts = mountInfo.split("\n").filter(Boolean).map(parseMount);
  const here = mounts.filter((mount) => mount.point === directory);
  const mount = here[0];
  if (mount === undefined) throw notReady(directory, "is not a mount point in the filter's mount namespace");
  if (here.length > 1) throw notReady(directory, "is mounted more than once");
  if (mount.root !== "/") throw notReady(directory, "is a part of a filesystem, not a whole one");
  if (mounts.some((other) => other !== mount && other.device === mount.device)) {
    throw notReady(directory, "shares its filesystem with another mount");
  }
  const below = mounts.find((other) => other.point.startsWith(`${directory}/`));
  if (below !== undefined) throw notReady(directory, `has a mount below it at ${below.point}`);
  const missing = requiredOptions.filter((option) => !mount.options.includes(option));
  if (missing.length > 0) throw notReady(directory, `is mounted without ${missing.join(",")}`);
}

function parseMount(line: string): Mount {
  const [, , device = "", root = "", point = "", options = ""] = line.split(" ");
  return { device, root, point, options: options.split(",") };
}

function notReady(directory: string, problem: string): Refusal {
  return new Refusal(503, "mount", `the sandboxes directory ${directory} ${problem}`);
}
