/**
 * A host in small, for tests of what changes a gateway: a Docker engine of its own in namespaces of its own, an /opt of
 * its own with the tools, a stand-in for systemd (small-host/systemctl says how it differs), and a gateway in small.
 */
import { spawn, spawnSync, type ChildProcess, type SpawnSyncReturns } from "node:child_process";
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { published } from "../../../lab/images/catalogue";
import { buildLocal } from "../../../lab/images/local-image";
import { run as runOutside } from "../../../lab/lib/exec";

const hostFiles = join(__dirname, "..", "..", "..", "config-files", "host");
const own = join(__dirname, "small-host");
export const name = "gw";
export const home = `/opt/openclaw/gateways/${name}`;
export const unit = `openclaw-gateway@${name}.service`;
export const backups = "/opt/openclaw/monitoring/backups";

export interface Variant {
  /** Format of the state that it writes; it refuses a newer one. */
  readonly version: number;
  readonly fault?: "crash-after-migration";
}
export interface Activation {
  readonly role?: "active" | "standby";
  /** Time to get ready. */
  readonly seconds?: number;
  readonly env?: Record<string, string>;
}
export interface Seen {
  readonly Id: string;
  readonly Name: string;
  readonly Image: string;
  readonly State: { readonly Running: boolean; readonly StartedAt: string };
}

export class SmallHost {
  private readonly directory = mkdtempSync(join(tmpdir(), "clawkeep-small-host-"));
  private engine: ChildProcess | undefined;
  private counter = 0;

  async start(): Promise<void> {
    this.tools();
    const log = openSync(join(this.directory, "engine.log"), "a");
    const options = ["data-root", "exec-root", "pidfile"].map(
      (each) => `--${each}=${this.directory}/${each}`,
    );
    const script = [
      "mount -t tmpfs -o mode=0755 none /opt",
      "ip link set lo up",
      `exec dockerd ${options.join(" ")} --host=unix://${this.directory}/docker.sock --bridge=none --iptables=false --log-level=warn`,
    ].join(" && ");
    this.engine = spawn("unshare", ["--mount", "--net", "--propagation", "private", "sh", "-c", script], {
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    await until(
      "dockerd",
      () => existsSync(join(this.directory, "docker.sock")) && this.try("docker info").status === 0,
    );
    this.run(`
      mkdir -p ${home}/state ${home}/sandboxes/workspaces ${home}/of-sandboxes/workspaces ${backups} /opt/openclaw/secrets /opt/openclaw/config/gw
      chmod 0700 /opt/openclaw ${backups}
      mount -t tmpfs -o size=64m,nosuid,nodev,uid=1000,gid=1000,mode=0700 none ${home}/state
      mkdir -m 0755 ${home}/state/sandboxes`);
    this.restoreTools();
    const node = published.find(({ ref }) => ref.startsWith("docker.io/library/node:"));
    if (node === undefined) throw new Error("the catalogue has no node image");
    const archive = join(this.directory, "node.tar");
    await runOutside("docker", ["save", "--output", archive, await buildLocal(node.image)]);
    const base = this.run(`docker load --quiet --input ${archive}`)
      .replace(/^Loaded image: /, "")
      .trim();
    rmSync(archive);
    this.run(`docker tag ${base} base:1`);
    // The engine itself remembers the last 256 events only.
    this.run(
      `docker events --filter label=clawkeep.instance-of=${name} --filter event=start --filter event=die \
        --format '{{.TimeNano}} {{.Action}} {{.ID}}' >${this.directory}/events 2>/dev/null </dev/null & disown`,
    );
  }

  /** The scripts as they are, after a test that has changed them. */
  restoreTools(): void {
    this.run(`rm -rf /opt/openclaw/bin; cp -r ${join(hostFiles, "bin")} /opt/openclaw/bin`);
  }

  /** Links under the scripts' PATH: the killer in front of Docker and systemd, and the rest. */
  private tools(): void {
    const [path, real] = [join(this.directory, "path"), join(this.directory, "real")];
    for (const each of [path, real]) mkdirSync(each);
    for (const each of ["docker", "systemctl"]) {
      copyFileSync(join(own, "killer"), join(path, each));
      chmodSync(join(path, each), 0o755);
    }
    symlinkSync(join(own, "journalctl"), join(path, "journalctl"));
    symlinkSync(join(own, "systemctl"), join(real, "systemctl"));
    const docker = spawnSync("sh", ["-c", "command -v docker"], { encoding: "utf8" }).stdout.trim();
    symlinkSync(docker, join(real, "docker"));
    copyFileSync(
      join(hostFiles, "systemd", "openclaw-gateway@.service"),
      join(this.directory, "openclaw-gateway@.service"),
    );
  }

  /** Runs Bash text on the host. */
  try(
    text: string,
    { input = "", env = {} }: { input?: string; env?: Record<string, string> } = {},
  ): SpawnSyncReturns<string> {
    return spawnSync(
      "nsenter",
      [
        "--target",
        String(this.enginePid()),
        "--mount",
        "--net",
        "bash",
        "--norc",
        "-euo",
        "pipefail",
        "-c",
        text,
      ],
      {
        input,
        encoding: "utf8",
        timeout: 240_000,
        env: {
          ...process.env,
          PATH: `${this.directory}/path:/usr/sbin:/usr/bin:/sbin:/bin`,
          DOCKER_HOST: `unix://${this.directory}/docker.sock`,
          SMALL_HOST: this.directory,
          ...env,
        },
      },
    );
  }

  /** The same for what has to succeed. @returns its standard output */
  run(text: string, more: Parameters<SmallHost["try"]>[1] = {}): string {
    const { status, stdout, stderr } = this.try(text, more);
    if (status !== 0) throw new Error(`${text}\nended with ${status}: ${stdout}${stderr}`);
    return stdout;
  }

  private enginePid(): number {
    const pid = this.engine?.pid;
    if (pid === undefined) throw new Error("the small host is not started");
    return pid;
  }

  image({ version, fault }: Variant): string {
    const tag = `gateway:${version}${fault === undefined ? "" : `-${fault}`}`;
    this.run(
      `docker image inspect ${tag} >/dev/null 2>&1 ||
        docker build --quiet --network none --build-arg BASE=base:1 --build-arg VERSION=${version} --build-arg FAULT=${fault ?? ""} --tag ${tag} ${own} >/dev/null`,
    );
    return tag;
  }

  /** Installs a configuration as the program does. @returns its directory */
  configuration(content: object): string {
    const revision = (++this.counter).toString(16).padStart(12, "0");
    const order = {
      root: "/opt/openclaw/config/gw",
      revision,
      directoryMode: "0755",
      uid: 1000,
      gid: 1000,
      files: [
        { path: "openclaw.json", mode: "0444", content: JSON.stringify(content) },
        { path: "SOUL.md", mode: "0444", content: "rules" },
      ],
    };
    this.run("/opt/openclaw/bin/install-files", { input: JSON.stringify(order) });
    return `/opt/openclaw/config/gw/${revision}`;
  }

  /** Makes a container as the engine does: beside the other, under a name of its own, not started. @returns its id */
  create(variant: Variant, configuration: object = {}): string {
    const directory = this.configuration(configuration);
    this.run(`install -d -o 1000 -g 1000 -m 0500 /opt/openclaw/secrets/gw
      echo '{"gatewayToken":"real"}' | install -o 1000 -g 1000 -m 0400 /dev/stdin /opt/openclaw/secrets/gw/secrets.json`);
    return this.run(
      `docker create --name gateway-gw-container-${++this.counter} --hostname ${name} \
      --label clawkeep.instance-of=${name} --user 1000:1000 --read-only --network none --cap-drop ALL --pids-limit 64 --init \
      --tmpfs /tmp --volume ${home}/state:/home/node/.openclaw --volume ${directory}:/etc/openclaw:ro \
      --volume /opt/openclaw/secrets/gw:/run/secrets/gateway:ro --env OPENCLAW_STATE_DIR=/home/node/.openclaw \
      ${this.image(variant)}`,
    ).trim();
  }

  activate(
    id: string,
    { role = "active", seconds = 4, env = {} }: Activation = {},
  ): SpawnSyncReturns<string> {
    const note = 'rm -f "$SMALL_HOST/kill.calls"; echo $$ >"$SMALL_HOST/kill.pid"';
    return this.try(`${note}; exec /opt/openclaw/bin/gateway-activate ${name} ${id} ${role} ${seconds}`, {
      env,
    });
  }

  /** Kills gateway-activate before the call of Docker or systemd that is number `count` of those that begin so. */
  activateKilled(id: string, call: string, count: number, seconds = 4): void {
    const env = { KILL_BEFORE: call, KILL_NUMBER: String(count) };
    const { signal, status, stderr } = this.activate(id, { seconds, env });
    // nsenter dies of what its command dies of.
    if (signal !== "SIGKILL" && status !== 137)
      throw new Error(`not killed before ${call} ${count}: ${stderr}`);
  }

  canary(variant: Variant, configuration: object) {
    return this.canaryOf(this.image(variant), this.configuration(configuration));
  }

  /** The same of any image. @param directory its configuration */
  canaryOf(image: string, directory: string) {
    const shape =
      "--user 59007:59007 --read-only --cap-drop ALL --memory 256m --memory-swap 256m --init --tmpfs /tmp";
    const order = {
      image,
      words: ["--hostname", name, ...shape.split(" "), "--env", "OPENCLAW_STATE_DIR=/home/node/.openclaw"],
      mounts: [
        { target: "/home/node/.openclaw", writable: true, canary: "state" },
        { target: "/home/node/.openclaw/sandboxes", writable: true, canary: "empty" },
        { target: "/etc/openclaw", writable: false, canary: "same", source: directory },
        { target: "/run/secrets/gateway", writable: false, canary: "secrets" },
      ],
      timeoutSeconds: 3,
      secrets: { gatewayToken: "canary-x" },
    };
    return this.try(`/opt/openclaw/bin/gateway-canary ${name}`, { input: JSON.stringify(order) });
  }

  containers(): Seen[] {
    // One that goes between the two questions is left out.
    return JSON.parse(
      this.run("docker ps --all --quiet | { xargs -r docker inspect || true; } | sed 's/^$/[]/'") || "[]",
    ) as Seen[];
  }
  find(wanted: string): Seen | undefined {
    return this.containers().find(({ Id, Name }) => Id === wanted || Name === `/${wanted}`);
  }
  /** Ids of the gateway's containers that run. */
  running(): string[] {
    return this.containers()
      .filter(({ State }) => State.Running)
      .map(({ Id }) => Id);
  }
  ready(): boolean {
    const probe =
      'fetch("http://127.0.0.1:18789/readyz").then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))';
    return this.try(`docker exec ${name} node -e '${probe}'`).status === 0;
  }

  /** Writes what a user would, by way of the gateway that runs. */
  say(text: string): void {
    this.database(`.exec("INSERT INTO said VALUES (0, '${text}')")`);
  }
  /** Everything that was said, oldest first. */
  said(): string[] {
    const lines = `.prepare("SELECT by || ' ' || text AS line FROM said").all().map(({ line }) => line)`;
    return JSON.parse(this.database(lines)) as string[];
  }
  private database(call: string): string {
    const program = `const { DatabaseSync } = require("node:sqlite");
      console.log(JSON.stringify(new DatabaseSync("/home/node/.openclaw/state/openclaw.sqlite")${call} ?? null));`;
    return this.run(`docker exec -i ${name} node --disable-warning=ExperimentalWarning -`, {
      input: program,
    });
  }

  /** Format of the state that lies in this directory. */
  format(directory: string): number {
    const program = `const { DatabaseSync } = require("node:sqlite");
      console.log(new DatabaseSync("/copy/state/openclaw.sqlite").prepare("PRAGMA user_version").get().user_version);`;
    const words = `--rm -i --network none --user 1000:1000 --volume ${directory}:/copy base:1`;
    return Number(
      this.run(`docker run ${words} node --disable-warning=ExperimentalWarning -`, { input: program }),
    );
  }

  /** The power goes: nothing ends properly, scripts are gone, then the host boots. */
  powerCut(): void {
    // The engine goes on with a start that it was asked for just before: such a container would outlive the cut.
    this.run(`systemctl cut
      for quiet in 1 2 3; do
        while ids=$(docker ps --quiet) && [ -n "$ids" ]; do docker kill $ids >/dev/null || true; done
        sleep 0.2
      done
      systemctl boot`);
  }

  /** Removes every container and all state, so that the next test begins on an empty host. */
  clear(): void {
    this
      .run(`/opt/openclaw/bin/gateway-retire ${name}; docker ps --all --quiet | xargs -r docker rm --force >/dev/null
      find ${home}/state -mindepth 1 -maxdepth 1 ! -name sandboxes -exec rm -rf {} +
      rm -rf ${backups}/* ${home}/canary /opt/openclaw/volume/gateways/${name}/half-a-state`);
  }

  /** Times at which two of this gateway's containers ran side by side, by the engine's own record of it all. */
  together(): string[] {
    const alive = new Set<string>();
    const found: string[] = [];
    const lines = readFileSync(join(this.directory, "events"), "utf8").trim().split("\n");
    for (const line of lines.filter(Boolean)) {
      const [time = "", action, id = ""] = line.split(" ");
      if (action === "start") alive.add(id);
      else alive.delete(id);
      if (alive.size > 1) found.push(time);
    }
    if (lines.length < 2) throw new Error("the engine has recorded nothing");
    return found;
  }

  async stop(): Promise<void> {
    if (this.engine === undefined) return;
    this.try("systemctl cut; docker ps --all --quiet | xargs -r docker rm --force");
    const exited = new Promise((resolve) => this.engine?.once("exit", resolve));
    this.engine.kill("SIGTERM");
    await exited;
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

export async function until(what: string, look: () => boolean, seconds = 30): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!look()) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await new Promise((wake) => setTimeout(wake, 100));
  }
}
