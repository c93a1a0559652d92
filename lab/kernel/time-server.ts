/** The clock that the machine finds outside. It listens on this machine's loopback alone. */
import { createSocket } from "node:dgram";
import { once } from "node:events";

// NTP counts from 1900.
const ntpEpochSeconds = 2_208_988_800;

/** A time server (RFC 4330) with this machine's clock, at the port that the guest asks. Needs root. */
export async function timeServer(): Promise<{ close(): Promise<void> }> {
  const socket = createSocket("udp4");
  socket.on("message", (request, from) => {
    const stamp = (at: number, offset: number): void => {
      reply.writeUInt32BE(Math.floor(at / 1000) + ntpEpochSeconds, offset);
      reply.writeUInt32BE(Math.floor(((at % 1000) / 1000) * 2 ** 32), offset + 4);
    };
    const reply = Buffer.alloc(48);
    // Version as asked, a server, stratum 1, precision 1 ms.
    reply[0] = ((request[0] ?? 0) & 0x38) | 4;
    reply.set([1, 4, 0xf6], 1);
    reply.write("LOCL", 12);
    const now = Date.now();
    stamp(now, 16);
    request.copy(reply, 24, 40, 48);
    stamp(now, 32);
    stamp(now, 40);
    socket.send(reply, from.port, from.address);
  });
  socket.bind(123, "127.0.0.1");
  await once(socket, "listening");
  return {
    close: async () => {
      socket.close();
      await once(socket, "close");
    },
  };
}
