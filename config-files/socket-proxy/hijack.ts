import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { Refusal } from "../http-service/refusal";

const lingerMs = 5_000;
const probeMs = 2_000;

/**
 * Reads the body of an upgrade request. Node hands it over in one of two ways, by version: as the request's stream, or
 * unparsed at the front of what follows the head. Both are read here, to the announced length and not further.
 *
 * @returns the body, and what came behind it: input for the command
 * @throws {Refusal} 400 `head` if the connection ends early
 */
export async function readUpgradeBody(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  length: number,
): Promise<{ body: Buffer; rest: Buffer }> {
  const parsed: Buffer[] = [];
  for await (const chunk of request) parsed.push(chunk as Buffer);
  if (parsed.length > 0) return { body: Buffer.concat(parsed), rest: head };
  let bytes = head;
  while (bytes.length < length) bytes = Buffer.concat([bytes, await nextChunk(socket)]);
  return { body: bytes.subarray(0, length), rest: bytes.subarray(length) };
}

function nextChunk(socket: Duplex): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const settle = (action: () => void) => (): void => {
      for (const event of ["readable", "end", "close", "error"])
        socket.removeListener(event, listeners[event] as () => void);
      action();
    };
    const ended = settle(() => reject(new Refusal(400, "head", "the connection ended within the body")));
    const readable = (): void => {
      const chunk = socket.read() as Buffer | null;
      if (chunk !== null) settle(() => resolve(chunk))();
    };
    const listeners: { [event: string]: () => void } = { readable, end: ended, close: ended, error: ended };
    for (const [event, listener] of Object.entries(listeners)) socket.on(event, listener);
    readable();
  });
}

/**
 * Joins two connections until both directions have ended. Each end is passed on as a half-close: a command reads until
 * its input ends and may answer long after. Bytes are passed on as they come, and no faster than they are taken.
 */
export function join(client: Duplex, upstream: Duplex, done: () => void): void {
  let open = 2;
  const closed = (): void => {
    if (--open === 0) done();
  };
  client.on("error", () => upstream.destroy());
  upstream.on("error", () => client.destroy());
  client.on("close", () => {
    upstream.destroy();
    closed();
  });
  upstream.on("close", () => {
    // Ended in order: what is still on its way to the client may arrive. Otherwise the daemon is gone.
    if (!upstream.readableEnded) client.destroy();
    closed();
  });
  // The command is over; a client that keeps its direction open may not keep the connection.
  upstream.on("end", () => setTimeout(() => client.destroy(), lingerMs).unref());
  // An end alone may be all that the client has to say. Nothing, written to a socket whose other side is closed, is an
  // error, and is nothing to one that waits.
  client.once("end", () => {
    const probe = setInterval(() => client.writable && client.write(Buffer.alloc(0)), probeMs).unref();
    client.once("close", () => clearInterval(probe));
  });
  client.pipe(upstream);
  upstream.pipe(client);
}
