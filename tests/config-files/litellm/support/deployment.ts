/**
 * The real LiteLLM and the real Redis, with the files, users, mounts and limits that they are deployed with, on a network
 * of their own that leads nowhere. Providers are the lab's, over plain HTTP on the network's own address: `api_base` in
 * config.yaml is the one thing that differs.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { gateway } from "../../../../config/gateway-schema";
import { model, type ModelSettings } from "../../../../config/model-schema";
import {
  litellmConfig,
  litellmEnvironment,
  providerKeyVariable,
} from "../../../../config-files/litellm/config";
import { limitsFile } from "../../../../config-files/litellm/limits";
import { programFiles } from "../../../../config-files/litellm/program";
import { redisConf } from "../../../../config-files/redis/redis-conf";
import { published } from "../../../../lab/images/catalogue";
import { buildLocal } from "../../../../lab/images/local-image";
import { World } from "../../../../lab/internet/world/world";
import { docker } from "../../../../lab/lib/docker";
import { attempt } from "../../../../lab/lib/exec";

const redisUser = 999;
const litellmUser = 65534;
const hex = (bytes = 32): string => randomBytes(bytes).toString("hex");

export interface DeploymentArgs {
  readonly gateways?: readonly z.input<typeof gateway>[];
  readonly models?: readonly z.input<typeof model>[];
  /** The webhook's address; true: the harness serves it, beside the egress proxy. */
  readonly webhook?: boolean | string;
  /** Where LiteLLM looks for the egress proxy; nowhere unless said. */
  readonly egressProxyUrl?: string;
  /** Model -> who stands for its provider instead of the lab's: a listener, or an address that nobody serves. */
  readonly stands?: Readonly<Record<string, http.RequestListener | string>>;
  /** LiteLLM's image, where it is not the lab's. */
  readonly image?: string;
  /** CPUs that LiteLLM has; without a limit unless said. */
  readonly cpus?: number;
  /** Changes files before they are written. */
  readonly edit?: (files: Map<string, string>) => void;
}

export const sonnet = {
  name: "sonnet",
  provider: "anthropic",
  model: "claude-sonnet-4-6",
  budgetUsd: 50,
  requestsPerMinute: 1000,
} as const;
export const gpt = {
  name: "gpt",
  provider: "openai",
  model: "gpt-4o",
  budgetUsd: 50,
  requestsPerMinute: 1000,
} as const;
/** What the lab's providers answer: 1000 tokens in, 1000 out. */
export const sonnetCallUsd = (1000 * 3 + 1000 * 15) / 1e6;

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  readonly ms: number;
}

export async function imageOf(name: "litellm" | "redis"): Promise<string> {
  const found = published.find(({ image }) => image.name === name);
  if (found === undefined) throw new Error(`the catalogue has no ${name}`);
  return buildLocal(found.image);
}

export class Deployment {
  readonly world = new World();
  readonly root = mkdtempSync(join(tmpdir(), "litellm-test-"));
  readonly masterKey = `sk-${hex()}`;
  readonly providerKey = `sk-ant-${hex(20)}`;
  readonly keys: Record<string, string> = {};
  readonly webhookBodies: Record<string, unknown>[] = [];
  /** Status that the webhook answers with; 0: never. */
  webhookStatus = 200;
  address = "";
  /** Also the network's name. */
  readonly id = `litellm-test-${hex(4)}`;
  private readonly servers: http.Server[] = [];
  private gatewayAddress = "";
  readonly redis = `${this.id}-redis`;
  readonly litellm = `${this.id}-proxy`;

  constructor(private readonly args: DeploymentArgs = {}) {
    for (const { name } of this.gateways) this.keys[name] = `sk-${hex()}`;
  }

  get gateways() {
    const wanted = this.args.gateways ?? [{ name: "openclaw" }];
    // Under another name, because the configuration refuses some that LiteLLM has to withstand all the same.
    const parsed = z
      .array(gateway)
      .parse(wanted.map((each, index) => ({ ...each, name: `gateway-${index}` })));
    return parsed.map((each, index) => ({ ...each, name: wanted[index]?.name ?? each.name }));
  }

  get models(): ModelSettings[] {
    return z.array(model).parse(this.args.models ?? [sonnet, gpt]);
  }

  async start(): Promise<void> {
    await this.prepare();
    await this.startLiteLLM();
  }

  /** All but LiteLLM. */
  async prepare(): Promise<void> {
    await docker(["network", "create", "--internal", this.id]);
    const template = "{{(index .IPAM.Config 0).Gateway}}";
    this.gatewayAddress = (await docker(["network", "inspect", "--format", template, this.id])).trim();
    for (const service of ["anthropic", "openai", "voyage"] as const)
      this.world.keys.add(service, [this.providerKey]);
    await this.writeFiles();
    await this.startRedis();
  }

  async startRedis(): Promise<void> {
    await docker([
      ...["run", "--detach", "--name", this.redis, "--network", "none", "--read-only", "--cap-drop", "ALL"],
      ...["--user", `${redisUser}:${litellmUser}`, "--memory", "64m", "--entrypoint", "redis-server"],
      ...[
        "--volume",
        `${this.root}/redis-config:/etc/redis:ro`,
        "--volume",
        `${this.root}/socket:/run/redis`,
      ],
      ...["--volume", `${this.root}/data:/data`, await imageOf("redis"), "/etc/redis/redis.conf"],
    ]);
  }

  async startLiteLLM(): Promise<void> {
    await this.createLiteLLM();
    await docker(["start", this.litellm]);
    await this.findLiteLLM();
    await this.live();
  }

  /** @returns once it is known by its address, which it has as long as it runs */
  async findLiteLLM(): Promise<void> {
    const template = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    this.address = (await docker(["container", "inspect", "--format", template, this.litellm])).trim();
  }

  async createLiteLLM(): Promise<void> {
    const environment = {
      ...litellmEnvironment(this.args.egressProxyUrl ?? "http://127.0.0.1:9"),
      NO_PROXY: `localhost,127.0.0.1,${this.gatewayAddress}`,
    };
    await docker([
      ...["create", "--name", this.litellm, "--network", this.id, "--dns", "127.0.0.1", "--read-only"],
      ...["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--memory", "1024m", "--init"],
      ...[
        "--user",
        `${litellmUser}:${litellmUser}`,
        "--tmpfs",
        "/tmp:rw,nosuid,nodev,noexec,size=64m,mode=1777",
      ],
      ...Object.entries(environment).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
      ...["--volume", `${this.root}/config:/etc/litellm:ro`],
      ...[
        "--volume",
        `${this.root}/secrets:/run/secrets/litellm:ro`,
        "--volume",
        `${this.root}/socket:/run/redis:ro`,
      ],
      ...["--volume", `${this.root}/state:/var/lib/litellm`, "--entrypoint", "python3"],
      ...(this.args.cpus === undefined ? [] : ["--cpus", String(this.args.cpus)]),
      ...[this.args.image ?? (await imageOf("litellm")), "/etc/litellm/launch.py"],
    ]);
  }

  /** Kills LiteLLM as a crash does and starts it again. */
  async restartLiteLLM(): Promise<void> {
    await docker(["kill", this.litellm]);
    await docker(["start", this.litellm]);
    await this.live();
  }

  async restartRedis(): Promise<void> {
    await docker(["kill", this.redis]);
    await docker(["start", this.redis]);
    await this.until("Redis answers", async () => (await this.redisCli("ping")).trim() === "PONG");
  }

  redisCli = (...words: string[]): Promise<string> =>
    docker(["exec", this.redis, "redis-cli", "-s", "/run/redis/redis.sock", ...words]);

  /** The operator's command, as config-files/host/bin/spend-store runs it. */
  spendStore = (command: string) =>
    attempt("docker", ["exec", this.litellm, "python3", "/etc/litellm/spend_store.py", command]);

  /** What the healthcheck says; "" when it is content. */
  async ill(): Promise<string> {
    const { code, stderr } = await attempt("docker", [
      "exec",
      this.litellm,
      "python3",
      "/etc/litellm/ready.py",
    ]);
    return code === 0 ? "" : stderr.trim() || `ended with ${code}`;
  }

  /** From a gateway's place: another address of the network. */
  async ask(
    path: string,
    body?: unknown,
    more: { key?: string; method?: string; headers?: Record<string, string>; raw?: string } = {},
  ): Promise<Answer> {
    const started = performance.now();
    const key = more.key ?? Object.values(this.keys)[0] ?? "";
    const text = more.raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(`http://${this.address}:4000${path}`, {
      method: more.method ?? (text === undefined ? "GET" : "POST"),
      headers: {
        ...(key === "" ? {} : { authorization: `Bearer ${key}` }),
        "content-type": "application/json",
        ...more.headers,
      },
      ...(text === undefined ? {} : { body: text }),
      redirect: "manual",
    });
    const answer = await response.text();
    return {
      status: response.status,
      text: answer,
      headers: response.headers,
      ms: performance.now() - started,
    };
  }

  chat = (model: string, text: string, more: Record<string, unknown> = {}, key?: string): Promise<Answer> =>
    this.ask(
      "/v1/chat/completions",
      { model, messages: [{ role: "user", content: text }], max_tokens: 1000, ...more },
      key === undefined ? {} : { key },
    );

  /** Audit records, once there are so many. */
  async audit(count: number): Promise<Record<string, unknown>[]> {
    const read = async () => {
      const { stdout } = await attempt("sh", ["-c", `cat ${this.root}/state/audit/*.jsonl`]);
      return stdout
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    };
    await this.until(`${count} audit records`, async () => (await read()).length >= count);
    return read();
  }

  /** Nano-dollars as the ledger has them. */
  async spending(scope: string): Promise<{ spent: number; reserved: number }> {
    const [spent, reserved] = (
      await this.redisCli("hmget", `clawkeep:spend:${scope}`, "spent", "reserved")
    ).split("\n");
    return { spent: Number(spent) / 1e9, reserved: Number(reserved) / 1e9 };
  }

  settled = (scope: string): Promise<void> =>
    this.until(`nothing of ${scope} is in flight`, async () => (await this.spending(scope)).reserved === 0);

  logs = async (name = this.litellm): Promise<string> => {
    const { stdout, stderr } = await attempt("docker", ["logs", name]);
    return stdout + stderr;
  };

  async until(what: string, done: () => Promise<boolean>, seconds = 30): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    while (!(await done().catch(() => false))) {
      if (Date.now() > deadline)
        throw new Error(`not within ${seconds} s: ${what}\n${(await this.logs()).slice(-3000)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async stop(): Promise<void> {
    await attempt("docker", ["rm", "--force", "--volumes", this.litellm, this.redis]);
    await attempt("docker", ["network", "rm", this.id]);
    for (const server of this.servers) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(this.root, { recursive: true, force: true });
  }

  private live = (): Promise<void> =>
    this.until(
      "LiteLLM is live",
      async () => (await fetch(`http://${this.address}:4000/health/liveliness`)).status === 200,
      120,
    );

  private async writeFiles(): Promise<void> {
    const { models, gateways } = this;
    const config = parse(litellmConfig(models)) as {
      model_list: { model_name: string; litellm_params: { model: string; api_base?: string } }[];
    };
    const suffix = { anthropic: "", openai: "/v1", voyage: "/v1" };
    const world = {
      anthropic: await this.serve(this.world.listener("anthropic")),
      openai: await this.serve(this.world.listener("openai")),
      voyage: await this.serve(this.world.listener("voyage")),
    };
    for (const { model_name, litellm_params } of config.model_list) {
      const provider = litellm_params.model.split("/")[0] as keyof typeof world;
      const stand = this.args.stands?.[model_name] ?? world[provider];
      litellm_params.api_base =
        (typeof stand === "string" ? stand : await this.serve(stand)) + suffix[provider];
    }
    const secrets = {
      masterKey: this.masterKey,
      providerKeys: Object.fromEntries(
        models.map(({ provider }) => [providerKeyVariable(provider), this.providerKey]),
      ),
      gatewayKeys: this.keys,
      ...(await this.webhookSecret()),
    };
    const files = new Map([
      ...programFiles().map(({ path, content }) => [path, content] as const),
      ["config.yaml", stringify(config)],
      ["limits.json", limitsFile({ gateways, models, audit: { retentionDays: 90 } })],
    ]);
    this.args.edit?.(files);
    this.directory("config", 0, 0, 0o755, [...files]);
    this.directory("redis-config", 0, 0, 0o755, [["redis.conf", redisConf()]]);
    this.directory("secrets", litellmUser, litellmUser, 0o500, [["secrets.json", JSON.stringify(secrets)]]);
    this.directory("socket", redisUser, litellmUser, 0o2750);
    this.directory("data", redisUser, redisUser, 0o700);
    this.directory("state", litellmUser, litellmUser, 0o700);
    chmodSync(this.root, 0o755);
  }

  private async webhookSecret(): Promise<{ alertWebhookUrl?: string }> {
    const { webhook = false } = this.args;
    if (typeof webhook === "string") return { alertWebhookUrl: webhook };
    if (!webhook) return {};
    return { alertWebhookUrl: `${await this.serve(this.webhookListener)}/hook/of-nobody-else` };
  }

  private directory(
    name: string,
    uid: number,
    gid: number,
    mode: number,
    files: readonly (readonly [string, string])[] = [],
  ): void {
    const directory = join(this.root, name);
    mkdirSync(directory, { recursive: true });
    for (const [path, content] of files) {
      writeFileSync(join(directory, path), content, { mode: mode === 0o500 ? 0o400 : 0o444 });
      chownSync(join(directory, path), uid, gid);
    }
    chownSync(directory, uid, gid);
    chmodSync(directory, mode);
  }

  private readonly webhookListener: http.RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      this.webhookBodies.push(JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>);
      if (this.webhookStatus !== 0) response.writeHead(this.webhookStatus).end();
    });
  };

  private async serve(listener: http.RequestListener): Promise<string> {
    // Providers keep idle connections for minutes, not for Node's five seconds.
    const server = http.createServer({ keepAliveTimeout: 600_000 }, listener);
    this.servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, this.gatewayAddress, resolve));
    return `http://${this.gatewayAddress}:${(server.address() as AddressInfo).port}`;
  }
}
