import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { connect, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RelayConfiguration } from "../../../../config-files/relay/configuration";
import { controls, type Controls } from "../../../../config-files/relay/controls";
import { placeholderToken } from "../../../../config-files/relay/placeholder";
import { RequestLog } from "../../../../config-files/relay/request-log";
import { RelayServer } from "../../../../config-files/relay/server";
import { ensureCa, issueCertificate } from "../../../../lab/lib/ca";
import { World } from "../../../../lab/internet/world/world";
import type { Any } from "../../../lab/internet/harness";

/** Two gateways with a bot each, the relay between them and the Bot API; by address on the loopback network. */
export const addresses = {
  first: "127.0.0.2",
  second: "127.0.0.3",
  relay: "127.0.0.9",
  stranger: "127.0.0.4",
};
export const realTokens = {
  first: "1234567890:AAfirst_secret-of-the-first-bot-000",
  second: "9876543210:AAsecond-secret-of-the-other-bot-00",
};
export const placeholders = {
  first: placeholderToken(realTokens.first),
  second: placeholderToken(realTokens.second),
};
export const secrets = Object.values(realTokens).map((token) => token.split(":")[1] ?? "");
export const authority = "openclaw-relay:8090";

/** A request as it reached Telegram. */
export interface Seen {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
}

/** Plays Telegram for one request. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** The stand-in Bot API behind TLS, an egress proxy that makes tunnels, and a relay; all in this process. */
export class Place {
  readonly world = new World();
  /** What reached Telegram since the last {@link forget}. */
  seen: Seen[] = [];
  /** Where tunnels were asked for. */
  tunnels: string[] = [];
  /** Status that the proxy answers with; 200 makes the tunnel. */
  proxyStatus = 200;
  /** Whether the proxy takes requests for tunnels and says nothing. */
  silent = false;
  /** Answers in place of the stand-in. */
  handler: Handler | undefined;
  log = "";
  /** That of the relay that was started last. */
  requestLog: RequestLog | undefined;
  private readonly directory = mkdtempSync(join(tmpdir(), "clawkeep-relay-"));
  private readonly servers: Server[] = [];
  private readonly relays: RelayServer[] = [];
  private readonly sockets = new Set<Socket>();
  private telegramPort = 0;
  private proxyPort = 0;
  private proxyServer: Server | undefined;

  /**
   * @param certificateName what Telegram's certificate is for
   * @param at where Telegram listens
   */
  async start(certificateName = "api.telegram.org", at = { address: "127.0.0.1", port: 0 }): Promise<void> {
    process.env["CLAWKEEP_LAB"] = this.directory;
    await ensureCa();
    const pair = await issueCertificate("telegram", [certificateName]);
    const listener = this.world.listener("telegram");
    const telegram = createHttpsServer(
      { cert: readFileSync(pair.cert), key: readFileSync(pair.key) },
      (request, response) => {
        this.seen.push({
          method: request.method ?? "",
          target: request.url ?? "",
          headers: request.rawHeaders,
        });
        (this.handler ?? listener)(request, response);
      },
    );
    this.telegramPort = await this.listen(telegram, at);
    const proxy = createHttpServer((_, response) => response.writeHead(403).end());
    proxy.on("connect", (request: IncomingMessage, client: Socket) => {
      this.tunnels.push(request.url ?? "");
      client.on("error", () => client.destroy());
      if (this.silent) return;
      if (this.proxyStatus !== 200) {
        client.end(`HTTP/1.1 ${this.proxyStatus} Refused\r\n\r\n`);
        return;
      }
      const upstream = connect(this.telegramPort, at.address, () => {
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        upstream.pipe(client).pipe(upstream);
      });
      upstream.on("error", () => client.destroy());
      client.on("close", () => upstream.destroy());
    });
    this.proxyServer = proxy;
    this.proxyPort = await this.listen(proxy);
    this.world.keys.add("telegram", Object.values(realTokens));
    this.file("tokens.json", JSON.stringify(realTokens));
    this.file("ca.pem", readFileSync(join(this.directory, "ca", "ca.pem"), "utf8"));
  }

  async stop(): Promise<void> {
    for (const relay of this.relays) await relay.close();
    for (const socket of this.sockets) socket.destroy();
    for (const server of this.servers) await new Promise((resolve) => server.close(resolve));
    rmSync(this.directory, { recursive: true });
  }

  /** Takes the egress proxy away. */
  async stopProxy(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    const server = this.proxyServer;
    await new Promise((resolve) => server?.close(resolve));
    this.servers.splice(this.servers.indexOf(server as Server), 1);
  }

  /** Directory of the host's orders to withhold updates. */
  get withheld(): string {
    return join(this.directory, "withheld");
  }

  /** Writes a file beside the tokens. @returns its path */
  file(name: string, content: string): string {
    const path = join(this.directory, name);
    writeFileSync(path, content);
    return path;
  }

  configuration(changes: Partial<RelayConfiguration> = {}): RelayConfiguration {
    return {
      listen: { address: addresses.relay, port: 0 },
      authority,
      proxy: { host: "127.0.0.1", port: this.proxyPort },
      upstream: { host: "api.telegram.org", port: 443 },
      gateways: [
        { name: "first", address: addresses.first },
        { name: "second", address: addresses.second },
      ],
      tokenFile: join(this.directory, "tokens.json"),
      extraCaFile: join(this.directory, "ca.pem"),
      withheldDirectory: this.withheld,
      limits: { connections: 8, tunnels: 6 },
      ...changes,
    };
  }

  /** Starts a relay, by default with all controls. @returns its port */
  async relay(off: Partial<Controls> = {}, changes: Partial<RelayConfiguration> = {}): Promise<number> {
    const log = (this.requestLog = new RequestLog((line) => (this.log += line)));
    const relay = new RelayServer(this.configuration(changes), log, { ...controls, ...off });
    this.relays.push(relay);
    return relay.listen();
  }

  forget(): void {
    this.seen = [];
    this.tunnels = [];
    this.log = "";
    this.handler = undefined;
    this.proxyStatus = 200;
    this.silent = false;
  }

  /** The log's lines about requests. */
  requests(): Any[] {
    return this.log
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line))
      .filter(({ event }) => event === "request");
  }

  /** The certificate authority that Telegram's certificate is from, PEM. */
  get ca(): string {
    return readFileSync(join(this.directory, "ca.pem"), "utf8");
  }

  private async listen(server: Server, at = { address: "127.0.0.1", port: 0 }): Promise<number> {
    this.servers.push(server);
    server.on("connection", (socket: Socket) => {
      this.sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.once("close", () => this.sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(at.port, at.address, resolve));
    return (server.address() as AddressInfo).port;
  }
}
