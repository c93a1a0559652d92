import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { Refusal } from "./refusal";

/** How long a client may take, in milliseconds. */
export interface TimeLimits {
  /** Until a head has arrived. */
  readonly headersTimeoutMs: number;
  /** Until a whole request has arrived. */
  readonly requestTimeoutMs: number;
  /** Between two requests of one connection. */
  readonly keepAliveMs: number;
}

export interface Handlers {
  /** Every request that is none of the others, those with `Expect` too. */
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  readonly onConnect: (request: IncomingMessage, socket: Duplex) => void;
  /** What is no request that HTTP allows. */
  readonly onMalformed: (refusal: Refusal, socket: Duplex) => void;
}

/** A server that leaves nothing to Node's own answers: everything comes to a handler, which answers and logs. */
export function strictServer(
  limits: TimeLimits,
  { onRequest, onConnect, onMalformed }: Handlers,
  insecureHTTPParser = false,
): Server {
  const server = createServer({
    insecureHTTPParser,
    // Required by each service's own check of the head, which logs; Node would answer without a word.
    requireHostHeader: false,
    maxHeaderSize: 8 * 1024,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: 1_000,
  });
  for (const event of ["request", "checkContinue", "checkExpectation"]) server.on(event, onRequest);
  server.on("connect", onConnect);
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    // A client that goes away in the middle is no decision.
    const gone = ["ECONNRESET", "HPE_INVALID_EOF_STATE"].includes(error.code ?? "");
    if (gone || !socket.writable) return void socket.destroy();
    const status =
      error.code === "HPE_HEADER_OVERFLOW" ? 431 : error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
    onMalformed(new Refusal(status, "http", `not a request that HTTP allows: ${error.code ?? "?"}`), socket);
  });
  return server;
}

/** Listens, and fails as the server does. */
export async function listen(
  server: Server,
  ...where: [path: string] | [port: number, address: string]
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    (server.listen as (...where: unknown[]) => Server).call(server, ...where, resolve);
  });
}

/** Stops taking connections and ends the open ones. */
export async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

/** The whole answer to somebody who has no `ServerResponse`: a JSON body, and the end of the connection. */
export function rawRefusal(status: number, body: string): string {
  const head = `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nConnection: close`;
  return `${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** Names of a request's headers as they came, repeated ones too, in lower case. */
export function headerNames(request: IncomingMessage): string[] {
  return request.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
}

/** Milliseconds since `process.hrtime.bigint()` gave this, to a hundredth. */
export function millisecondsSince(started: bigint): number {
  return Number((process.hrtime.bigint() - started) / 10_000n) / 100;
}
