import { connect } from "node:net";

/** One HTTP answer as it came off a socket. Status 0: the connection was closed without one. */
export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** A pause between two pieces of a request. */
export interface Pause {
  readonly pauseMs: number;
}

export type Piece = Buffer | string | Pause;

export interface SendOptions {
  /** Give up after this long; what arrived until then counts. */
  readonly timeoutMs?: number;
  /** How many answers to wait for; the last one is the one that counts. */
  readonly answers?: number;
}

/** Writes bytes to a unix socket exactly as given and collects the answers. */
export function send(
  socketPath: string,
  pieces: readonly Piece[],
  options: SendOptions = {},
): Promise<RawAnswer[]> {
  const { timeoutMs = 20_000, answers = 1 } = options;
  return new Promise((resolve) => {
    const socket = connect({ path: socketPath, allowHalfOpen: true });
    let received = Buffer.alloc(0);
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      const parsed = parseAnswers(received, true);
      resolve(parsed.length > 0 ? parsed : [{ status: 0, head: "", body: "" }]);
    };
    const timer = setTimeout(finish, timeoutMs);
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      const parsed = parseAnswers(received);
      if (parsed.length >= answers || parsed.at(-1)?.status === 101) finish();
    });
    socket.on("end", finish);
    socket.on("error", finish);
    socket.on("connect", () => {
      void (async () => {
        for (const piece of pieces) {
          if (typeof piece === "object" && "pauseMs" in piece)
            await new Promise((wake) => setTimeout(wake, piece.pauseMs));
          else if (socket.writable) socket.write(piece);
        }
      })();
    });
  });
}

/**
 * Parses the answers at the front of what was received.
 *
 * @param ended nothing more will come: an answer that is cut off counts as it is
 */
function parseAnswers(bytes: Buffer, ended = false): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = bytes.toString("latin1");
  for (;;) {
    const end = rest.indexOf("\r\n\r\n");
    const [, digits] = /^HTTP\/1\.[01] ([0-9]{3})/.exec(rest) ?? [];
    if (end < 0 || digits === undefined) return answers;
    const head = rest.slice(0, end);
    const status = Number(digits);
    rest = rest.slice(end + 4);
    if (status === 100) continue;
    const body = status === 101 ? { text: "", size: rest.length } : parseBody(head, rest);
    if (body === undefined && !ended) return answers;
    answers.push({ status, head, body: body?.text ?? rest });
    rest = rest.slice(body?.size ?? rest.length);
  }
}

/** Returns a complete body and how much of the input it takes, or undefined. */
function parseBody(head: string, rest: string): { text: string; size: number } | undefined {
  const [, length] = /^content-length: *([0-9]+)/im.exec(head) ?? [];
  if (length !== undefined) {
    const size = Number(length);
    return rest.length >= size ? { text: rest.slice(0, size), size } : undefined;
  }
  if (!/^transfer-encoding: *chunked/im.test(head)) return { text: "", size: 0 };
  let text = "";
  for (let at = 0; ;) {
    const [line, digits] = /^([0-9a-f]+)\r\n/i.exec(rest.slice(at, at + 20)) ?? [];
    if (line === undefined || digits === undefined) return undefined;
    const size = parseInt(digits, 16);
    at += line.length + size + 2;
    if (rest.length < at) return undefined;
    if (size === 0) return { text, size: at };
    text += rest.slice(at - size - 2, at - 2);
  }
}

export interface HttpOptions {
  readonly headers?: { readonly [name: string]: string };
  /** Leave out a header that is there by default. */
  readonly without?: readonly string[];
}

/** Bytes of a well-formed request in the docker CLI's manner. */
export function http(
  method: string,
  target: string,
  body?: string | Buffer | object,
  options: HttpOptions = {},
): Buffer {
  const bytes =
    body === undefined
      ? Buffer.alloc(0)
      : Buffer.isBuffer(body)
        ? body
        : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const headers: { [name: string]: string } = {
    Host: "docker",
    "User-Agent": "Docker-Client/28.2.2 (linux)",
    ...(method === "POST" || body !== undefined ? { "Content-Length": String(bytes.length) } : {}),
    ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    Connection: "close",
    ...options.headers,
  };
  for (const name of options.without ?? []) delete headers[name];
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`), bytes]);
}
