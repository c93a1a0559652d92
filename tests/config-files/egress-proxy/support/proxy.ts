/** The real Squid, shaped and loaded as it is deployed, between two networks whose gateway is this machine. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  egressProxyFiles,
  squidConf,
  type EgressClient,
} from "../../../../config-files/egress-proxy/squid-conf";
import { published } from "../../../../lab/images/catalogue";
import { buildLocal } from "../../../../lab/images/local-image";
import { docker, labLabel } from "../../../../lab/lib/docker";
import { attempt, type Outcome } from "../../../../lab/lib/exec";

const loader = join(__dirname, "../../../../config-files/host/bin/load-egress-list");
/** Each of Jest's workers has a proxy and networks of its own, so that two files can be run side by side. */
const worker = Number(process.env["JEST_WORKER_ID"] ?? 1);
export const egressContainer = `clawkeep-egress-test-${worker}`;
const container = egressContainer;
/** One network looks public and holds what may be reached, the other is private. This machine is `.1` in both. */
const net = { public: `103.22.${209 + worker}`, private: `10.213.${76 + worker}` } as const;
const networks = { [`${container}-public`]: net.public, [`${container}-private`]: net.private };
export const here = { public: `${net.public}.1`, private: `${net.private}.1` } as const;
export const proxyAddress = { public: `${net.public}.10`, private: `${net.private}.10` } as const;
export type Side = keyof typeof here;

export class EgressProxyUnderTest {
  readonly root = mkdtempSync(join(tmpdir(), "clawkeep-egress-"));
  private image = "";

  async prepare(): Promise<void> {
    const squid = published.find(({ ref }) => ref.includes("/squid:"));
    if (squid === undefined) throw new Error("the catalogue has no Squid");
    this.image = await buildLocal(squid.image);
    // As on a host: readable for the uid that Squid runs as.
    chmodSync(this.root, 0o755);
    await this.clear();
    for (const [name, net] of Object.entries(networks)) {
      await docker([
        "network",
        "create",
        "--label",
        labLabel,
        "--subnet",
        `${net}.0/24`,
        "--gateway",
        `${net}.1`,
        name,
      ]);
    }
  }

  /** @param flags more of them for `docker run` */
  async start(flags: readonly string[] = []): Promise<void> {
    await attempt("docker", ["rm", "--force", container]);
    const [first = "", second = ""] = Object.keys(networks);
    await docker([
      ...["create", "--name", container, "--label", labLabel, "--init", "--restart", "unless-stopped"],
      ...["--network", first, "--ip", proxyAddress.public, "--dns", here.public, "--user", "13:13"],
      ...["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--memory", "128m"],
      ...["--cpus", "0.5", "--pids-limit", "64", "--tmpfs", "/tmp:rw,nosuid,nodev,noexec,size=16m"],
      ...["--volume", `${this.root}:/etc/squid/clawkeep:ro`, "--entrypoint", "/usr/sbin/squid", ...flags],
      ...[this.image, "-N", "-f", "/etc/squid/clawkeep/current/squid.conf"],
    ]);
    await docker(["network", "connect", "--ip", proxyAddress.private, second, container]);
    await docker(["start", container]);
    await this.answers();
  }

  /** Installs a revision as install-files does, and loads it with the script of the host. */
  async load(clients: readonly EgressClient[], change = (conf: string): string => conf): Promise<Outcome> {
    const files = [{ path: "squid.conf", content: squidConf(clients) }, ...egressProxyFiles()].map(
      ({ path, content }) => ({
        path,
        content: path === "squid.conf" ? change(content) : content,
      }),
    );
    const revision = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 12);
    mkdirSync(join(this.root, revision), { recursive: true, mode: 0o755 });
    for (const { path, content } of files) writeFileSync(join(this.root, revision, path), content);
    return attempt("python3", ["-B", loader, join(this.root, revision), this.image, container]);
  }

  inside(...command: string[]): Promise<string> {
    return docker(["exec", container, ...command]);
  }

  docker(verb: string, ...flags: string[]): Promise<string> {
    return docker([verb, ...flags, container]);
  }

  /** Waits until it answers, for a container that has just started. */
  async answers(): Promise<void> {
    for (let left = 50; ; left--) {
      const asked = await attempt("docker", [
        ...["exec", container, "/bin/bash", "/etc/squid/clawkeep/current/ask-revision"],
      ]);
      if (asked.code === 0) return;
      if (left === 0)
        throw new Error(`Squid does not answer: ${await docker(["logs", "--tail", "20", container])}`);
      await new Promise((wake) => setTimeout(wake, 200));
    }
  }

  async clear(): Promise<void> {
    await attempt("docker", ["rm", "--force", container]);
    for (const name of Object.keys(networks)) await attempt("docker", ["network", "rm", name]);
  }

  async remove(): Promise<void> {
    await this.clear();
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** The first bytes that come back for these, or how it ended without. */
export async function say(text: string, side: Side = "public", seconds = 8): Promise<string> {
  const socket = connect(3128, proxyAddress[side]);
  try {
    return await new Promise<string>((resolve) => {
      socket.setTimeout(seconds * 1000, () => resolve("timeout"));
      socket.once("connect", () => socket.write(text, "latin1"));
      socket.once("data", (data) => resolve(data.toString("latin1")));
      socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      socket.once("close", () => resolve("closed"));
    });
  } finally {
    socket.destroy();
  }
}

export const connectTo = (target: string): string => `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`;

/** The status that a tunnel is answered with; 0: none. @param side where the client stands */
export async function status(target: string, side: Side = "public"): Promise<number> {
  return Number(/^HTTP\/1\.\d (\d+)/.exec(await say(connectTo(target), side))?.[1] ?? 0);
}

/** An open tunnel. */
export class Tunnel {
  private constructor(private readonly socket: Socket) {}

  static async open(target: string, side: Side = "public"): Promise<Tunnel> {
    const tunnel = new Tunnel(connect(3128, proxyAddress[side]));
    tunnel.socket.on("error", () => undefined);
    const answer = await tunnel.echo(connectTo(target));
    if (!answer.includes(" 200 ")) throw new Error(answer);
    return tunnel;
  }

  /** Sends and returns the next bytes that come. */
  echo(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const fail = (): void => reject(new Error("the tunnel is closed"));
      this.socket.once("close", fail);
      this.socket.once("data", (data) => {
        this.socket.off("close", fail);
        resolve(data.toString());
      });
      this.socket.write(text);
    });
  }

  close(): void {
    this.socket.destroy();
  }
}
