import { readFile } from "node:fs/promises";
import { run } from "../lib/exec";
import { releaseVolume, volumeDevice } from "./volumes";

const loopMajor = "7";

/** A file system as one line of /proc/PID/mountinfo shows it. */
interface Mount {
  /** `major:minor` of what is mounted. */
  readonly device: string;
  readonly target: string;
  readonly type: string;
}

// EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH: nothing that is not on the disk by now gets there, and what is
// tried afterwards ends with EIO. The device is compared because another file system may be mounted over it.
const cut = `
  use strict;
  while (my ($device, $path) = splice(@ARGV, 0, 2)) {
    open(my $file, "<", $path) or die "$path: $!\\n";
    my $number = (stat $file)[0];
    my $found = join ":", ($number >> 8) & 0xfff, ($number & 0xff) | (($number >> 12) & 0xfff00);
    die "$path is on $found, not on $device\\n" unless $found eq $device;
    my $flags = pack("L", 2);
    ioctl($file, 0x8004587D, $flags) or die "$path: $!\\n";
  }`;

/**
 * Takes from every ext4 file system on a loop device of the process's mount namespace (volumes, and what lies in files on
 * them) all that was not synced. The inner ones first: what an outer one loses, nobody can write into it any more.
 * Whatever the machine outside has mounted itself is left alone.
 */
export async function cutFileSystems(pid: string, volumeIds: readonly number[]): Promise<void> {
  const outside = new Set((await mounts("self")).map(({ device }) => device));
  const volumes = new Set(
    await Promise.all(
      volumeIds.map(async (id) => {
        const { major, minor } = await volumeDevice(id);
        return `${major}:${minor}`;
      }),
    ),
  );
  const chosen = new Map<string, string>();
  for (const { device, target, type } of await mounts(pid)) {
    if (type !== "ext4" || device.split(":")[0] !== loopMajor || outside.has(device)) continue;
    chosen.set(device, `/proc/${pid}/root${target}`);
  }
  const entries = [...chosen];
  const inOrder = [
    ...entries.filter(([device]) => !volumes.has(device)),
    ...entries.filter(([device]) => volumes.has(device)),
  ];
  if (inOrder.length > 0) await run("perl", ["-e", cut, ...inOrder.flat()]);
}

/** Once the server is gone: no cache of a loop device outlives it. */
export async function dropCaches(volumeIds: readonly number[]): Promise<void> {
  for (const id of volumeIds) await releaseVolume(id);
}

async function mounts(pid: string): Promise<readonly Mount[]> {
  const text = await readFile(`/proc/${pid}/mountinfo`, "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [before = "", after = ""] = line.split(" - ");
      const [, , device = "", , target = ""] = before.split(" ");
      return { device, target: unescaped(target), type: after.split(" ")[0] ?? "" };
    });
}

/** The kernel writes spaces and the like as octal numbers. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
