import { readFileSync } from "node:fs";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setImmediate as parsed, setTimeout as sleep } from "node:timers/promises";
import type { RelayConfiguration } from "./configuration";
import { controls as allControls, type Controls } from "./controls";
import { forward, goneStatus, Meter, type Call } from "./forward";
import { healthPath } from "./health";
import { longestWaitMs } from "../http-service/pace";
import { Refusal } from "../http-service/refusal";
import {
  close,
  endSoon,
  listen,
  millisecondsSince,
  rawRefusal,
  strictServer,
} from "../http-service/strict-server";
import type { RequestLog } from "./request-log";
import { readBots, type Bot } from "./tokens";
import { TunnelAgent } from "./tunnel";
import { forwardUpdates } from "./updates";
import { Work } from "./work";

/** One request from its arrival to its one log line. */
interface Exchange {
  readonly http: string;
  readonly source: string;
  readonly started: bigint;
  readonly sent: Meter;
  readonly received: Meter;
  readonly work: Work;
  readonly request?: IncomingMessage;
  gateway?: string;
  method?: string;
}

/** Connections at the same time of everybody who is no gateway. */
const strangersConnections = 4;
/** How long a request above its gateway's rate waits for its refusal, in ms, so that to be refused is no faster. */
const refusedWaitMs = 1_000;

/** Takes calls of the Bot API from gateways, puts the real token in, and carries them to Telegram. */
export class RelayServer {
  private readonly server: Server;
  /** Each gateway has its own connections to Telegram, and its own limit of them. */
  private readonly agents: ReadonlyMap<string, TunnelAgent>;
  /** Absent: the file with the tokens cannot be used, and every call is answered so. */
  private readonly bots: ReadonlyMap<string, Bot> | undefined;
  private readonly connections = new Map<string, number>();
  private readonly works = new Map<string, Work>();

  constructor(
    private readonly configuration: RelayConfiguration,
    private readonly log: RequestLog,
    private readonly controls: Controls = allControls,
  ) {
    this.bots = this.readBots();
    const { extraCaFile, gateways, limits } = configuration;
    const extraCa = extraCaFile === null ? undefined : readFileSync(extraCaFile, "utf8");
    const mostTunnels = controls.limitTunnels ? limits.tunnels : Infinity;
    this.agents = new Map(
      gateways.map(({ name }) => [name, new TunnelAgent(configuration, extraCa, mostTunnels)]),
    );
    // An upgrade without a listener is a request like any other, and refused as one.
    this.server = strictServer(
      controls,
      {
        onRequest: (request, response) => void this.onRequest(request, response),
        onConnect: (request, socket) => this.onConnect(request, socket),
        onMalformed: (refusal, socket) => {
          const exchange = this.begin(undefined, socket as Socket);
          exchange.work.charge(1);
          this.refuse(exchange, refusal);
          return rawAnswerTo(refusal);
        },
      },
      controls.insecureHTTPParser,
    );
    // Telegram's silence ends first, with an answer.
    this.server.setTimeout(controls.idleTimeoutMs + 30_000);
    this.server.on("connection", (socket: Socket) => this.onConnection(socket));
  }

  /** @returns the port */
  async listen(): Promise<number> {
    const { address, port } = this.configuration.listen;
    await listen(this.server, port, address);
    const bound = (this.server.address() as AddressInfo).port;
    const gateways = this.configuration.gateways.map(({ name }) => name);
    this.log.line("listening", { address, port: bound, gateways });
    return bound;
  }

  /** Stops taking connections and ends the open ones. */
  async close(): Promise<void> {
    const closed = close(this.server);
    for (const agent of this.agents.values()) agent.destroy();
    await closed;
    this.log.endMinute();
    this.log.line("stopped", {});
  }

  private readBots(): ReadonlyMap<string, Bot> | undefined {
    try {
      return readBots(this.configuration.tokenFile, this.configuration.gateways);
    } catch (error) {
      this.log.line("no-tokens", { reason: (error as Error).message });
      return undefined;
    }
  }

  /** Bounds the connections of each gateway by itself, so that none can take those of the others. */
  private onConnection(socket: Socket): void {
    const address = socket.remoteAddress ?? "";
    const gateway = this.controls.gatewayAt(address, this.configuration);
    const limit = gateway === undefined ? strangersConnections : this.configuration.limits.connections;
    const key = this.keyOf(address);
    if (this.workOf(address).owedMs() > longestWaitMs) {
      this.log.dropped(gateway, address, "too much work");
      socket.destroy();
      return;
    }
    const open = (this.connections.get(key) ?? 0) + 1;
    if (open > limit && this.controls.limitConnections) {
      this.log.dropped(gateway, address);
      socket.destroy();
      return;
    }
    this.connections.set(key, open);
    socket.once("close", () => this.connections.set(key, (this.connections.get(key) ?? 1) - 1));
  }

  /** Whose connections and work are counted together. */
  private keyOf(address: string): string {
    const gateway = this.controls.gatewayAt(address, this.configuration);
    return gateway ?? (address === this.configuration.listen.address ? "itself" : "strangers");
  }

  private workOf(address: string): Work {
    const key = this.keyOf(address);
    const work = this.works.get(key) ?? new Work(this.controls.limitRate && key !== "itself");
    this.works.set(key, work);
    return work;
  }

  private async onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = this.begin(request.method, request.socket, request);
    response.on("error", () => undefined);
    try {
      if (this.isHealthProbe(request, exchange)) {
        response.writeHead(this.bots === undefined ? 503 : 200).end();
        return;
      }
      await this.turn(request, exchange.work);
      const call = this.admit(request, response, exchange);
      const { configuration, controls } = this;
      const status =
        exchange.method === "getUpdates"
          ? await forwardUpdates(exchange.gateway ?? "", call, exchange, configuration, controls)
          : await forward(call, exchange, configuration, controls);
      const rule = status === goneStatus ? "gone" : call.target.kind;
      this.record(exchange, { decision: "allow", rule, status });
    } catch (error) {
      const refusal = refusalOf(error);
      this.refuse(exchange, refusal);
      // The rest of a refused body is not read.
      response.shouldKeepAlive = false;
      const body = answerTo(refusal);
      response.writeHead(refusal.status, {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
      });
      response.end(body);
    }
  }

  /** @throws {Refusal} 429 `rate`, after a while */
  private async turn(request: IncomingMessage, work: Work): Promise<void> {
    try {
      // The chunks that have come along with the head lie there then, to be counted.
      if (isChunked(request)) await parsed();
      await work.turn();
    } catch (error) {
      await sleep(refusedWaitMs);
      throw error;
    }
  }

  /** Everything that can be refused before the body is read. */
  private admit(request: IncomingMessage, response: ServerResponse, exchange: Exchange): Call {
    const { gateway } = exchange;
    if (gateway === undefined)
      throw new Refusal(403, "caller", "the address is not one of a gateway with a bot");
    const bot = this.bots?.get(gateway);
    const agent = this.agents.get(gateway);
    if (bot === undefined || agent === undefined)
      throw new Refusal(502, "no-token", "the relay has no bot token", "fail");
    const head = this.controls.checkHead(request, this.configuration.authority);
    const target = this.controls.parseTarget(request.method ?? "", request.url ?? "", bot.placeholder);
    if (target.kind === "method") {
      exchange.method = target.method;
      if (!this.controls.isAllowedMethod(target.method))
        throw new Refusal(403, "method", "this method of the Bot API is not relayed");
    }
    if (head.body !== undefined && this.controls.limitStreams) exchange.sent.limit = head.body.limit;
    return { request, response, head, target, bot, agent };
  }

  private isHealthProbe(request: IncomingMessage, { source }: Exchange): boolean {
    return request.url === healthPath && source === this.configuration.listen.address;
  }

  private onConnect(request: IncomingMessage, socket: Duplex): void {
    const refusal = new Refusal(400, "head", "nothing can be tunnelled through the relay");
    const exchange = this.begin(request.method, request.socket);
    exchange.work.charge(1);
    this.refuse(exchange, refusal);
    endSoon(socket, rawAnswerTo(refusal), this.controls.refusedLingerMs);
  }

  private begin(http: string | undefined, socket: Socket, request?: IncomingMessage): Exchange {
    const source = socket.remoteAddress ?? "";
    const gateway = this.controls.gatewayAt(source, this.configuration);
    const work = this.workOf(source);
    return {
      http: http ?? "?",
      source,
      started: process.hrtime.bigint(),
      sent: new Meter(() => work.piece()),
      received: new Meter(),
      work,
      ...(request !== undefined && { request }),
      ...(gateway !== undefined && { gateway }),
    };
  }

  private refuse(exchange: Exchange, { decision, rule, status, reason }: Refusal): void {
    this.record(exchange, { decision, rule, status, reason });
  }

  private record(
    { http, source, started, sent, received, work, request, gateway, method }: Exchange,
    rest: { decision: "allow" | "deny" | "fail"; rule: string; status: number; reason?: string },
  ): void {
    // What came with a length came in pieces of what the network carries.
    if (request !== undefined && isChunked(request))
      work.leftLying(request.readableLength, sent.pieces === 0 ? 1 : sent.bytes / sent.pieces);
    this.log.record({
      ...rest,
      ...(gateway === undefined ? { source } : { gateway }),
      http,
      ...(method !== undefined && { method }),
      bytesFromGateway: sent.bytes,
      bytesToGateway: received.bytes,
      milliseconds: millisecondsSince(started),
    });
  }
}

const isChunked = ({ headers }: IncomingMessage): boolean => headers["transfer-encoding"] !== undefined;

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  // The message of a fault may quote anything; its kind does not.
  return new Refusal(500, "internal", `a fault in the relay: ${(error as Error).name}`, "fail");
}

/** A body in Telegram's shape, which its clients understand. */
function answerTo({ status, reason }: Refusal): string {
  const body = { ok: false, error_code: status, description: `relay: ${reason}` };
  const wait = status === 429 && { parameters: { retry_after: 1 } };
  return `${JSON.stringify({ ...body, ...wait })}\n`;
}

const rawAnswerTo = (refusal: Refusal): string => rawRefusal(refusal.status, answerTo(refusal));
