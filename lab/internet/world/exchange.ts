import type * as http from "node:http";
import type { TLSSocket } from "node:tls";
import type { Entry } from "./recorder";
import type { Reply, Script } from "./script";
import type { ServiceName } from "./services";

export type Json = Readonly<Record<string, unknown>>;

/** One request and its answer, with the scripted trouble (delays, hang, drops) built in. */
export class Exchange {
  readonly url: URL;

  constructor(
    readonly service: ServiceName,
    readonly request: http.IncomingMessage,
    readonly response: http.ServerResponse,
    readonly raw: Buffer,
    readonly entry: Entry,
    private readonly script: Script,
  ) {
    this.url = new URL(request.url ?? "/", "http://world");
  }

  get path(): string {
    return this.url.pathname;
  }

  /** The body when it is a JSON object, else an empty one. */
  get json(): Json {
    const { body } = this.entry;
    return typeof body === "object" && body !== null && !Array.isArray(body) ? (body as Json) : {};
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  get bearer(): string | undefined {
    return /^Bearer (.+)$/.exec(this.header("authorization") ?? "")?.[1];
  }

  get source(): string {
    return sourceOf(this.request);
  }

  /**
   * Takes the scripted reply for a request with this text and lives through its delay, hang or drop.
   * @returns the reply to give; undefined when nothing is to be answered any more.
   */
  async scripted(text: string): Promise<Reply | undefined> {
    const reply = this.script.take(this.service, text) ?? {};
    if (reply.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, reply.delayMs));
    if (reply.drop === "before") this.drop();
    if (reply.hang === true || reply.drop === "before") return undefined;
    return reply;
  }

  send(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
    if (this.response.destroyed) return;
    const isBytes = Buffer.isBuffer(body);
    this.response.writeHead(status, {
      "content-type": isBytes ? "application/octet-stream" : "application/json",
      ...headers,
    });
    this.response.end(isBytes ? body : JSON.stringify(body));
  }

  /**
   * Sends server-sent events, each flushed by itself.
   * @param cut ends the connection half way through
   */
  stream(events: readonly { readonly event?: string; readonly data: unknown }[], cut = false): void {
    if (this.response.destroyed) return;
    this.response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    const shown = cut ? events.slice(0, Math.ceil(events.length / 2)) : events;
    for (const { event, data } of shown) {
      const text = typeof data === "string" ? data : JSON.stringify(data);
      this.response.write(`${event === undefined ? "" : `event: ${event}\n`}data: ${text}\n\n`);
    }
    // What was written must reach the caller before the connection breaks.
    if (cut) this.response.write("", () => this.drop());
    else this.response.end();
  }

  private drop(): void {
    this.request.socket.destroy();
  }
}

/** A value of somebody else's JSON as text; what is missing as `otherwise`. */
export function asText(value: unknown, otherwise = ""): string {
  if (value === undefined || value === null) return otherwise;
  return typeof value === "string" ? value : JSON.stringify(value);
}

export function sourceOf(request: http.IncomingMessage): string {
  return (request.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
}

export function sniOf(request: http.IncomingMessage): string | null {
  const { servername } = request.socket as Partial<TLSSocket> & { servername?: string | false };
  return typeof servername === "string" && servername !== "" ? servername : null;
}
