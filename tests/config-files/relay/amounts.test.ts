/** What one gateway may take of the relay, of the egress proxy and of the log, and what the other has meanwhile. */
import { Agent } from "node:http";
import { connect } from "node:net";
import { clientConnections } from "../../../config-files/egress-proxy/squid-conf";
import { tunnelsOf } from "../../../config-files/relay/deployment";
import { mostLines, RequestLog } from "../../../config-files/relay/request-log";
import { call, raw } from "./support/client";
import { addresses, authority, Place, placeholders } from "./support/place";

jest.setTimeout(30_000);
// A new one for each test: what was given up in one still arrives in the next.
let place: Place;
beforeEach(async () => {
  place = new Place();
  await place.start();
});
afterEach(() => place.stop());

const getMe = `GET /bot${placeholders.first}/getMe HTTP/1.1\r\nHost: ${authority}\r\n\r\n`;
const limit = 6;
const second = { from: addresses.second, token: placeholders.second };
const until = async (condition: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> => {
  for (const end = Date.now() + withinMs; Date.now() < end && !(await condition());) await soon(20);
  expect(await condition()).toBe(true);
};
const soon = (ms = 100): Promise<void> => new Promise((wake) => setTimeout(wake, ms));

describe("requests of one connection", () => {
  it.each([
    ["4000 at once", getMe.repeat(4_000)],
    ["two at once", getMe.repeat(2)],
  ])("%s end it, and reach nobody a second time", async (_, bytes) => {
    const port = await place.relay();
    place.handler = () => undefined;
    expect(await raw(port, bytes)).toBe("");
    await soon();
    expect(place.seen.length).toBeLessThanOrEqual(1);
    expect(place.requests().filter(({ rule }) => rule === "pipelining")).toMatchObject([
      { decision: "deny", gateway: "first", status: 400 },
    ]);
  });

  it("a second one that comes while Telegram is slow ends it", async () => {
    const port = await place.relay();
    place.handler = (_, response) => void setTimeout(() => response.writeHead(200).end("{}"), 800);
    expect(await raw(port, getMe, { later: { afterMs: 200, bytes: getMe } })).toBe("");
    expect(place.requests().map(({ rule }) => rule)).toContain("pipelining");
    expect(place.seen).toHaveLength(1);
  });

  it("as many as a client likes reach Telegram when nothing stops them", async () => {
    const port = await place.relay({ oneAtATime: false, limitTunnels: false });
    place.handler = () => undefined;
    const answer = raw(port, getMe.repeat(20));
    await until(() => place.tunnels.length === 20);
    expect(await answer).toBe("");
  });
});

describe("connections to Telegram", () => {
  const atOnce = (port: number, count: number, signal: AbortSignal) =>
    Array.from({ length: count }, () => call(port, "getMe", {}, { signal }));

  it("are so many for a gateway, while another's are its own", async () => {
    const port = await place.relay({}, { limits: { connections: 32, tunnels: limit } });
    place.handler = () => undefined;
    const giveUp = new AbortController();
    const waiting = atOnce(port, limit + 4, giveUp.signal);
    await until(() => place.seen.length >= limit && place.requests().length >= 4);
    expect(place.tunnels).toHaveLength(limit);
    place.handler = undefined;
    expect((await call(port, "getMe", {}, second)).status).toBe(200);
    giveUp.abort();
    const answers = await Promise.allSettled(waiting);
    const refused = answers.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    expect(refused.map(({ status, json }) => [status, json.parameters])).toEqual(
      Array.from({ length: 4 }, () => [429, { retry_after: 1 }]),
    );
    expect(place.requests().filter(({ rule }) => rule === "busy")).toHaveLength(4);
    // Those that were given up are free again.
    await until(() => place.requests().filter(({ rule }) => rule === "gone").length === limit);
    expect((await call(port, "getMe")).status).toBe(200);
  });

  it("are counted while they are made, also for a gateway that has hung up", async () => {
    place.silent = true;
    const port = await place.relay({}, { limits: { connections: 32, tunnels: limit } });
    const hangUp = async (condition: () => boolean): Promise<void> => {
      const sockets = Array.from({ length: limit }, () =>
        connect({ host: addresses.relay, port, localAddress: addresses.first }),
      );
      for (const socket of sockets) socket.on("error", () => undefined).write(getMe);
      await until(condition);
      for (const socket of sockets) socket.destroy();
    };
    const busy = (): number => place.requests().filter(({ rule }) => rule === "busy").length;
    await hangUp(() => place.tunnels.length === limit);
    await hangUp(() => busy() === limit);
    await hangUp(() => busy() === 2 * limit);
    expect(place.tunnels).toHaveLength(limit);
  });

  it("of all gateways leave the egress proxy some", () => {
    for (let gateways = 1; gateways <= 100; gateways++) {
      expect(gateways * tunnelsOf(gateways)).toBeLessThan(clientConnections);
      expect(tunnelsOf(gateways)).toBeGreaterThan(0);
    }
    expect(tunnelsOf(1)).toBe(16);
  });
});

describe("the work of one gateway", () => {
  const head = (method: string): string =>
    `POST /bot${placeholders.first}/${method} HTTP/1.1\r\nHost: ${authority}\r\n` +
    "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
  const chunks = "1\r\nx\r\n".repeat(10_000);
  /** Sends chunks of one byte for a second. @returns how many of them have reached Telegram */
  async function inASecond(off: { limitRate?: false }): Promise<number> {
    let taken = 0;
    place.handler = (incoming) => void incoming.on("data", (piece: Buffer) => (taken += piece.length));
    const port = await place.relay(off);
    const socket = connect({ host: addresses.relay, port, localAddress: addresses.first });
    socket.on("error", () => undefined).write(head("sendMessage") + chunks);
    await until(() => taken > 0);
    await soon(1_000);
    socket.destroy();
    return taken;
  }

  it("has a rate of pieces: chunks of one byte pass slowly", async () => {
    expect(await inASecond({})).toBeLessThan(8_000);
    expect(await inASecond({ limitRate: false })).toBe(10_000);
  });

  it("is used up by chunks of a refused request too, and another gateway has its own", async () => {
    const port = await place.relay();
    expect(await raw(port, head("logOut") + chunks)).toMatch(/^HTTP\/1.1 403 /);
    await expect(call(port, "getMe")).rejects.toThrow();
    expect((await call(port, "getMe", {}, second)).status).toBe(200);
    expect(place.log).toContain('"gateway":"first","reason":"too much work"');
    const unlimited = await place.relay({ limitRate: false });
    await raw(unlimited, head("logOut") + chunks);
    expect((await call(unlimited, "getMe")).status).toBe(200);
  });

  it("is used up by requests: those that come too fast wait", async () => {
    const port = await place.relay();
    const began = performance.now();
    const agent = new Agent({ keepAlive: true, maxSockets: 6 });
    const answers = Array.from({ length: 280 }, () => call(port, "logOut", {}, { agent }));
    expect(new Set((await Promise.all(answers)).map(({ status }) => status))).toEqual(new Set([403]));
    agent.destroy();
    expect(performance.now() - began).toBeGreaterThan(1_000);
  });
});

describe("the log of refused calls", () => {
  it("has so many lines a minute of each gateway, and then a count", async () => {
    const port = await place.relay({
      gatewayAt: (address) => (address === addresses.first ? "first" : "second"),
    });
    for (let n = 0; n < mostLines.refused + 40; n++) await call(port, "logOut");
    await call(port, "logOut", {}, second);
    const lines = place.requests().filter(({ decision }) => decision === "deny");
    expect(lines.filter(({ gateway }) => gateway === "first")).toHaveLength(mostLines.refused);
    expect(lines.filter(({ gateway }) => gateway === "second")).toHaveLength(1);
    // What is allowed is still seen.
    await call(port, "getMe");
    expect(place.requests().at(-1)).toMatchObject({ decision: "allow", gateway: "first", method: "getMe" });
    place.requestLog?.endMinute();
    expect(JSON.parse(place.log.trim().split("\n").at(-1) ?? "")).toMatchObject({
      event: "not-written",
      source: "first: refused",
      counts: { "deny method": 40 },
    });
  });

  it("has room for the next minute's, and as few sources as there are gateways", () => {
    const lines: string[] = [];
    const log = new RequestLog((line) => lines.push(line));
    for (let n = 0; n < 1_000; n++) log.dropped(undefined, `172.30.1.${n % 250}`);
    expect(lines).toHaveLength(mostLines.refused);
    log.endMinute();
    log.dropped(undefined, "172.30.1.7");
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event).slice(-2)).toEqual([
      "not-written",
      "dropped",
    ]);
  });
});
