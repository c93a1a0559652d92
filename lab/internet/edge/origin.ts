import * as https from "node:https";
import type { ClientRequest, OutgoingHttpHeaders } from "node:http";
import type { TLSSocket } from "node:tls";

/** Where a name leads, and how the edge meets the server there. */
export interface Origin {
  readonly address: string;
  readonly port: number;
  /** PEM of the authorities whose certificates the origin may show ("Full (strict)"). */
  readonly ca: readonly string[];
  /** The edge's own certificate, for origins that ask for one. */
  readonly client?: { readonly cert: string; readonly key: string };
}

export interface Timeouts {
  /** For the TCP connection; Cloudflare waits 19 s. */
  readonly connectMs: number;
  /** For the first byte of the answer; Cloudflare waits 100 s. */
  readonly answerMs: number;
}

/** Why the origin could not be reached: Cloudflare's own status codes. */
export class OriginError extends Error {
  constructor(
    readonly status: 520 | 521 | 522 | 523 | 524 | 525 | 526,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Begins a request to the origin on a connection of its own. Errors come as `error` events; {@link originError} turns
 * them into what the visitor is told.
 */
export function requestOrigin(
  origin: Origin,
  host: string,
  request: { readonly method: string; readonly path: string; readonly headers: OutgoingHttpHeaders },
  timeouts: Timeouts,
): ClientRequest {
  const outgoing = https.request({
    ...request,
    host: origin.address,
    port: origin.port,
    servername: host.replace(/:\d+$/, ""),
    ca: [...origin.ca],
    ...(origin.client ?? {}),
    agent: false,
  });
  const timer = setTimeout(
    () => outgoing.destroy(new OriginError(522, "no connection in time")),
    timeouts.connectMs,
  );
  outgoing.once("socket", (socket) => {
    socket.once("connect", () => {
      clearTimeout(timer);
      outgoing.setTimeout(timeouts.answerMs, () =>
        outgoing.destroy(new OriginError(524, "no answer in time")),
      );
    });
  });
  // Once the answer has begun a slow body is nobody's fault; a chat may be silent for minutes.
  outgoing.once("response", () => outgoing.setTimeout(0));
  outgoing.once("upgrade", () => outgoing.setTimeout(0));
  outgoing.once("close", () => clearTimeout(timer));
  return outgoing;
}

/** The status that stands for an error met on the way to the origin. */
export function originError(error: NodeJS.ErrnoException, socket: TLSSocket | null): OriginError {
  if (error instanceof OriginError) return error;
  const code = error.code ?? "";
  if (code === "ECONNREFUSED") return new OriginError(521, "connection refused");
  if (code === "ETIMEDOUT") return new OriginError(522, "no connection in time");
  if (code === "EHOSTUNREACH" || code === "ENETUNREACH") return new OriginError(523, "unreachable");
  if (/^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_)/.test(code)) {
    return new OriginError(526, `invalid certificate: ${error.message}`);
  }
  const handshakeDone = socket !== null && socket.authorized;
  return handshakeDone
    ? new OriginError(520, `unexpected end: ${error.message}`)
    : new OriginError(525, `TLS handshake failed: ${error.message}`);
}
