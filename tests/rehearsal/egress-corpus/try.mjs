// Runs attempts of the corpus, all at the same time, and prints [{"id", "left", "said"}]. `attempts` is put before it.
import dgram from "node:dgram";
import { lookup } from "node:dns/promises";
import net from "node:net";

const seconds = 4;

function tcp({ host, port, send, want, local }) {
  return new Promise((resolve) => {
    let got = "";
    const parts = (send ?? "").split("\u0000");
    const socket = net.connect({
      host,
      port: Number(port),
      ...(local === undefined ? {} : { localAddress: local }),
    });
    const end = (left, said) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ left, said: said.slice(0, 120) });
    };
    const timer = setTimeout(() => end(false, got === "" ? "no answer" : got), seconds * 1000);
    socket.on("connect", () => {
      if (want === undefined) return end(true, "connected");
      if (send !== undefined) socket.write(parts.shift(), "latin1");
    });
    socket.on("data", (data) => {
      got += data.toString("latin1");
      if (new RegExp(want).test(got)) return end(true, got);
      if (parts.length > 0) socket.write(parts.shift(), "latin1");
    });
    socket.on("error", (error) => end(false, error.code ?? error.message));
    socket.on("close", () => end(false, got === "" ? "closed" : got));
  });
}

function question(name, type) {
  const labels = name.split(".").flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  const head = Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([head, ...labels, Buffer.from([0, 0, type, 0, 1])]);
}

/** An answer from a server that knows: there is, or there is no such name. Anything else was not asked outside. */
const answered = (packet) => {
  const code = packet.readUInt16BE(2) & 15;
  return { left: code === 0 || code === 3, said: `answer ${code}` };
};

function dns({ server, name, type, tcp: stream }) {
  const packet = question(name, type);
  return new Promise((resolve) => {
    const socket = stream ? net.connect(53, server) : dgram.createSocket("udp4");
    const end = (result) => {
      clearTimeout(timer);
      if (stream) socket.destroy();
      else socket.close();
      resolve(result);
    };
    const timer = setTimeout(() => end({ left: false, said: "no answer" }), seconds * 1000);
    socket.on("error", (error) => end({ left: false, said: error.code ?? error.message }));
    if (stream) {
      socket.on("connect", () => socket.write(Buffer.concat([Buffer.from([0, packet.length]), packet])));
      socket.on("data", (data) => end(answered(data.subarray(2))));
      socket.on("close", () => end({ left: false, said: "closed" }));
    } else {
      socket.on("message", (data) => end(answered(data)));
      socket.send(
        packet,
        53,
        server,
        (error) => error && end({ left: false, said: error.code ?? error.message }),
      );
    }
  });
}

async function resolver({ name }) {
  try {
    return { left: true, said: (await lookup(name)).address };
  } catch (error) {
    return { left: false, said: error.code };
  }
}

const kinds = { tcp, dns, lookup: resolver };
const results = await Promise.all(
  globalThis.attempts.map(async ({ id, ...how }) => ({ id, ...(await kinds[how.kind](how)) })),
);
console.log(JSON.stringify(results));
process.exit(0);
