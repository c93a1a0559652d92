import { Agent, request } from "node:http";
import { connect } from "node:net";
import type { Any } from "../../../lab/internet/harness";
import { addresses, authority, placeholders } from "./place";

export interface Answer {
  readonly status: number;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  readonly body: Buffer;
  readonly json: Any;
}

export interface CallOptions {
  readonly from?: string;
  readonly token?: string;
  readonly http?: string;
  /** Target in place of the method's. */
  readonly target?: string;
  readonly type?: string;
  readonly body?: Buffer | string | AsyncIterable<Buffer>;
  readonly signal?: AbortSignal;
  readonly agent?: Agent;
}

/** Calls the Bot API by way of the relay, as a gateway's HTTP client does: by default POST with JSON. */
export function call(
  port: number,
  method: string,
  params: object = {},
  options: CallOptions = {},
): Promise<Answer> {
  const { from = addresses.first, token = placeholders.first, http = "POST" } = options;
  const body = options.body ?? (http === "POST" ? JSON.stringify(params) : "");
  const sized = typeof body === "string" || Buffer.isBuffer(body);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...{ host: addresses.relay, port, localAddress: from, method: http },
        path: options.target ?? `/bot${token}/${method}`,
        agent: options.agent ?? false,
        ...(options.signal && { signal: options.signal }),
        headers: {
          host: authority,
          "user-agent": "node",
          "accept-encoding": "gzip, deflate",
          ...(http === "POST" && { "content-type": options.type ?? "application/json" }),
          ...(http === "POST" && sized && { "content-length": Buffer.byteLength(body) }),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const bytes = Buffer.concat(chunks);
          const { statusCode = 0, headers } = response;
          const isJson = headers["content-type"] === "application/json";
          resolve({
            status: statusCode,
            headers,
            body: bytes,
            json: isJson ? JSON.parse(bytes.toString()) : {},
          });
        });
      },
    );
    outgoing.on("error", reject);
    if (sized) outgoing.end(body);
    else {
      void (async () => {
        for await (const chunk of body) {
          if (outgoing.destroyed) return;
          if (!outgoing.write(chunk)) await new Promise((wake) => outgoing.once("drain", wake));
        }
        outgoing.end();
      })().catch(reject);
    }
  });
}

/**
 * Writes bytes exactly as given from an address and returns what comes back until the connection ends, or nothing more
 * does for a while.
 */
export function raw(
  port: number,
  bytes: string | Buffer,
  {
    from = addresses.first,
    later,
  }: { from?: string; later?: { readonly afterMs: number; readonly bytes: string } } = {},
): Promise<string> {
  return new Promise((resolve) => {
    let received = "";
    const socket = connect({ host: addresses.relay, port, localAddress: from });
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(received);
    };
    const longestMs = 2_000;
    const quietMs = 400;
    let timer = setTimeout(finish, longestMs + (later?.afterMs ?? 0));
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
      clearTimeout(timer);
      timer = setTimeout(finish, quietMs);
    });
    socket.on("close", finish);
    socket.on("error", finish);
    socket.write(bytes);
    if (later !== undefined) setTimeout(() => socket.write(later.bytes), later.afterMs);
  });
}
