import type { IncomingMessage, RequestListener } from "node:http";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { ZoneData } from "../../cloudflare/zone-data";
import { newRay, originHeaders, visitorHeaders } from "./headers";
import { originError, OriginError, requestOrigin, type Origin, type Timeouts } from "./origin";

export interface EdgeOptions {
  /** How to meet the server at an address. */
  readonly origin: (address: string) => Origin;
  readonly timeouts: Timeouts;
  readonly log: (entry: Readonly<Record<string, unknown>>) => void;
}

/** A name with which nothing can be done: not proxied, or not by an address. */
const noOrigin = { status: 409, text: "error code: 1001 (no proxied A record of this name)" };

/** Cloudflare's edge: what comes for a proxied name goes to the address in its record. */
export class Edge {
  private addresses = new Map<string, string>();

  constructor(private readonly options: EdgeOptions) {}

  /** Takes over the records; those of one name after the first are not used. */
  setZones(data: ZoneData): void {
    const proxied = data.zones
      .flatMap((zone) => zone.records)
      .filter(({ type, proxied }) => proxied && type === "A");
    this.addresses = new Map(proxied.reverse().map(({ name, content }) => [name, content]));
  }

  /** Whether the edge has a certificate for this name. */
  serves(name: string): boolean {
    return this.addresses.has(name.toLowerCase());
  }

  readonly request: RequestListener = (incoming, response) => {
    const visit = this.visit(incoming);
    const refuse = (status: number, text: string): void => {
      visit.log(status, text);
      if (response.headersSent) response.destroy();
      else
        response
          .writeHead(status, { "content-type": "text/plain", ...edgeHeaders(visit.ray) })
          .end(`${text}\n`);
    };
    if (visit.origin === undefined) return refuse(noOrigin.status, noOrigin.text);
    const { outgoing } = this.forward(incoming, visit.origin, visit.ray, refuse);
    outgoing.once("response", (answer) => {
      visit.log(answer.statusCode ?? 0);
      response.writeHead(answer.statusCode ?? 502, visitorHeaders(answer.headers, visit.ray));
      answer.pipe(response);
      answer.once("error", () => response.destroy());
    });
    response.once("close", () => outgoing.destroy());
    incoming.pipe(outgoing);
  };

  /** WebSocket and other upgrades: the two connections become one. */
  upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    const visit = this.visit(incoming);
    const refuse = (status: number, text: string): void => {
      visit.log(status, text);
      socket.end(
        `HTTP/1.1 ${status} ${text}\r\ncf-ray: ${visit.ray}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
      );
    };
    socket.on("error", () => socket.destroy());
    if (visit.origin === undefined) return refuse(noOrigin.status, noOrigin.text);
    const { outgoing } = this.forward(incoming, visit.origin, visit.ray, refuse);
    outgoing.once("upgrade", (answer, far, farHead) => {
      visit.log(answer.statusCode ?? 0);
      socket.write(rawHead(answer));
      if (farHead.length > 0) socket.write(farHead);
      if (head.length > 0) far.write(head);
      far.on("error", () => socket.destroy());
      far.once("close", () => socket.destroy());
      socket.once("close", () => far.destroy());
      far.pipe(socket);
      socket.pipe(far);
    });
    outgoing.once("response", (answer) => {
      visit.log(answer.statusCode ?? 0);
      socket.write(rawHead(answer));
      answer.pipe(socket);
    });
    socket.once("close", () => outgoing.destroy());
    outgoing.end();
  }

  private forward(
    incoming: IncomingMessage,
    origin: Origin,
    ray: string,
    refuse: (status: number, text: string) => void,
  ): { outgoing: ReturnType<typeof requestOrigin> } {
    const host = incoming.headers.host ?? "";
    const { upgrade } = incoming.headers;
    const headers = {
      ...originHeaders(incoming.headers, sourceOf(incoming), ray),
      ...(upgrade === undefined ? {} : { connection: "Upgrade", upgrade }),
    };
    const call = { method: incoming.method ?? "GET", path: incoming.url ?? "/", headers };
    const outgoing = requestOrigin(origin, host, call, this.options.timeouts);
    outgoing.once("error", (error) => {
      const met: OriginError = originError(error, outgoing.socket as TLSSocket | null);
      refuse(met.status, `error code: ${met.status} (${met.message})`);
    });
    return { outgoing };
  }

  private visit(incoming: IncomingMessage): {
    ray: string;
    origin: Origin | undefined;
    log: (status: number, error?: string) => void;
  } {
    const ray = newRay();
    const began = Date.now();
    const host = (incoming.headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
    const address = this.addresses.get(host);
    const log = (status: number, error?: string): void =>
      this.options.log({
        ...{ time: new Date().toISOString(), ray, source: sourceOf(incoming), host, origin: address ?? null },
        ...{ method: incoming.method, path: incoming.url, status, ms: Date.now() - began },
        ...(error === undefined ? {} : { error }),
      });
    return { ray, origin: address === undefined ? undefined : this.options.origin(address), log };
  }
}

function edgeHeaders(ray: string): Record<string, string> {
  return { server: "cloudflare", "cf-ray": ray };
}

function rawHead(answer: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage ?? ""}`];
  for (let i = 0; i + 1 < answer.rawHeaders.length; i += 2) {
    lines.push(`${answer.rawHeaders[i]}: ${answer.rawHeaders[i + 1]}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function sourceOf(incoming: IncomingMessage): string {
  return (incoming.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
}
