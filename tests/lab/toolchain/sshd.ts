/** An OpenSSH server on the loopback interface with keys of its own, and an SSH agent that holds the user's key. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";

const readyTimeout = 10_000;

/**
 * The path of sshd and the library path it needs. Where none is installed, Debian's package is unpacked into the cache:
 * installing it would start a server on port 22.
 */
function findSshd(): { sshd: string; libraries: string } {
  if (fs.existsSync("/usr/sbin/sshd")) return { sshd: "/usr/sbin/sshd", libraries: "" };
  const base =
    process.env["CLAWKEEP_CACHE"] ??
    path.join(process.env["XDG_CACHE_HOME"] ?? path.join(os.homedir(), ".cache"), "clawkeep");
  const home = path.join(base, "openssh-server");
  const unpacked = (): { sshd: string; libraries: string } => {
    const architecture =
      fs.readdirSync(path.join(home, "usr/lib")).find((name) => name.endsWith("-linux-gnu")) ?? "";
    return { sshd: path.join(home, "usr/sbin/sshd"), libraries: path.join(home, "usr/lib", architecture) };
  };
  if (fs.existsSync(home)) return unpacked();
  fs.mkdirSync(base, { recursive: true });
  const draft = fs.mkdtempSync(path.join(base, "openssh-draft-"));
  try {
    execFileSync("apt-get", ["download", "-q", "openssh-server", "libwrap0"], { cwd: draft, stdio: "pipe" });
    for (const file of fs.readdirSync(draft)) execFileSync("dpkg-deb", ["-x", file, "root"], { cwd: draft });
    fs.renameSync(path.join(draft, "root"), home);
  } catch (error) {
    throw new Error("there is no sshd and Debian's package cannot be had: install openssh-server", {
      cause: error,
    });
  } finally {
    fs.rmSync(draft, { recursive: true, force: true });
  }
  return unpacked();
}

export class Sshd {
  readonly dir = fs.mkdtempSync(path.join(os.tmpdir(), "clawkeep-sshd-"));
  readonly log = path.join(this.dir, "sshd.log");
  readonly agentSocket = path.join(this.dir, "agent.sock");
  port = 0;
  private readonly children: ChildProcess[] = [];

  /** A server with a host key of each of these kinds. */
  constructor(private readonly kinds: readonly string[] = ["ed25519"]) {}

  /** The public part of the host key of that kind, as `hostKey` of a connection takes it. */
  hostKey(kind = "ed25519"): string {
    return fs.readFileSync(path.join(this.dir, `host_${kind}.pub`), "utf8").trim();
  }

  /** A key pair's public part that belongs to nobody here. */
  strangeKey(): string {
    return fs.readFileSync(path.join(this.dir, "strange.pub"), "utf8").trim();
  }

  privateKey(): string {
    return fs.readFileSync(path.join(this.dir, "user"), "utf8");
  }

  /** How many connections the server has accepted so far. */
  connections(): number {
    return fs
      .readFileSync(this.log, "utf8")
      .split("\n")
      .filter((line) => line.startsWith("Connection from")).length;
  }

  async start(): Promise<void> {
    for (const kind of this.kinds) this.keygen(`host_${kind}`, kind);
    this.keygen("user", "ed25519");
    this.keygen("strange", "ed25519");
    fs.copyFileSync(path.join(this.dir, "user.pub"), path.join(this.dir, "authorized_keys"));
    this.port = await freePort();
    this.startServer();
    this.spawn("ssh-agent", ["-D", "-a", this.agentSocket]);
    await until("the SSH agent", () => fs.existsSync(this.agentSocket));
    execFileSync("ssh-add", ["-q", path.join(this.dir, "user")], {
      env: { ...process.env, SSH_AUTH_SOCK: this.agentSocket },
      stdio: "pipe",
    });
    await until("sshd", () => fs.readFileSync(this.log, "utf8").includes("Server listening"));
  }

  stop(): void {
    for (const child of this.children) child.kill("SIGKILL");
    fs.rmSync(this.dir, { recursive: true, force: true });
  }

  private startServer(): void {
    const { sshd, libraries } = findSshd();
    const config = path.join(this.dir, "sshd_config");
    const lines = [
      `Port ${this.port}`,
      "ListenAddress 127.0.0.1",
      ...this.kinds.map((kind) => `HostKey ${this.dir}/host_${kind}`),
      `AuthorizedKeysFile ${this.dir}/authorized_keys`,
      "PermitRootLogin yes",
      "StrictModes no",
      "UsePAM no",
      "PidFile none",
      "LogLevel VERBOSE",
      "AcceptEnv PULUMI_COMMAND_* LAB_*",
      "Subsystem sftp internal-sftp",
    ];
    fs.writeFileSync(config, `${lines.join("\n")}\n`);
    // sshd insists on a user and a folder that only its installed package makes. They are lent to it in a mount
    // namespace, and /etc/passwd itself stays as it is.
    const script = `
      set -eu
      mkdir -p /run/sshd
      if ! getent passwd sshd >/dev/null; then
        { cat /etc/passwd; echo 'sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin'; } >"$1/passwd"
        mount --bind "$1/passwd" /etc/passwd
      fi
      export LD_LIBRARY_PATH=$3
      exec "$2" -D -e -f "$1/sshd_config" 2>"$1/sshd.log"`;
    fs.writeFileSync(this.log, "");
    const namespace = ["--mount", "--propagation", "private"];
    this.spawn("unshare", [...namespace, "sh", "-c", script, "sh", this.dir, sshd, libraries]);
  }

  private spawn(command: string, args: string[]): void {
    this.children.push(spawn(command, args, { stdio: "ignore" }));
  }

  private keygen(name: string, type: string): void {
    execFileSync("ssh-keygen", ["-q", "-t", type, "-N", "", "-C", name, "-f", path.join(this.dir, name)]);
  }
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

async function until(what: string, ready: () => boolean): Promise<void> {
  const deadline = Date.now() + readyTimeout;
  while (!ready()) {
    if (Date.now() > deadline) throw new Error(`${what} did not start within ${readyTimeout / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
