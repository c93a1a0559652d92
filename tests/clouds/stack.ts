/**
 * What a stack has at Hetzner and at Cloudflare, and nothing else: the program's own components for it, the real engine
 * and plugins (Cloudflare's is the lab's), against the lab's emulators with machines in memory.
 */
import type { ChildProcess } from "node:child_process";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { CloudflareEmulator } from "../../lab/cloudflare/emulator";
import type { JsonObject } from "../../lab/emulator/api-server";
import type { Fault } from "../../lab/emulator/faults";
import { zone } from "../../lab/internet/addresses";
import { HetznerEmulator } from "../../lab/hetzner/emulator";
import { FakeMachines } from "../lab/hetzner/fake-machines";
import { Project, type Result } from "../lab/toolchain/project";
import { killWithAll } from "./kill";

const root = join(__dirname, "..", "..");
const tokens = {
  hetzner: { write: "w".repeat(64), read: "r".repeat(64) },
  cloudflare: { write: "c".repeat(40), read: "d".repeat(40) },
};
export const clouds = ["hetzner", "cloudflare"] as const;
export type Cloud = (typeof clouds)[number];
const apiPath = { hetzner: "/v1", cloudflare: "/client/v4" } as const;

/** One call of an API, as its log has it. */
export interface Call {
  readonly cloud: Cloud;
  readonly method: string;
  readonly path: string;
}

const hostname = `assistant.${zone.name}`;

export class CloudStack {
  private readonly project = new Project({ PULUMI_NODEJS_TSCONFIG_PATH: "tsconfig.pulumi.json" });
  private readonly hetzner = new HetznerEmulator({
    ...{ labDir: this.project.dir, tokens: tokens.hetzner, machines: new FakeMachines() },
  });
  private readonly cloudflare = new CloudflareEmulator({
    ...{ labDir: this.project.dir, tokens: tokens.cloudflare },
  });
  private readonly ports = { hetzner: 0, cloudflare: 0 };
  private configured = false;

  async start(): Promise<void> {
    this.ports.hetzner = await this.hetzner.start(0);
    this.ports.cloudflare = await this.cloudflare.start(0);
    for (const name of ["components", "config", "config-files", "tsconfig.json", "tsconfig.pulumi.json"])
      symlinkSync(join(root, name), join(this.project.dir, name));
    this.project.write("Pulumi.yaml", "name: test\nruntime: nodejs\nmain: index.ts\n");
    this.project.write("package.json", '{"name": "test", "private": true}\n');
    this.project.write("index.ts", this.program());
    await this.project.init();
  }

  async stop(): Promise<void> {
    await this.hetzner.stop();
    await this.cloudflare.stop();
    this.project.remove();
  }

  /**
   * Puts tokens and addresses into the stack's configuration, as a user has them. Before an `up` that is to be at work meanwhile: to
   * set one, pulumi reads the state, of which that `up` may have written a half.
   */
  async configure(): Promise<void> {
    if (this.configured) return;
    this.configured = true;
    for (const cloud of clouds) {
      const [token, address] =
        cloud === "hetzner"
          ? ["hcloud:token", "hcloud:endpoint"]
          : ["cloudflare:apiToken", "cloudflare:baseUrl"];
      await this.project.expect("config", "set", "--secret", token, tokens[cloud].write);
      await this.project.expect("config", "set", address, this.origin(cloud) + apiPath[cloud]);
    }
  }

  /** What `make recover` runs. */
  async recover(...args: string[]): Promise<Result> {
    await this.configure();
    const tool = join(root, "tools", "recover.ts");
    return this.project.run(process.execPath, "--import", "tsx", tool, "test", ...args);
  }

  /**
   * An `up` that is killed with all its plugins while it waits for the answer to this call.
   * @param words more arguments for it
   */
  async upKilledAt(call: Call, done: boolean, ...words: string[]): Promise<void> {
    const up = await this.upHangingAt(call, done, ...words);
    const ended = new Promise((resolve) => up.once("exit", resolve));
    killWithAll(up.pid ?? 0);
    await ended;
  }

  /** An `up` that waits for the answer to this call, and goes on to. */
  async upHangingAt({ cloud, method, path }: Call, done: boolean, ...words: string[]): Promise<ChildProcess> {
    await this.fault(cloud, { method, path, status: "hang", done });
    const up = this.begin(...words);
    for (let tries = 0; (await this.unmet()) > 0; tries++) {
      if (tries > 1500 || up.exitCode !== null) {
        killWithAll(up.pid ?? 0);
        throw new Error(`the up has not come to ${method} ${path}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    // What goes on beside that call comes to its end or not: as it happens.
    await new Promise((resolve) => setTimeout(resolve, 500));
    return up;
  }

  begin = (...words: string[]): ChildProcess => this.project.begin("up", "--yes", "--skip-preview", ...words);

  private async exported(): Promise<{
    resources?: { urn: string }[];
    pending_operations?: { type: string; resource: { urn: string } }[];
  }> {
    const { stdout } = await this.project.expect("stack", "export", "--stack", "test");
    return (JSON.parse(stdout) as { deployment: object }).deployment;
  }

  /** URN of a resource that the state has. */
  async urnOf(name: string): Promise<string> {
    const found = (await this.exported()).resources?.find(({ urn }) => urn.endsWith(`::${name}`));
    if (found === undefined) throw new Error(`the state has no ${name}`);
    return found.urn;
  }

  /** What the state says was cut off. */
  async pending(): Promise<string[]> {
    const deployment = await this.exported();
    return (deployment.pending_operations ?? []).map(
      ({ type, resource }) => `${type} ${resource.urn.split("::").at(-1)}`,
    );
  }

  up = (): Promise<Result> => this.project.pulumi("up", "--yes", "--skip-preview");
  pulumi = (...args: string[]): Promise<Result> => this.project.pulumi(...args);

  /** What the emulators were asked, in order, each kind of call once. */
  calls(): Call[] {
    const lines = clouds.flatMap((cloud) =>
      readFileSync(join(this.project.dir, "logs", `${cloud}.jsonl`), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { method: string; path: string })
        .map(({ method, path }) => ({
          ...{ cloud, method },
          path: path.slice(apiPath[cloud].length).replace(/\?.*/, ""),
        })),
    );
    return [...new Map(lines.map((call) => [JSON.stringify(call), call])).values()];
  }

  /** Faults that nobody has met. */
  async unmet(): Promise<number> {
    const found = await Promise.all(
      clouds.map(async (cloud) => (await this.lab(cloud, "GET", "/faults")) as { faults: Fault[] }),
    );
    return found.flatMap(({ faults }) => faults).filter(({ remaining }) => remaining > 0).length;
  }

  fault = (cloud: Cloud, fault: JsonObject): Promise<unknown> => this.lab(cloud, "POST", "/faults", fault);
  clearFaults = async (): Promise<void> => {
    for (const cloud of clouds) await this.lab(cloud, "DELETE", "/faults");
  };

  /** As in Hetzner's console. */
  deleteServer = (name: string): Promise<unknown> =>
    this.lab("hetzner", "POST", `/servers/${name}/destroy`, {});

  /** Names of all that there is, by its kind. */
  async inventory(): Promise<Record<string, string[]>> {
    const lists = ["servers", "firewalls", "ssh_keys", "primary_ips", "volumes"];
    const entries = await Promise.all(
      lists.map(async (kind) => {
        const body = (await this.ask("hetzner", `/${kind}`)) as Record<string, { name: string }[]>;
        return [kind, (body[kind] ?? []).map(({ name }) => name)] as const;
      }),
    );
    const { result } = (await this.ask("cloudflare", `/zones/${zone.id}/dns_records`)) as {
      result: { name: string }[];
    };
    return { ...Object.fromEntries(entries), records: result.map(({ name }) => name) };
  }

  private async ask(cloud: Cloud, path: string): Promise<unknown> {
    const headers = { authorization: `Bearer ${tokens[cloud].write}` };
    return (await fetch(`${this.origin(cloud)}${apiPath[cloud]}${path}`, { headers })).json();
  }

  private async lab(cloud: Cloud, method: string, path: string, body?: JsonObject): Promise<unknown> {
    const answer = await fetch(`${this.origin(cloud)}/lab${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${cloud}'s emulator: ${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  private origin = (cloud: Cloud): string => `http://127.0.0.1:${this.ports[cloud]}`;

  private program(): string {
    const host = {
      mode: "hcloud",
      location: "fsn1",
      serverType: "cx33",
      image: "debian-13",
      sshPort: 9922,
      adminCidrs: ["203.0.113.7/32"],
      sshKey: `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${"A".repeat(43)}`,
      volumeGiB: 20,
    };
    return `import * as pulumi from "@pulumi/pulumi";
import { hostProviders } from "./components/host";
import { hcloudFoundation } from "./components/hcloud-server";
import { publicRecord, recordProvider } from "./components/public-record";
import { zoneHook } from "./components/zone-is-ready";

const cloudflare = {
  apiToken: pulumi.secret(${JSON.stringify(tokens.cloudflare.write)}),
  baseUrl: ${JSON.stringify(this.origin("cloudflare") + apiPath.cloudflare)},
};
const place = { zone: ${JSON.stringify(zone)}, hostname: ${JSON.stringify(hostname)} };
const baseline = new pulumi.ComponentResource("test:index:Host", "host");
const made = hcloudFoundation(baseline, "host", {
  host: ${JSON.stringify(host)} as never,
  stack: "test",
  serverName: "clawkeep-test",
  token: pulumi.secret(${JSON.stringify(tokens.hetzner.write)}),
  endpoint: ${JSON.stringify(this.origin("hetzner") + apiPath.hetzner)},
  hostKeyPassword: pulumi.secret("x".repeat(64)),
  beforeAnything: [
    zoneHook({ ...place, token: cloudflare.apiToken, baseUrl: cloudflare.baseUrl, stack: "test", active: true }),
  ],
});
const address = { address: made.ipv4, sshPort: ${host.sshPort}, hostKey: made.hostKey };
made.server(hostProviders(baseline, "host", address, [], [made.firewall]));
const proxy = new pulumi.ComponentResource("test:index:Proxy", "reverse-proxy");
publicRecord(proxy, "reverse-proxy", recordProvider(proxy, "reverse-proxy", cloudflare), {
  ...cloudflare,
  ...place,
  ipv4: made.ipv4,
});
`;
  }
}
