/** Runs the host's scripts against real file systems in image files, in a mount namespace that takes its mounts along. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const bin = join(__dirname, "..", "..", "..", "config-files", "host", "bin");
const fakes = join(__dirname, "disks");
const sh = (command: string): string => {
  const { status, stdout, stderr } = spawnSync("bash", ["-ec", command], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
  return stdout.trim();
};

/** False without root and loop devices. */
export const possible =
  process.getuid?.() === 0 &&
  spawnSync("sh", ["-c", "losetup --find && unshare --mount mount -t tmpfs none /opt"]).status === 0;

/**
 * Bash: `cut DIRECTORY` takes from the ext4 file system there all that was not synced, as a power cut does
 * (EXT4_IOC_SHUTDOWN without a flush of the journal). Whatever is tried on it afterwards ends with an error.
 */
export const powerCut = `cut() { perl -e 'open(my $f, "<", $ARGV[0]) or die "$!"; my $flags = pack("L", 2);
  ioctl($f, 0x8004587D, $flags) or die "cut: $!"' "$1"; }`;

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A disk in a file. */
export class Disk {
  private readonly directory = mkdtempSync(join(tmpdir(), "clawkeep-disk-"));
  readonly file = join(this.directory, "disk");
  /** The loop device, under a name like the provider's. */
  readonly device = join(this.directory, "scsi-0HC_Volume_1");
  private readonly loop: string;

  constructor(mebibytes: number) {
    sh(`truncate -s ${mebibytes}M ${this.file}`);
    this.loop = sh(`losetup --find --show ${this.file}`);
    sh(`ln -s ${this.loop} ${this.device}`);
  }

  /** Runs Bash on the outside, with the device in $device. */
  prepare(text: string): string {
    return sh(`device=${this.device}\n${text}`);
  }

  grow(mebibytes: number): void {
    sh(`truncate -s ${mebibytes}M ${this.file}; losetup --set-capacity ${this.loop}`);
  }

  /** Changes with the first 8 MiB, where signatures are, and with the blocks that were ever written. */
  fingerprint(): string {
    return sh(
      `sync ${this.loop}; sync ${this.file}; stat -c %b ${this.file}; head -c 8M ${this.file} | sha256sum`,
    );
  }

  /**
   * Runs Bash on a host whose /opt/openclaw holds the tools, and which has this disk in $device. Its mounts and its
   * units go with it, what is on the disk stays.
   */
  onHost(text: string, env: Readonly<Record<string, string>> = {}): Outcome {
    const prepare = `set -eu; device=${this.device}
mount -t tmpfs -o mode=0755 none /opt; mkdir -p /opt/openclaw/volume; cp -r ${bin} /opt/openclaw/bin
mount -t tmpfs none /etc/systemd; mkdir -p /etc/systemd/system
PATH=${fakes}:/usr/sbin:/usr/bin:/sbin:/bin`;
    const { status, stdout, stderr } = spawnSync(
      "unshare",
      ["--mount", "--propagation", "private", "bash", "-c", `${prepare}\n${text}`],
      { encoding: "utf8", timeout: 60_000, env: { ...process.env, ...env } },
    );
    return { status, stdout, stderr };
  }

  end(): void {
    sh(`losetup --detach ${this.loop}`);
    rmSync(this.directory, { recursive: true });
  }
}
