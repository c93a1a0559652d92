import type { IncomingMessage, ServerResponse } from "node:http";
import { request as httpsRequest } from "node:https";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { RelayConfiguration } from "./configuration";
import type { Controls } from "./controls";
import { Refusal } from "../http-service/refusal";
import { tooLarge, type RequestHead } from "./request-head";
import type { Target } from "./target";
import type { Bot } from "./tokens";
import type { TunnelAgent } from "./tunnel";

/** A request that has passed every check. */
export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly head: RequestHead;
  readonly target: Target;
  readonly bot: Bot;
  /** The gateway's connections to the Bot API. */
  readonly agent: TunnelAgent;
}

/** Counts what passes. */
export class Meter extends Transform {
  bytes = 0;
  pieces = 0;
  /** In bytes; more is an error. */
  limit = Infinity;

  /** @param pieceWaitMs is told of each piece, and says for how many milliseconds it holds up the next one */
  constructor(private readonly pieceWaitMs: () => number = () => 0) {
    super();
  }

  override _transform(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error?: Error, data?: Buffer) => void,
  ) {
    this.bytes += chunk.length;
    this.pieces++;
    const wait = this.pieceWaitMs();
    if (this.bytes > this.limit) done(tooLarge(this.limit));
    else if (wait === 0) done(undefined, chunk);
    else setTimeout(() => done(undefined, chunk), Math.min(wait, longestPieceWaitMs));
  }
}

/** What is owed beyond it holds up the pieces after it. */
const longestPieceWaitMs = 1_000;

/** Status in the log of a call whose gateway hung up. */
export const goneStatus = 499;

/**
 * Carries a call to the Bot API and its answer back, both as streams: neither is ever held as a whole. The request is
 * written anew; of the gateway's headers only type and length of the body go on.
 *
 * @param stop ends it while the answer has not begun; what has begun is carried to its end
 * @returns the status that the gateway got
 * @throws {Refusal} while the answer has not begun
 */
export async function forward(
  { request, response, head, target, bot, agent }: Call,
  { sent, received }: { sent: Meter; received: Meter },
  configuration: RelayConfiguration,
  controls: Controls,
  stop?: AbortSignal,
): Promise<number> {
  // It may have waited for its turn.
  if (response.destroyed) return goneStatus;
  const { host, port } = configuration.upstream;
  const upstream = httpsRequest({
    ...{ agent, host, port, timeout: controls.idleTimeoutMs, maxHeaderSize: 16 * 1024 },
    method: request.method,
    path:
      target.kind === "file"
        ? `/file/bot${bot.token}/${target.path}`
        : `/bot${bot.token}/${target.method}${target.query}`,
    headers: {
      host,
      accept: "*/*",
      // What comes back is looked through for the token.
      "accept-encoding": "identity",
      ...(head.body === undefined
        ? request.method === "POST" && { "content-length": 0 }
        : {
            "content-type": head.body.contentType,
            ...(head.body.length === undefined
              ? { "transfer-encoding": "chunked" }
              : { "content-length": head.body.length }),
          }),
    },
  });
  upstream.on("timeout", () =>
    upstream.destroy(new Refusal(504, "timeout", "Telegram does not answer", "fail")),
  );
  // A poll that nobody waits for any more would be a second poller.
  const hangUp = (): void => void upstream.destroy();
  response.once("close", hangUp);
  const end = (): void => {
    if (!response.headersSent) upstream.destroy(new Refusal(503, "withheld", "updates are withheld", "fail"));
  };
  stop?.addEventListener("abort", end);
  try {
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      upstream.once("response", resolve);
      for (const stream of [request, sent, upstream]) stream.on("error", reject);
    });
    // Not a pipeline: that would take the gateway's connection down with Telegram's, and with it the answer that says so.
    request.pipe(sent).pipe(upstream);
    const answer = await answered;
    const status = answer.statusCode ?? 0;
    response.writeHead(status, controls.responseHeaders(status, answer.headers));
    await pipeline(answer, controls.scrub(bot.secret), received, response);
    return status;
  } catch (error) {
    request.unpipe(sent);
    upstream.destroy();
    if (response.headersSent || response.destroyed) {
      // Half an answer must not look like a whole one.
      response.destroy();
      return goneStatus;
    }
    if (error instanceof Refusal) throw error;
    const { code = "no code" } = error as NodeJS.ErrnoException;
    throw new Refusal(502, "upstream", `Telegram cannot be reached: ${code}`, "fail");
  } finally {
    response.removeListener("close", hangUp);
    stop?.removeEventListener("abort", end);
  }
}
