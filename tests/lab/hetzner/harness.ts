import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { HetznerEmulator } from "../../../lab/hetzner/emulator";
import { DescriptionCheck, type Exchange } from "./description";
import { FakeMachines } from "./fake-machines";

export const tokens = { write: "w".repeat(64), read: "r".repeat(64) };

export interface Answer {
  readonly status: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- JSON of another API
  readonly body: any;
}

const description = new DescriptionCheck();

/** An emulator on a free port with machines in memory, and a client for it, which takes no answer that is not described. */
export class Harness {
  readonly labDir = fs.mkdtempSync(path.join(os.tmpdir(), "clawkeep-hetzner-"));
  readonly machines = new FakeMachines();
  /** What was asked and answered so far, of the API itself. */
  readonly exchanges: Exchange[] = [];
  private emulator!: HetznerEmulator;
  private port = 0;

  async start(): Promise<void> {
    this.emulator = new HetznerEmulator({ labDir: this.labDir, tokens, machines: this.machines });
    this.port = await this.emulator.start(0);
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async restart(): Promise<void> {
    await this.emulator.stop();
    await this.start();
  }

  async stop(): Promise<void> {
    await this.emulator.stop();
    fs.rmSync(this.labDir, { recursive: true });
  }

  async call(method: string, target: string, body?: unknown, token = tokens.write): Promise<Answer> {
    const response = await fetch(`${this.origin}${target}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer = { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
    if (target.startsWith("/v1/")) {
      const exchange = { method, path: target.slice("/v1".length), asked: body, ...answer };
      this.exchanges.push(exchange);
      const found = description.unexplained(exchange);
      if (found.length > 0) throw new Error(`${method} ${target}: ${answer.status}\n${found.join("\n")}`);
    }
    return answer;
  }

  get = (target: string): Promise<Answer> => this.call("GET", `/v1${target}`);
  post = (target: string, body: unknown = {}): Promise<Answer> => this.call("POST", `/v1${target}`, body);
  put = (target: string, body: unknown): Promise<Answer> => this.call("PUT", `/v1${target}`, body);
  delete = (target: string): Promise<Answer> => this.call("DELETE", `/v1${target}`);

  /** Polls as the provider does until no action of the answer is running. */
  async settle(answer: Answer): Promise<Answer> {
    const body = (answer.body ?? {}) as {
      action?: { id: number };
      actions?: { id: number }[];
      next_actions?: { id: number }[];
    };
    const started = [body.action, ...(body.actions ?? []), ...(body.next_actions ?? [])];
    for (const action of started) {
      for (let status = "running"; action !== undefined && status === "running";) {
        const poll = await this.get(`/actions?id=${action.id}&page=1&sort=status&sort=id`);
        status = poll.body.actions[0].status;
      }
    }
    return answer;
  }

  /** A server with a firewall, a primary IP and an attached volume. @returns their ids. */
  async fixture(name = "prod"): Promise<{ server: number; firewall: number; ip: number; volume: number }> {
    const firewall = await this.post("/firewalls", {
      name: `${name}-fw`,
      rules: [{ direction: "in", protocol: "tcp", port: "9922", source_ips: ["103.22.207.254/32"] }],
    });
    const ip = await this.post("/primary_ips", {
      name: `${name}-ip`,
      type: "ipv4",
      assignee_type: "server",
      auto_delete: false,
      location: "fsn1",
    });
    const volume = await this.settle(
      await this.post("/volumes", { name: `${name}-data`, size: 10, location: "fsn1", format: "ext4" }),
    );
    const server = await this.createServer(name, {
      firewalls: [{ firewall: firewall.body.firewall.id }],
      public_net: { enable_ipv4: true, enable_ipv6: true, ipv4: ip.body.primary_ip.id },
    });
    const ids = {
      server: server.body.server.id,
      firewall: firewall.body.firewall.id,
      ip: ip.body.primary_ip.id,
      volume: volume.body.volume.id,
    };
    await this.settle(await this.post(`/volumes/${ids.volume}/actions/attach`, { server: ids.server }));
    return ids;
  }

  async createServer(name: string, more: object = {}): Promise<Answer> {
    const body = {
      name,
      server_type: "cx23",
      image: "debian-12",
      location: "fsn1",
      user_data: "#cloud-config\n",
    };
    return this.settle(await this.post("/servers", { ...body, ...more }));
  }
}
