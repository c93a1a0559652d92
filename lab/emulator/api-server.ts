import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { Faults } from "./faults";
import type { RequestLog } from "./request-log";

export type JsonObject = { readonly [key: string]: unknown };

export interface ApiRequest {
  readonly method: string;
  /** Path below the API's prefix. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: http.IncomingHttpHeaders;
  /** The parsed body; empty for a request without one. */
  readonly body: JsonObject;
  /** The `:name` parts of the route's pattern. */
  readonly params: Readonly<Record<string, string>>;
}

export interface ApiReply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Handler = (request: ApiRequest) => ApiReply | Promise<ApiReply>;

/** Thrown by a handler to answer with an error. */
export class ApiError extends Error {
  constructor(readonly reply: ApiReply) {
    super(`HTTP ${reply.status}`);
  }
}

/** What differs between the APIs that are emulated: how errors look and who may call. */
export interface Dialect {
  /** Throws {@link ApiError} when the caller may not make this request. */
  authorise(request: ApiRequest): void;
  unknownRoute(request: ApiRequest): ApiReply;
  badJson(): ApiReply;
  /** The body of an injected fault, or of a bug in the emulator (status 500). @param code the API's own, if it is known */
  fault(status: number, detail: string, code?: string | number): ApiReply;
}

interface Route {
  readonly method: string;
  readonly parts: readonly string[];
  readonly handler: Handler;
}

const controlPrefix = "/lab";

/** Faults that are no answer, and what the log calls them. */
const unanswered = { drop: "dropped", hang: "hung" } as const;

/**
 * A small JSON-over-HTTP server: routes below a prefix speak the emulated API; routes below `/lab` are the lab's own
 * controls, need no token and meet no injected fault.
 */
export class ApiServer {
  readonly faults = new Faults();
  private readonly api: Route[] = [];
  private readonly control: Route[] = [];
  private readonly server = http.createServer((request, response) => void this.serve(request, response));

  constructor(
    private readonly prefix: string,
    private readonly dialect: Dialect,
    private readonly log: RequestLog,
  ) {
    // On a machine that is busy, five seconds of silence pass in the middle of a test, and the next call met a closed door.
    this.server.keepAliveTimeout = 120_000;
    this.lab("GET", "/health", () => ({ status: 200, body: { ok: true } }));
    this.lab("GET", "/faults", () => ({ status: 200, body: { faults: this.faults.list() } }));
    this.lab("POST", "/faults", ({ body }) => ({ status: 201, body: { faults: this.faults.add(body) } }));
    this.lab("DELETE", "/faults", () => {
      this.faults.clear();
      return { status: 204 };
    });
  }

  route(method: string, pattern: string, handler: Handler): void {
    this.api.push({ method, parts: pattern.split("/").filter(Boolean), handler });
  }

  lab(method: string, pattern: string, handler: Handler): void {
    this.control.push({ method, parts: pattern.split("/").filter(Boolean), handler });
  }

  /** Port 0 picks a free one. @param address of this machine. Default: loopback @returns the port. */
  async listen(port: number, address = "127.0.0.1"): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen(port, address, () => resolve());
    });
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(incoming: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    let raw: string;
    try {
      raw = await readBody(incoming);
    } catch {
      return; // the caller went away in the middle of its request
    }
    const url = new URL(incoming.url ?? "/", "http://emulator");
    const method = incoming.method ?? "GET";
    const body = parseJson(raw);
    const request = (prefix: string): ApiRequest => ({
      method,
      path: url.pathname.slice(prefix.length),
      query: url.searchParams,
      headers: incoming.headers,
      body: body ?? {},
      params: {},
    });
    if (below(url.pathname, controlPrefix)) {
      send(response, await this.answer(request(controlPrefix), this.control));
      return;
    }
    const inside = below(url.pathname, this.prefix);
    const reply = await this.answerApi(request(inside ? this.prefix : ""), inside, body === undefined);
    const status = typeof reply === "string" ? unanswered[reply] : reply.status;
    this.log.write({ method, path: url.pathname + url.search, status, body });
    if (reply === "drop") incoming.socket.destroy();
    // One that hangs waits for the caller to give up, or for this server to end.
    else if (reply !== "hang") send(response, reply);
  }

  private async answerApi(
    request: ApiRequest,
    inside: boolean,
    badJson: boolean,
  ): Promise<ApiReply | keyof typeof unanswered> {
    const fault = this.faults.take(request);
    if (fault === undefined) return this.answerFaultless(request, inside, badJson);
    if (fault.done) await this.answerFaultless(request, inside, badJson);
    if (typeof fault.status === "string") return fault.status;
    const reply = this.dialect.fault(fault.status, "injected by the lab", fault.code);
    if (fault.retryAfter === undefined) return reply;
    return { ...reply, headers: { ...reply.headers, "retry-after": String(fault.retryAfter) } };
  }

  private async answerFaultless(request: ApiRequest, inside: boolean, badJson: boolean): Promise<ApiReply> {
    if (!inside) return this.dialect.unknownRoute(request);
    if (badJson) return this.dialect.badJson();
    try {
      this.dialect.authorise(request);
    } catch (error) {
      return this.errorReply(error);
    }
    return this.answer(request, this.api);
  }

  private async answer(request: ApiRequest, routes: readonly Route[]): Promise<ApiReply> {
    const parts = request.path.split("/").filter(Boolean).map(decodeURIComponent);
    for (const route of routes) {
      const params = route.method === request.method ? match(route.parts, parts) : undefined;
      if (params === undefined) continue;
      try {
        return await route.handler({ ...request, params });
      } catch (error) {
        return this.errorReply(error);
      }
    }
    return this.dialect.unknownRoute(request);
  }

  private errorReply(error: unknown): ApiReply {
    if (error instanceof ApiError) return error.reply;
    console.error(error);
    return this.dialect.fault(500, error instanceof Error ? error.message : String(error));
  }
}

function send(response: http.ServerResponse, reply: ApiReply): void {
  const text = reply.body === undefined ? "" : JSON.stringify(reply.body);
  const type = text === "" ? {} : { "content-type": "application/json" };
  response.writeHead(reply.status, { ...type, ...reply.headers });
  response.end(text);
}

function below(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

function match(pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [i, want] of pattern.entries()) {
    const have = parts[i] ?? "";
    if (want.startsWith(":")) params[want.slice(1)] = have;
    else if (want !== have) return undefined;
  }
  return params;
}

async function readBody(request: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function parseJson(raw: string): JsonObject | undefined {
  if (raw.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(raw);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : undefined;
  } catch {
    return undefined;
  }
}
