import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { Refusal } from "./refusal";

/** What one connection may take. Times are in milliseconds. */
export interface ConnectionLimits {
  /** Until a head has arrived. */
  readonly headersTimeoutMs: number;
  /** Until a whole request has arrived. */
  readonly requestTimeoutMs: number;
  /** Between two requests of one connection. */
  readonly keepAliveMs: number;
  /** Whether a request that comes before the one in front of it is answered ends its connection. */
  readonly oneAtATime: boolean;
  /** Until a refused connection is destroyed whose client keeps its end open. */
  readonly refusedLingerMs: number;
}

export interface Handlers {
  /** Every request that is none of the others, those with `Expect` too. */
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  readonly onConnect: (request: IncomingMessage, socket: Duplex) => void;
  /** A request to upgrade; without it such a request is one like any other. */
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** What is no request that HTTP allows, or one that comes too early. Logs it. @returns the whole answer */
  readonly onMalformed: (refusal: Refusal, socket: Duplex) => string;
}

/**
 * A server that leaves nothing to Node's own answers: everything comes to a handler, which answers and logs.
 *
 * A limit of connections bounds nothing while each may carry any number of requests: Node reads them all, and holds all
 * their answers. So a connection has one request at a time. A second one ends it, without an answer: the client would
 * take that for the first one's. No client of ours sends one.
 */
export function strictServer(
  limits: ConnectionLimits,
  { onRequest, onConnect, onUpgrade, onMalformed }: Handlers,
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
  const asking = new WeakSet<Duplex>();
  /** @returns whether the connection's next request may be handled */
  const isAlone = (socket: Duplex): boolean => {
    if (asking.has(socket) && limits.oneAtATime) {
      // The rest of what came in one piece is still read, and each would be one more line.
      if (!socket.destroyed) onMalformed(new Refusal(400, "pipelining", "one request at a time"), socket);
      socket.destroy();
      return false;
    }
    asking.add(socket);
    return true;
  };
  for (const event of ["request", "checkContinue", "checkExpectation"]) {
    server.on(event, (request: IncomingMessage, response: ServerResponse) => {
      if (!isAlone(request.socket)) return;
      // After its last byte was handed to the kernel: not before can the client know that it may go on.
      response.once("close", () => asking.delete(request.socket));
      onRequest(request, response);
    });
  }
  server.on("connect", (request, socket) => {
    if (isAlone(socket)) onConnect(request, socket);
  });
  if (onUpgrade !== undefined) {
    server.on("upgrade", (request, socket, head) => {
      if (isAlone(socket)) onUpgrade(request, socket, head);
    });
  }
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    // A client that goes away in the middle is no decision.
    const gone = ["ECONNRESET", "HPE_INVALID_EOF_STATE"].includes(error.code ?? "");
    if (gone || !socket.writable) return void socket.destroy();
    const status =
      error.code === "HPE_HEADER_OVERFLOW" ? 431 : error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
    const refusal = new Refusal(status, "http", `not a request that HTTP allows: ${error.code ?? "?"}`);
    endSoon(socket, onMalformed(refusal, socket), limits.refusedLingerMs);
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

/**
 * Sends the last words of a connection, and destroys it after a moment: a client that keeps its own end open would keep
 * the connection, and its place among those that are allowed.
 */
export function endSoon(socket: Duplex, words: string, lingerMs: number): void {
  const late = setTimeout(() => socket.destroy(), lingerMs);
  socket.once("close", () => clearTimeout(late));
  socket.on("error", () => socket.destroy());
  socket.end(words);
}

/** Names of a request's headers as they came, repeated ones too, in lower case. */
export function headerNames(request: IncomingMessage): string[] {
  return request.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
}

/** Milliseconds since `process.hrtime.bigint()` gave this, to a hundredth. */
export function millisecondsSince(started: bigint): number {
  return Number((process.hrtime.bigint() - started) / 10_000n) / 100;
}
