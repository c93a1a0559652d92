import { mkdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { dockerCliBinary } from "../../../../lab/images/asset-list";
import { assetDir } from "../../../../lab/images/assets";
import { docker, inspect, labLabel } from "../../../../lab/lib/docker";
import { attempt, run } from "../../../../lab/lib/exec";
import { type Engine, engineImage } from "../../../../lab/vps/engines";
import { capabilities } from "../../../../lab/vps/stand-in";
import { dockerCli, untilItAnswers, type WorldEngine } from "./private-engine";

/** As its unit has it: lab/vps/engines/29. */
const flags: Partial<Record<Engine, string>> = { "29": "--feature=time-namespaces=false" };

/**
 * Another engine than the machine's: that of a stand-in, in a container without a network. It sees the world's directory
 * by the same path, and what is mounted in it later.
 */
export class FlavouredEngine implements WorldEngine {
  readonly socket: string;
  client = "docker";
  private readonly container: string;

  /** @param more further arguments of the daemon */
  constructor(
    private readonly directory: string,
    private readonly flavour: Engine,
    private readonly more: readonly string[] = [],
  ) {
    this.socket = join(directory, "engine.sock");
    this.container = `clawkeep-${basename(directory)}`;
  }

  /** Mounts pass from here to the container only from a directory that is a mount itself. */
  async prepare(): Promise<void> {
    await run("mount", ["--bind", this.directory, this.directory]);
    await run("mount", ["--make-shared", this.directory]);
    if (this.flavour === "29") this.client = join(await assetDir(dockerCliBinary), "docker");
  }

  async start(): Promise<void> {
    if ((await inspect("container", this.container, "{{.Id}}")) !== undefined)
      await docker(["start", this.container]);
    else await this.create();
    await untilItAnswers(this.socket, `docker logs ${this.container}`);
  }

  private async create(): Promise<void> {
    const data = join(this.directory, "engine-data-root");
    mkdirSync(data);
    // As the first process of a stand-in does it; without an API version below which requests are refused, as the
    // attacks are written for the oldest that the filter knows.
    const script = `findmnt -rno TARGET -t cgroup,cgroup2 | while read -r each; do mount -o remount,bind,rw "$each"; done
/usr/local/lib/stand-in/kernel-settings
exec dockerd ${[flags[this.flavour] ?? "", ...this.more].join(" ")} --data-root=${data} --host=unix://${this.socket} --host=unix:///run/docker.sock --log-level=warn`;
    await docker([
      ...["run", "--detach", "--name", this.container, "--label", labLabel, "--network", "none"],
      ...["--cap-drop", "ALL", ...capabilities.flatMap((name) => ["--cap-add", name])],
      ...["--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"],
      ...["--cgroupns", "private", "--pids-limit", "-1"],
      ...["--volume", `${this.directory}:${this.directory}:rslave`, "--volume", "/var/lib/containerd"],
      ...["--tmpfs", "/run", "--entrypoint", "sh", await engineImage(this.flavour), "-euc", script],
    ]);
  }

  async stop(): Promise<void> {
    await attempt("docker", ["stop", this.container]);
  }

  async remove(): Promise<void> {
    await attempt("docker", ["rm", "--force", "--volumes", this.container]);
    // What it has mounted there is gone with its namespace.
    rmSync(join(this.directory, "engine-data-root"), { recursive: true, force: true, maxRetries: 5 });
    await attempt("umount", ["--lazy", this.directory]);
  }

  cli(words: readonly string[], input?: string | Buffer): Promise<string> {
    return dockerCli(this.socket, words, input, this.client);
  }
}
