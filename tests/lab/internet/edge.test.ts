import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { Edge } from "../../../lab/internet/edge/edge";
import { ensureCa, issueCertificate } from "../../../lab/lib/ca";
import type { PublishedRecord } from "../../../lab/cloudflare/zone-data";
import type { Any } from "./harness";

const host = "claw.example.org";
const dir = fs.mkdtempSync(path.join(os.tmpdir(), "clawkeep-edge-"));
const log: Any[] = [];
let edge: Edge;
let visitorPort: number;
let originPort = 0;
let visitorServer: http.Server;
const opened: net.Server[] = [];

function record(more: Partial<PublishedRecord> = {}): PublishedRecord {
  return { name: host, type: "A", content: "127.0.0.1", ttl: 1, proxied: true, ...more };
}

function listen(server: net.Server): Promise<number> {
  opened.push(server);
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as net.AddressInfo).port)),
  );
}

beforeAll(async () => {
  process.env["CLAWKEEP_LAB"] = dir;
  const ca = fs.readFileSync((await ensureCa()).cert, "utf8");
  edge = new Edge({
    origin: (address) => ({ address, port: originPort, ca: [ca] }),
    timeouts: { connectMs: 300, answerMs: 300 },
    log: (entry) => log.push(entry),
  });
  edge.setZones({ zones: [{ name: "example.org", records: [record()] }] });
  visitorServer = http.createServer(edge.request);
  visitorServer.on("upgrade", (incoming, socket, head) => edge.upgrade(incoming, socket, head));
  visitorPort = await listen(visitorServer);
});
afterAll(() => {
  for (const server of opened) server.close();
  visitorServer.closeAllConnections();
  fs.rmSync(dir, { recursive: true });
});

/** An origin with a certificate for `name`, which the edge talks to from now on. */
async function origin(listener: http.RequestListener, name = host): Promise<https.Server> {
  const pair = await issueCertificate(name, [name]);
  const server = https.createServer(
    { cert: fs.readFileSync(pair.cert), key: fs.readFileSync(pair.key) },
    listener,
  );
  originPort = await listen(server);
  return server;
}

function visit(
  headers: Record<string, string> = {},
  body?: string,
): Promise<{ status: number; headers: Any; text: string }> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const options = {
      port: visitorPort,
      host: "127.0.0.1",
      method,
      path: "/chat?x=1",
      headers: { host, ...headers },
    };
    const request = http.request(options, (answer) => {
      let text = "";
      answer.on("data", (chunk) => (text += chunk));
      answer.once("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
      answer.once("error", reject);
    });
    request.once("error", reject);
    request.end(body);
  });
}

it("passes requests on with Cloudflare's headers, and believes no visitor's own", async () => {
  await origin((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.once("end", () => {
      response.setHeader("x-origin", "yes");
      response.end(JSON.stringify({ url: request.url, headers: request.headers, body }));
    });
  });
  const answer = await visit({ "cf-connecting-ip": "6.6.6.6", "x-forwarded-for": "7.7.7.7" }, "hello");
  expect(answer.status).toBe(200);
  expect(answer.headers).toMatchObject({ server: "cloudflare", "x-origin": "yes" });
  const seen = JSON.parse(answer.text);
  expect(seen).toMatchObject({ url: "/chat?x=1", body: "hello" });
  expect(seen.headers).toMatchObject({
    host,
    "cf-connecting-ip": "127.0.0.1",
    "x-forwarded-for": "7.7.7.7,127.0.0.1",
    "x-forwarded-proto": "https",
    "cf-ray": answer.headers["cf-ray"],
  });
  expect(log.at(-1)).toMatchObject({ host, origin: "127.0.0.1", status: 200, source: "127.0.0.1" });
});

it("joins the two connections of a WebSocket", async () => {
  const server = await origin(() => undefined);
  server.on("upgrade", (request, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n");
    socket.write(`x-key: ${request.headers["sec-websocket-key"]}\r\n\r\nwelcome `);
    socket.pipe(socket);
  });
  const text = await new Promise<string>((resolve, reject) => {
    const headers = { host, connection: "Upgrade", upgrade: "websocket", "sec-websocket-key": "abc" };
    const request = http.request({ port: visitorPort, host: "127.0.0.1", headers });
    request.once("error", reject);
    request.once("upgrade", (answer, socket, head) => {
      expect(answer.headers["x-key"]).toBe("abc");
      let seen = head.toString();
      socket.on("data", (chunk: Buffer) => {
        seen += chunk.toString();
        if (seen === "welcome ping") {
          socket.destroy();
          resolve(seen);
        }
      });
      socket.write("ping");
    });
    request.end();
  });
  expect(text).toBe("welcome ping");
  expect(log.at(-1).status).toBe(101);
});

it("knows only proxied names", async () => {
  edge.setZones({
    zones: [
      { name: "example.org", records: [record(), record({ name: "ssh.example.org", proxied: false })] },
    ],
  });
  expect([
    edge.serves("CLAW.example.org"),
    edge.serves("ssh.example.org"),
    edge.serves("x.example.org"),
  ]).toEqual([true, false, false]);
  expect((await visit({ host: "ssh.example.org" })).status).toBe(409);
});

describe("an origin that fails", () => {
  async function statusOf(listener: net.Server): Promise<number> {
    originPort = await listen(listener);
    return (await visit()).status;
  }

  it("refuses: 521", async () => {
    const server = net.createServer();
    originPort = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    expect((await visit()).status).toBe(521);
  });

  it("does not speak TLS: 525", async () => {
    expect(await statusOf(net.createServer((socket) => socket.end("hello\r\n")))).toBe(525);
  });

  it("shows a certificate of another name or of nobody known: 526", async () => {
    await origin((_request, response) => response.end(), "other.example.org");
    expect((await visit()).status).toBe(526);
  });

  it("hangs up instead of answering: 520", async () => {
    await origin((request) => request.socket.destroy());
    expect((await visit()).status).toBe(520);
  });

  it("never answers: 524", async () => {
    await origin(() => undefined);
    const patience = new Promise<string>((resolve) =>
      setTimeout(() => resolve("it still waits"), 3000).unref(),
    );
    expect(await Promise.race([visit().then(({ status }) => status), patience])).toBe(524);
  });
});
