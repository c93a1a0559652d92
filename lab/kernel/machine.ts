import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { attempt, CommandError, run, type Outcome, type RunOptions } from "../lib/exec";
import { bareDisk } from "./disk";

/** Where the guest finds this machine's loopback (its clock servers), and the package mirror. */
export const guestSees = { gateway: "10.0.2.2", mirror: "10.0.2.100" } as const;

// What a small server has, and what this machine can spare.
const memoryMiB = 2048;

/**
 * A computer with a kernel of its own, made of QEMU in software: Debian 13 as bare as a rented server, an ext4 root disk,
 * one network card behind QEMU's user-mode network. lab/kernel/README.md says how it differs from a server.
 */
export class Machine {
  private qemu: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    private readonly disk: string,
    private readonly sshPort: number,
    private readonly mirror: string,
  ) {}

  /**
   * Lays a new disk into a folder; the machine is off.
   * @param mirror HOST:PORT that serves deb.debian.org to the guest
   * Installs QEMU where it is not there, as the lab does its engine.
   */
  static async make(folder: string, mirror: string): Promise<Machine> {
    for (const [program, name] of [
      ["qemu-system-x86_64", "qemu-system-x86"],
      ["socat", "socat"],
    ] as const) {
      const { code } = await attempt("sh", ["-c", `command -v ${program}`]);
      if (code === 0) continue;
      const install = `apt-get update -qq && apt-get install -y -qq --no-install-recommends ${name} >/dev/null`;
      await run("sh", ["-ec", install], { env: { DEBIAN_FRONTEND: "noninteractive" } });
    }
    const bare = await bareDisk();
    const disk = join(folder, "disk.img");
    await run("cp", ["--sparse=always", join(bare, "disk.img"), disk]);
    return new Machine(bare, disk, await freePort(), mirror);
  }

  /** Switches it on. @returns when it lets root in; SECONDS of patience */
  async start(seconds = 420): Promise<void> {
    if (this.qemu !== undefined) throw new Error("the machine is on");
    const mirror = `socat - TCP:${this.mirror}`;
    // Whoever starts it takes it along when he dies, however that comes.
    const qemu = spawn(
      "nice",
      [
        ...["-n", "10", "setpriv", "--pdeathsig", "KILL"],
        ...["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none"],
        ...["-machine", "q35", "-accel", "tcg,thread=multi,tb-size=512", "-smp", "2", "-m", `${memoryMiB}`],
        ...["-kernel", join(this.folder, "vmlinuz"), "-initrd", join(this.folder, "initrd")],
        // On a busy machine the emulated timer is later than the kernel's test of it accepts.
        ...["-append", "root=/dev/vda ro console=ttyS0 quiet no_timer_check"],
        // What has reached QEMU survives QEMU: a disk without a cache of its own. Asking it to flush would wait for nothing.
        ...["-drive", `file=${this.disk},format=raw,if=virtio,cache=unsafe`],
        ...[
          "-netdev",
          `user,id=net,hostfwd=tcp:127.0.0.1:${this.sshPort}-:22,guestfwd=tcp:${guestSees.mirror}:80-cmd:${mirror}`,
        ],
        ...["-device", "virtio-net-pci,netdev=net,romfile=", "-device", "virtio-rng-pci"],
        ...["-serial", `file:${this.consoleFile}`],
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    this.qemu = qemu;
    let said = "";
    qemu.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    qemu.on("exit", () => (this.qemu = undefined));
    await this.answers(seconds, () => said);
  }

  /** Runs a command as root. @throws CommandError as `run` does */
  async run(command: string, options: RunOptions = {}): Promise<string> {
    const outcome = await this.attempt(command, options);
    if (outcome.code !== 0) throw new CommandError(command, outcome);
    return outcome.stdout;
  }

  /** Like `run`, for callers to whom a bad end is an answer; 255 where it does not answer. */
  async attempt(command: string, options: RunOptions = {}): Promise<Outcome> {
    return attempt("ssh", [...this.sshOptions(), "root@127.0.0.1", command], options);
  }

  /** Waits until a boot other than the one before has let root in. */
  async rebooted(before: string, seconds = 420): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    while (Date.now() < deadline) {
      const { code, stdout } = await this.attempt("cat /proc/sys/kernel/random/boot_id", {
        timeoutSeconds: 60,
      });
      if (code === 0 && stdout.trim() !== before) return;
      await sleep(2000);
    }
    throw new Error(
      `the machine has not come back within ${seconds} s; its console ends with\n${await this.console()}`,
    );
  }

  async bootId(): Promise<string> {
    return (await this.run("cat /proc/sys/kernel/random/boot_id")).trim();
  }

  /** Cuts the power: what the kernel has not given to the disk is lost. */
  async cut(): Promise<void> {
    const qemu = this.qemu;
    if (qemu === undefined) return;
    const gone = once(qemu, "exit");
    qemu.kill("SIGKILL");
    await gone;
  }

  /** The end of what it wrote to its serial console since it was switched on. */
  async console(): Promise<string> {
    return (await readFile(this.consoleFile, "utf8").catch(() => "")).slice(-3000);
  }

  private get consoleFile(): string {
    return `${this.disk}.console`;
  }

  private async answers(seconds: number, said: () => string): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    while (Date.now() < deadline) {
      if (this.qemu === undefined) throw new Error(`QEMU has ended: ${said()}`);
      if ((await this.console()).includes("Kernel panic")) break;
      if ((await this.attempt("true", { timeoutSeconds: 60 })).code === 0) return;
      await sleep(1000);
    }
    throw new Error(
      `the machine lets nobody in after ${seconds} s; its console ends with\n${await this.console()}`,
    );
  }

  private sshOptions(): string[] {
    const options = {
      HostKeyAlias: "kernel",
      UserKnownHostsFile: join(this.folder, "known_hosts"),
      StrictHostKeyChecking: "yes",
      IdentitiesOnly: "yes",
      BatchMode: "yes",
      // Each key exchange takes the guest seconds.
      ConnectTimeout: "60",
      ServerAliveInterval: "15",
    };
    return [
      ...["-F", "none", "-q", "-p", `${this.sshPort}`, "-i", join(this.folder, "id_ed25519")],
      ...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
    ];
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
