/** What the relay does when something it needs is missing or not what it should be: it answers so, and sends nothing. */
import { isHealthy } from "../../../config-files/relay/health";
import { readBots } from "../../../config-files/relay/tokens";
import { call } from "./support/client";
import { addresses, Place, placeholders, realTokens, secrets } from "./support/place";

let place: Place;
beforeEach(async () => {
  place = new Place();
  await place.start();
});
afterEach(() => place.stop());

const refused = async (port: number) => {
  const { status, json } = await call(port, "sendMessage", { chat_id: 1, text: "x" });
  expect(json).toEqual({ ok: false, error_code: status, description: expect.stringMatching(/^relay: /) });
  expect(place.log).not.toContain(secrets[0]);
  return [status, json.description, place.requests().at(-1).rule];
};

it("has no token file", async () => {
  const port = await place.relay({}, { tokenFile: "/nowhere/tokens.json" });
  expect(await refused(port)).toEqual([502, "relay: the relay has no bot token", "no-token"]);
  expect(place.log).toContain("/nowhere/tokens.json cannot be read: ENOENT");
  expect(place.tunnels).toEqual([]);
});

it("has no egress proxy: there is no direct connection", async () => {
  const port = await place.relay();
  expect((await call(port, "getMe")).status).toBe(200);
  await place.stopProxy();
  place.forget();
  expect(await refused(port)).toEqual([502, "relay: Telegram cannot be reached: ECONNREFUSED", "upstream"]);
  expect(place.seen).toEqual([]);
});

it("is told by the environment to use no proxy, or another, and does not listen", async () => {
  const before = { ...process.env };
  Object.assign(process.env, { NO_PROXY: "*", no_proxy: "*", HTTPS_PROXY: "http://127.0.0.1:1" });
  try {
    const port = await place.relay();
    expect((await call(port, "getMe")).status).toBe(200);
    expect(place.tunnels).toEqual(["api.telegram.org:443"]);
  } finally {
    process.env = before;
  }
});

it.each([403, 503])("is refused by the egress proxy with %i", async (status) => {
  const port = await place.relay();
  place.proxyStatus = status;
  expect(await refused(port)).toEqual([502, `relay: the egress proxy answered ${status}`, "egress"]);
});

it("meets a server whose certificate nobody vouches for", async () => {
  const port = await place.relay({}, { extraCaFile: null });
  expect(await refused(port)).toEqual([502, expect.stringMatching(/CERT|ISSUER|SIGNATURE/), "upstream"]);
  expect(place.seen).toEqual([]);
});

it("meets a server with another's certificate", async () => {
  const other = new Place();
  await other.start("attacker.example");
  try {
    const port = await other.relay();
    const { json } = await call(port, "getMe");
    expect(json.description).toBe("relay: Telegram cannot be reached: ERR_TLS_CERT_ALTNAME_INVALID");
    expect(other.seen).toEqual([]);
  } finally {
    await other.stop();
  }
});

it("waits for an answer no longer than it should", async () => {
  const port = await place.relay({ idleTimeoutMs: 300 });
  place.handler = () => undefined;
  expect(await refused(port)).toEqual([504, "relay: Telegram does not answer", "timeout"]);
});

it("gives half an answer as half an answer", async () => {
  const port = await place.relay();
  place.handler = (_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.write(`{"ok":true,"result":"${"x".repeat(100)}`);
    setTimeout(() => response.destroy(), 50);
  };
  await expect(call(port, "getMe")).rejects.toThrow("aborted");
});

it("does not start without the certificates that it is told to trust", async () => {
  await expect(place.relay({}, { extraCaFile: "/nowhere/ca.pem" })).rejects.toThrow("/nowhere/ca.pem");
});

describe("health", () => {
  const listening = (port: number) => ({
    ...place.configuration(),
    listen: { address: addresses.relay, port },
  });

  it("is good while it answers and has its tokens", async () => {
    const port = await place.relay();
    expect(await isHealthy(listening(port))).toBe(true);
    expect(await isHealthy(listening(1))).toBe(false);
    const withoutTokens = await place.relay({}, { tokenFile: "/nowhere" });
    expect(await isHealthy(listening(withoutTokens))).toBe(false);
    expect(place.tunnels).toEqual([]);
  });

  it("is asked by the relay itself alone", async () => {
    const port = await place.relay();
    const { status } = await call(port, "", {}, { http: "GET", target: "/healthz" });
    expect([status, place.requests()[0].rule]).toEqual([403, "target"]);
  });
});

describe("the token file", () => {
  const gateways = [
    { name: "first", address: addresses.first },
    { name: "second", address: addresses.second },
  ];
  const read = (content: string) => readBots(place.file("wrong.json", content), gateways);

  it("gives each gateway its bot", () => {
    const bots = read(JSON.stringify(realTokens));
    expect(bots.get("first")).toEqual({
      token: realTokens.first,
      secret: secrets[0],
      placeholder: placeholders.first,
    });
    expect([...bots.keys()]).toEqual(["first", "second"]);
  });

  it.each([
    ["no JSON", "{", "is not JSON"],
    ["a list", "[]", "is not a JSON object"],
    ["a name twice", `{"first":"${realTokens.first}","first":"${realTokens.second}"}`, "is not JSON"],
    [
      "one gateway missing",
      JSON.stringify({ first: realTokens.first }),
      "no bot token for the gateway second",
    ],
    ["a token too many", JSON.stringify({ ...realTokens, third: realTokens.first }), "that is not relayed"],
    [
      "a token too short",
      JSON.stringify({ ...realTokens, first: "1234567890:abc" }),
      "for the gateway first",
    ],
    ["a number", JSON.stringify({ ...realTokens, first: 1 }), "for the gateway first"],
    [
      "one bot twice",
      JSON.stringify({ first: realTokens.first, second: `${realTokens.first.slice(0, -1)}x` }),
      "first and second have the same bot",
    ],
  ])("with %s is refused, and not quoted", (_, content, message) => {
    expect(() => read(content)).toThrow(message);
    try {
      read(content);
    } catch (error) {
      for (const secret of secrets) expect((error as Error).message).not.toContain(secret.slice(0, 8));
    }
  });
});
