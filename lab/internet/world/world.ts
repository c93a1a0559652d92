import type * as http from "node:http";
import { anthropic } from "./anthropic";
import { Exchange, sniOf, sourceOf } from "./exchange";
import { Keys } from "./keys";
import { openai } from "./openai";
import { Recorder } from "./recorder";
import { Script } from "./script";
import type { ServiceName } from "./services";
import { Telegram } from "./telegram/service";
import { voyage } from "./voyage";

export interface WorldFiles {
  /** Where accepted keys are kept. */
  readonly keys?: string;
  /** Where requests are logged. */
  readonly log?: string;
}

const gone = -1;

/** Everything that lies outside Cloudflare and the servers: model providers, Telegram, and the host of nobody. */
export class World {
  readonly script = new Script();
  readonly keys: Keys;
  readonly recorder: Recorder;
  readonly telegram: Telegram;

  constructor(files: WorldFiles = {}) {
    this.keys = new Keys(files.keys);
    this.recorder = new Recorder(files.log);
    this.telegram = new Telegram(this.keys);
  }

  /** The request listener of one service. */
  listener(service: ServiceName): http.RequestListener {
    return (request, response) => void this.serve(service, request, response);
  }

  /** Notes that somebody connected without making a request. */
  recordConnection(service: ServiceName, source: string, sni: string | null, path: string): void {
    const entry = this.recorder.add({
      ...{ service, kind: "connection", source, sni, host: null, method: "", path, headers: {}, body: null },
    });
    this.recorder.finish(entry, 0);
  }

  private async serve(
    service: ServiceName,
    request: http.IncomingMessage,
    response: http.ServerResponse,
  ): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return; // hung up in the middle of the request
    }
    const raw = Buffer.concat(chunks);
    const entry = this.recorder.add({
      service,
      kind: "request",
      source: sourceOf(request),
      sni: sniOf(request),
      host: request.headers.host ?? null,
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      body: parseBody(raw),
    });
    response.once("close", () =>
      this.recorder.finish(entry, response.writableEnded ? response.statusCode : gone),
    );
    const exchange = new Exchange(service, request, response, raw, entry, this.script);
    try {
      await this.answer(service, exchange);
    } catch (error) {
      console.error(`${service} ${request.method} ${exchange.path}:`, error);
      if (!response.headersSent)
        exchange.send(500, { error: "the lab's stand-in failed; see the world's log" });
    }
  }

  private answer(service: ServiceName, exchange: Exchange): void | Promise<void> {
    switch (service) {
      case "anthropic":
        return anthropic(exchange, this.keys);
      case "openai":
        return openai(exchange, this.keys);
      case "voyage":
        return voyage(exchange, this.keys);
      case "telegram":
        return this.telegram.serve(exchange);
      case "nobody":
        // Whoever gets here got out: the answer must look like success, so that a leak cannot pass for a refusal.
        return exchange.send(200, { leak: true, message: "you reached the host that nobody may reach" });
    }
  }
}

function parseBody(raw: Buffer): unknown {
  if (raw.length === 0) return null;
  const text = raw.toString("utf8");
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
