import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { controlListener } from "../../../lab/internet/world/control";
import { serviceNames, type ServiceName } from "../../../lab/internet/world/services";
import { World, type WorldFiles } from "../../../lab/internet/world/world";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- JSON of other APIs
export type Any = any;

export const keys = {
  anthropic: "sk-ant-lab",
  openai: "sk-lab",
  voyage: "pa-lab",
  telegram: "123456:lab-token",
} as const;

/** The world on loopback: every service and the control API on a free port each, without TLS. */
export class WorldHarness {
  readonly world: World;
  private readonly servers: http.Server[] = [];
  private readonly ports = new Map<ServiceName | "control", number>();

  constructor(files: WorldFiles = {}) {
    this.world = new World(files);
  }

  async start(): Promise<void> {
    for (const service of serviceNames) await this.listen(service, this.world.listener(service));
    await this.listen("control", controlListener(this.world));
    for (const [service, key] of Object.entries(keys))
      await this.control("POST", "/keys", { [service]: [key] });
  }

  async stop(): Promise<void> {
    for (const server of this.servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  url(service: ServiceName | "control", path: string): string {
    return `http://127.0.0.1:${this.ports.get(service)}${path}`;
  }

  async control(method: string, path: string, body?: unknown): Promise<Any> {
    const response = await fetch(this.url("control", path), {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Any;
    if (!response.ok) throw new Error(answer.error);
    return answer;
  }

  script(service: ServiceName, ...replies: unknown[]): Promise<Any> {
    return this.control("POST", "/script", { service, replies });
  }

  async requests(service: ServiceName): Promise<Any[]> {
    return (await this.control("GET", `/requests?service=${service}`)).requests;
  }

  post(
    service: ServiceName,
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return fetch(this.url(service, path), {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  }

  /** A user's message to Claude. */
  claude(text: string, more: object = {}): Promise<Response> {
    const messages = [{ role: "user", content: text }];
    const body = { model: "claude-sonnet-4-5", max_tokens: 100, messages, ...more };
    return this.post("anthropic", "/v1/messages", body, {
      "x-api-key": keys.anthropic,
      "anthropic-version": "2023-06-01",
    });
  }

  /** A user's message to GPT. */
  gpt(text: string, more: object = {}): Promise<Response> {
    const body = { model: "gpt-5", messages: [{ role: "user", content: text }], ...more };
    return this.post("openai", "/v1/chat/completions", body, { authorization: `Bearer ${keys.openai}` });
  }

  /** A Bot API call. */
  async bot(method: string, params: object = {}, token: string = keys.telegram): Promise<Any> {
    return (await this.post("telegram", `/bot${token}/${method}`, params)).json();
  }

  private async listen(name: ServiceName | "control", listener: http.RequestListener): Promise<void> {
    const server = http.createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.servers.push(server);
    this.ports.set(name, (server.address() as AddressInfo).port);
  }
}

/** The `data:` values of a stream of server-sent events. */
export async function eventData(response: Response): Promise<Any[]> {
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const text = await response.text();
  const data = text.split("\n").filter((line) => line.startsWith("data: "));
  return data.map((line) => (line === "data: [DONE]" ? "[DONE]" : JSON.parse(line.slice("data: ".length))));
}
