import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const flags = "nosuid,nodev,nosymfollow";

/** The sandboxes directory: a small filesystem of its own below a directory of root's, as on a real host. */
export class SandboxesMount {
  readonly directory: string;
  private readonly image: string;

  constructor(parent: string) {
    this.directory = join(parent, "sandboxes");
    this.image = join(parent, "sandboxes.img");
    mkdirSync(this.directory, { recursive: true });
    execFileSync("truncate", ["--size=32M", this.image]);
    execFileSync("mkfs.ext4", ["-q", this.image]);
  }

  mount(options = flags): void {
    execFileSync("mount", ["-o", `loop,${options}`, this.image, this.directory]);
  }

  /** Mounts the filesystem anew with other flags, as an administrator might. */
  remount(options = flags): void {
    this.unmount();
    this.mount(options);
  }

  unmount(): void {
    while (readFileSync("/proc/self/mountinfo", "utf8").includes(` ${this.directory} `)) {
      execFileSync("umount", [this.directory]);
    }
  }

  /** Makes a workspace with its skills directory, owned like the gateway's. */
  workspace(name: string): string {
    const path = join(this.directory, name);
    mkdirSync(join(path, "skills"), { recursive: true });
    for (const each of [this.directory, path, join(path, "skills")]) chownSync(each, 1000, 1000);
    return path;
  }
}
