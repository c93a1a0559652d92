import { chmodSync, chownSync, lstatSync, unlinkSync } from "node:fs";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Attached } from "./commands";
import type { FilterConfiguration } from "./configuration";
import { controls as allControls, type Controls } from "./controls";
import { Daemon } from "./daemon";
import type { Decision, DecisionLog } from "./decision-log";
import { Filter } from "./filter";
import { Gate } from "./gate";
import { join, readUpgradeBody } from "./hijack";
import { Refusal } from "../http-service/refusal";
import {
  close,
  endSoon,
  listen,
  millisecondsSince,
  rawRefusal,
  strictServer,
} from "../http-service/strict-server";
import type { Reply } from "./replies";
import type { Route } from "./routes";

/** One request from its arrival to its one log line. */
interface Exchange {
  readonly method: string;
  readonly target: string;
  readonly started: bigint;
  route?: Route;
}

/** The exported socket: HTTP in, decisions by {@link Filter}, one log line each. */
export class FilterServer {
  private readonly filter: Filter;
  private readonly server: Server;

  constructor(
    private readonly configuration: FilterConfiguration,
    private readonly log: DecisionLog,
    private readonly controls: Controls = allControls,
  ) {
    const { connections, calls } = configuration.limits;
    const gate = new Gate(controls.limitCalls ? calls : Infinity, connections);
    this.filter = new Filter(configuration, new Daemon(configuration.upstream, gate), controls, log);
    this.server = strictServer(controls, {
      onRequest: (request, response) => void this.onRequest(request, response),
      onConnect: (request, socket) => void this.onUpgrade(request, socket, Buffer.alloc(0)),
      onUpgrade: (request, socket, head) => void this.onUpgrade(request, socket, head),
      onMalformed: (refusal) => {
        const exchange: Exchange = { method: "?", target: "?", started: process.hrtime.bigint() };
        return rawReply(this.refuse(exchange, refusal));
      },
    });
    this.server.maxConnections = connections;
    this.server.on("drop", () => this.log.dropped());
  }

  /**
   * Exports the socket, in place of one that a predecessor left behind.
   *
   * @param group number of the group that may connect; the filter's own if it is not said
   */
  async listen(group?: number): Promise<void> {
    const path = this.configuration.listen;
    if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true) unlinkSync(path);
    await listen(this.server, path);
    if (group !== undefined) chownSync(path, -1, group);
    chmodSync(path, 0o660);
    this.log.line("listening", { socket: path });
  }

  /** Stops taking connections and ends the open ones. */
  async close(): Promise<void> {
    await close(this.server);
    this.log.endMinute();
    this.log.line("stopped", { counts: this.log.counts() });
  }

  private async onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = begin(request);
    try {
      const { contentLength } = this.admit(request, exchange);
      const reply = await this.filter.handle(exchange.route as Route, await readBody(request, contentLength));
      this.finish(exchange, reply);
      send(response, reply);
    } catch (error) {
      response.shouldKeepAlive = false;
      send(response, this.refuse(exchange, error));
    }
  }

  private async onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const exchange = begin(request);
    socket.on("error", () => socket.destroy());
    const slow = setTimeout(() => socket.destroy(), this.controls.requestTimeoutMs);
    try {
      const { contentLength, upgrade } = this.admit(request, exchange);
      if (!upgrade) throw new Refusal(400, "upgrade", "only the start of an exec may upgrade");
      const { body, rest } = await readUpgradeBody(request, socket, head, contentLength);
      clearTimeout(slow);
      const answer = await this.filter.attach(exchange.route as Route, body);
      this.finish(exchange, "socket" in answer ? { status: 101 } : answer);
      if ("socket" in answer) await attach(socket, rest, answer);
      else endSoon(socket, rawReply(answer), this.controls.refusedLingerMs);
    } catch (error) {
      clearTimeout(slow);
      endSoon(socket, rawReply(this.refuse(exchange, error)), this.controls.refusedLingerMs);
    }
  }

  /** Everything that can be refused before the body is read. */
  private admit(request: IncomingMessage, exchange: Exchange): { contentLength: number; upgrade: boolean } {
    exchange.route = this.controls.matchRoute(exchange.method, exchange.target);
    const head = this.controls.checkHead(request);
    if (head.contentLength > this.controls.bodyLimit) {
      throw new Refusal(413, "body-size", `the body is larger than ${this.controls.bodyLimit} bytes`);
    }
    return head;
  }

  private refuse(exchange: Exchange, error: unknown): Reply {
    const refusal = error instanceof Refusal ? error : new Refusal(500, "internal", String(error), "fail");
    const { decision, rule, status, reason } = refusal;
    this.record(exchange, { decision, rule, status, reason: reason.slice(0, 300) });
    return { status, body: { message: reason } };
  }

  private finish(exchange: Exchange, reply: Reply): void {
    this.record(exchange, { decision: "allow", rule: exchange.route?.name ?? "?", status: reply.status });
  }

  private record(
    exchange: Exchange,
    rest: Pick<Decision, "decision" | "rule" | "status"> & { reason?: string },
  ): void {
    const { method, target, started, route } = exchange;
    this.log.record({
      ...rest,
      method,
      path: route?.pathClass ?? target.slice(0, 120),
      milliseconds: millisecondsSince(started),
      ...(route !== undefined && route.subject !== "" && { subject: route.subject.slice(0, 80) }),
    });
  }
}

function begin(request: IncomingMessage): Exchange {
  return { method: request.method ?? "?", target: request.url ?? "?", started: process.hrtime.bigint() };
}

async function readBody(request: IncomingMessage, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  if (body.length !== length) throw new Refusal(400, "head", "the body is not as long as announced");
  return body;
}

function attach(client: Duplex, rest: Buffer, { socket, headers, head, begun }: Attached): Promise<void> {
  // Gone while the engine was asked: nobody would ever close the other side.
  if (client.destroyed) {
    socket.destroy();
    return Promise.resolve();
  }
  const type = headers["content-type"] ?? "application/vnd.docker.raw-stream";
  client.write(
    `HTTP/1.1 101 UPGRADED\r\nContent-Type: ${type}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`,
  );
  if (head.length > 0) client.write(head);
  if (rest.length > 0) socket.write(rest);
  socket.once("data", begun);
  return new Promise((resolve) => join(client, socket, resolve));
}

function send(response: ServerResponse, { status, body, headers }: Reply): void {
  const text = body === undefined ? "" : `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    ...headers,
    ...(text !== "" && { "content-type": "application/json" }),
    ...(status !== 204 && { "content-length": Buffer.byteLength(text) }),
  });
  response.end(text);
}

function rawReply({ status, body }: Reply): string {
  return rawRefusal(status, body === undefined ? "" : `${JSON.stringify(body)}\n`);
}
