import { request, type ClientRequest, type IncomingHttpHeaders } from "node:http";
import { connect, type Socket } from "node:net";
import type { Gate } from "./gate";
import { Refusal } from "../http-service/refusal";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A connection that the daemon has handed over after `101 UPGRADED`. */
export interface Upgraded {
  readonly socket: Socket;
  readonly headers: IncomingHttpHeaders;
  /** What already arrived behind the head. */
  readonly head: Buffer;
}

const largestAnswerBytes = 4 * 1024 * 1024;
const timeoutMs = 90_000;
/** Newest minor version of API 1.x whose meaning of the bodies was read; a newer daemon is asked for this one. */
const newestMinor = 47;
const versionLifetimeMs = 10_000;

/**
 * The Docker daemon behind its real socket. Requests are written here from scratch: the filter's own version, its own
 * headers, one connection each, so that nothing of a client's connection can end up in one of the daemon's.
 */
export class Daemon {
  private version: { readonly prefix: string; readonly expires: number } | undefined;

  /** @param calls lets in as many calls at a time as there may be; not those that are handed over */
  constructor(
    private readonly socketPath: string,
    private readonly calls: Gate,
  ) {}

  /** Asks the daemon whether it is there. */
  async ping(): Promise<Answer> {
    const answer = await this.send("GET", "/_ping");
    const [, minor] = /^1\.([0-9]+)$/.exec(String(answer.headers["api-version"])) ?? [];
    if (answer.status === 200 && minor !== undefined) {
      const prefix = `/v1.${Math.min(Number(minor), newestMinor)}`;
      this.version = { prefix, expires: Date.now() + versionLifetimeMs };
    }
    return answer;
  }

  /**
   * @param path without a version, made of checked parts only
   * @throws {Refusal} 502 `upstream` if no complete answer comes back
   */
  async call(method: string, path: string, body?: object): Promise<Answer> {
    return this.send(method, `${await this.prefix()}${path}`, body);
  }

  /** Like {@link call}, for a request that the daemon answers by handing the connection over. */
  async upgrade(path: string, body: object): Promise<Answer | Upgraded> {
    const target = `${await this.prefix()}${path}`;
    return new Promise((resolve, reject) => {
      const outgoing = this.open("POST", target, body, { connection: "Upgrade", upgrade: "tcp" });
      outgoing.on("upgrade", (incoming, socket, head) => {
        outgoing.setTimeout(0);
        socket.setTimeout(0);
        resolve({ socket: socket, headers: incoming.headers, head });
      });
      collect(outgoing, resolve, reject);
    });
  }

  private async prefix(): Promise<string> {
    if (this.version === undefined || this.version.expires < Date.now()) await this.ping();
    if (this.version === undefined) throw unreachable("it does not tell its API version");
    return this.version.prefix;
  }

  private send(method: string, target: string, body?: object): Promise<Answer> {
    return this.calls.run(
      () =>
        new Promise((resolve, reject) => {
          collect(this.open(method, target, body, { connection: "close" }), resolve, reject);
        }),
    );
  }

  private open(
    method: string,
    path: string,
    body: object | undefined,
    headers: { [name: string]: string },
  ): ClientRequest {
    const text = body === undefined ? "" : JSON.stringify(body);
    const outgoing = request({
      method,
      path,
      timeout: timeoutMs,
      headers: {
        host: "docker",
        "user-agent": "clawkeep-socket-proxy",
        ...headers,
        ...(method === "POST" && { "content-length": Buffer.byteLength(text) }),
        ...(text !== "" && { "content-type": "application/json" }),
      },
      // Takes the place of an agent: a connection of its own for each request.
      createConnection: () => connect({ path: this.socketPath, allowHalfOpen: true }),
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    outgoing.end(text);
    return outgoing;
  }
}

function collect(
  outgoing: ClientRequest,
  resolve: (answer: Answer) => void,
  reject: (error: Refusal) => void,
): void {
  outgoing.on("error", (error: NodeJS.ErrnoException) => reject(unreachable(error.code ?? error.message)));
  outgoing.on("response", (incoming) => {
    const { socket } = incoming;
    const chunks: Buffer[] = [];
    let size = 0;
    incoming.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > largestAnswerBytes) outgoing.destroy(new Error("its answer is too large"));
      else chunks.push(chunk);
    });
    incoming.on("error", (error) => reject(unreachable(error.message)));
    incoming.on("end", () => {
      resolve({ status: incoming.statusCode ?? 502, headers: incoming.headers, body: Buffer.concat(chunks) });
      // A request to upgrade that was refused would leave its connection open, at both ends.
      socket.destroy();
    });
  });
}

function unreachable(why: string): Refusal {
  return new Refusal(502, "upstream", `the Docker daemon cannot be reached: ${why}`, "fail");
}
