import { request } from "node:http";
import { Agent } from "node:https";
import type { Duplex } from "node:stream";
import { connect, createSecureContext, rootCertificates } from "node:tls";
import type { RelayConfiguration } from "./configuration";
import { Refusal } from "../http-service/refusal";

const connectTimeoutMs = 15_000;

/**
 * Connections to the one upstream, each a TLS session inside a tunnel of the egress proxy. Node's own `proxyEnv` does
 * the same from 24.5 on, and connects directly where it is not known or not set; here is no code for a direct
 * connection. Where requests name another host, the connection still is to this one.
 */
export class TunnelAgent extends Agent {
  private readonly context;
  /** Being made, in use or idle. Node's own count leaves out those that are being made. */
  private tunnels = 0;

  /**
   * @param extraCa PEM certificates that are trusted besides the public ones
   * @param mostTunnels at the same time
   */
  constructor(
    private readonly configuration: Pick<RelayConfiguration, "proxy" | "upstream">,
    extraCa: string | undefined,
    private readonly mostTunnels: number,
  ) {
    // Idle ones are closed long before the server would: none is used at the moment it goes.
    super({ keepAlive: true, timeout: 10_000, maxFreeSockets: 4 });
    this.context = createSecureContext({
      minVersion: "TLSv1.2",
      ...(extraCa === undefined ? {} : { ca: [...rootCertificates, extraCa] }),
    });
  }

  override createConnection(
    _options: unknown,
    done: (error: Error | null, socket?: Duplex) => void,
  ): undefined {
    if (this.tunnels >= this.mostTunnels) {
      done(new Refusal(429, "busy", `${this.mostTunnels} calls of this gateway are already under way`));
      return undefined;
    }
    this.tunnels++;
    let open = true;
    /** Also where the gateway has long gone: the tunnel is made to its end, and kept for the next call. */
    const close = (): void => {
      if (open) this.tunnels--;
      open = false;
    };
    const callback: typeof done = (error, socket) => {
      if (error !== null) close();
      done(error, socket);
    };
    const { proxy, upstream } = this.configuration;
    const authority = `${upstream.host}:${upstream.port}`;
    const tunnel = request({
      ...{ host: proxy.host, port: proxy.port, method: "CONNECT", path: authority },
      ...{ headers: { host: authority }, agent: false, timeout: connectTimeoutMs },
    });
    tunnel.once("connect", (response, socket, head) => {
      socket.setTimeout(0);
      if (response.statusCode !== 200 || head.length > 0) {
        socket.destroy();
        callback(failed(`the egress proxy answered ${response.statusCode}`));
        return;
      }
      const secure = connect({ socket, servername: upstream.host, secureContext: this.context });
      secure.once("close", close);
      const slow = setTimeout(() => secure.destroy(failed("no TLS handshake in time")), connectTimeoutMs);
      secure.once("close", () => clearTimeout(slow));
      secure.once("secureConnect", () => {
        clearTimeout(slow);
        secure.removeListener("error", callback);
        callback(null, secure);
      });
      secure.once("error", callback);
    });
    tunnel.once("timeout", () => tunnel.destroy(failed("the egress proxy does not answer")));
    tunnel.once("error", callback);
    tunnel.end();
    return undefined;
  }
}

const failed = (reason: string): Refusal => new Refusal(502, "egress", reason, "fail");
