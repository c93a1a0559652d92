/**
 * Distance: a TCP relay that passes every byte on so many milliseconds later, in both directions. The kernel here has no
 * netem. Started in a server's network namespace it stands in front of a port of that server.
 * Usage: node --import tsx lab/lib/slow-relay.ts PORT FORWARD_TO MILLISECONDS     (each way; prints "ready")
 */
import { connect, createServer, type Socket } from "node:net";

const [port = 0, forwardTo = 0, delay = 0] = process.argv.slice(2).map(Number);

/** Each piece keeps its distance to the one before, so that nothing is slower than the delay makes it. */
function later(from: Socket, to: Socket): void {
  const afterwards = (work: () => void): void => void setTimeout(work, delay);
  from.on("data", (piece: Buffer) => afterwards(() => to.write(piece)));
  from.on("end", () => afterwards(() => to.end()));
  from.on("close", () => afterwards(() => to.destroy()));
  from.on("error", () => undefined);
}

createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
  // A connection is there a round trip after it was asked for.
  setTimeout(() => {
    const far = connect({ port: forwardTo, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    later(near, far);
    later(far, near);
  }, 2 * delay);
}).listen(port, "0.0.0.0", 1024, () => console.log("ready"));
