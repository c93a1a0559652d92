/** The relay between two gateways and the stand-in Bot API, through a proxy that makes tunnels. */
import { createHash, randomBytes } from "node:crypto";
import { Agent, request } from "node:http";
import { call, type Answer, type CallOptions } from "./support/client";
import { addresses, authority, Place, placeholders, realTokens, secrets } from "./support/place";

const place = new Place();
let port: number;
beforeAll(async () => {
  await place.start();
  port = await place.relay();
});
afterEach(() => place.forget());
afterAll(() => place.stop());

const first = (method: string, params: object = {}, options: CallOptions = {}): Promise<Answer> =>
  call(port, method, params, options);
const second = (method: string, params: object = {}, options: CallOptions = {}): Promise<Answer> =>
  call(port, method, params, { from: addresses.second, token: placeholders.second, ...options });
const soon = (ms = 100): Promise<void> => new Promise((wake) => setTimeout(wake, ms));
const bot = (id: number) =>
  place.world.telegram.status().find((status) => status["id"] === id) as Record<string, unknown>;
const firstId = 1234567890;

it("puts each gateway's own token in, by way of the proxy", async () => {
  expect((await first("getMe", {}, { http: "GET" })).json.result).toMatchObject({ id: firstId });
  expect((await second("getMe")).json.result).toMatchObject({ id: 9876543210 });
  expect(place.seen.map(({ method, target }) => [method, target])).toEqual([
    ["GET", `/bot${realTokens.first}/getMe`],
    ["POST", `/bot${realTokens.second}/getMe`],
  ]);
  expect(new Set(place.tunnels)).toEqual(new Set(["api.telegram.org:443"]));
});

it("sends of the request what it has to, written anew", async () => {
  await first("sendMessage", { chat_id: 42, text: "hello" });
  const [{ headers } = { headers: [] }] = place.seen;
  const names = headers.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  expect(names.sort()).toEqual([
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "host",
  ]);
  expect(headers).toContain("api.telegram.org");
  expect(headers.join()).not.toContain(authority);
});

it("carries a text there and a query in, and Telegram's refusals back as they are", async () => {
  const text = await first("sendMessage", { chat_id: 42, text: "hello" });
  expect(text.json).toMatchObject({ ok: true, result: { text: "hello", chat: { id: 42 } } });
  expect(text.headers["content-type"]).toContain("application/json");
  const asked = await first(
    "",
    {},
    { http: "GET", target: `/bot${placeholders.first}/getChat?chat_id=-100` },
  );
  expect(asked.json.result).toMatchObject({ id: -100 });
  const empty = await first("sendMessage", { chat_id: 42, text: " " });
  expect([empty.status, empty.json]).toEqual([
    400,
    { ok: false, error_code: 400, description: "Bad Request: message text is empty" },
  ]);
});

it("holds a long poll until something arrives", async () => {
  const poll = first("getUpdates", { timeout: 20 });
  await soon();
  expect(bot(firstId)).toMatchObject({ polling: true });
  place.world.telegram.inject(firstId, { text: "hi" });
  const { json } = await poll;
  expect(json.result).toMatchObject([{ message: { text: "hi" } }]);
  const next = await first("getUpdates", { timeout: 0.2, offset: json.result[0].update_id + 1 });
  expect(next.json.result).toEqual([]);
});

it("tells a poller that another one has begun", async () => {
  const earlier = first("getUpdates", { timeout: 5 });
  await soon();
  const later = first("getUpdates", { timeout: 0.3 });
  const { status, json } = await earlier;
  expect([status, json.error_code]).toEqual([409, 409]);
  expect(json.description).toContain("terminated by other getUpdates request");
  expect((await later).json.ok).toBe(true);
});

it("ends Telegram's side of a poll that the gateway gave up: it would be a second poller", async () => {
  const conflicts = bot(firstId)["conflicts"];
  await expect(first("getUpdates", { timeout: 20 }, { signal: AbortSignal.timeout(150) })).rejects.toThrow();
  // A busy machine takes its time; the poll itself would last for 20 s.
  for (let round = 0; round < 50 && bot(firstId)["polling"] !== false; round++) await soon();
  expect(bot(firstId)).toMatchObject({ polling: false, conflicts });
  expect(place.requests()).toMatchObject([
    { decision: "allow", rule: "gone", method: "getUpdates", status: 499 },
  ]);
});

it("carries a file in, and one out that comes in chunks", async () => {
  const bytes = randomBytes(300_000);
  place.world.telegram.inject(firstId, {
    document: { base64: bytes.toString("base64"), name: "report.pdf", mime: "application/pdf" },
  });
  const { result } = (await first("getUpdates")).json;
  const file = (await first("getFile", { file_id: result[0].message.document.file_id })).json.result;
  expect(file.file_path).toMatch(/^documents\/file_\d+\.pdf$/);
  const got = await first(
    "",
    {},
    { http: "GET", target: `/file/bot${placeholders.first}/${file.file_path}` },
  );
  expect(got.status).toBe(200);
  expect(got.body.equals(bytes)).toBe(true);

  const boundary = "----------0123456789abcdef";
  const upload = randomBytes(3_000_000);
  const field = (name: string, more = ""): string =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n`;
  async function* body() {
    yield Buffer.from(`${field("chat_id")}\r\n42\r\n`);
    yield Buffer.from(
      `${field("document", '; filename="a.bin"')}Content-Type: application/octet-stream\r\n\r\n`,
    );
    for (let at = 0; at < upload.length; at += 65_536) yield upload.subarray(at, at + 65_536);
    yield Buffer.from(`\r\n--${boundary}--\r\n`);
    await soon(0);
  }
  const type = `multipart/form-data; boundary=${boundary}`;
  const sent = await first("sendDocument", {}, { type, body: body() });
  expect(sent.json).toMatchObject({ ok: true, result: { document: { file_size: upload.length } } });
  const [{ files } = { files: [] }] = place.world.telegram.sent(0).slice(-1);
  expect(files).toMatchObject([{ sha256: createHash("sha256").update(upload).digest("hex") }]);
});

it("holds neither side's bytes: the slower one sets the pace", async () => {
  const total = 50 * 1024 * 1024;
  let taken = 0;
  place.handler = (incoming, response) => {
    incoming.on("data", (chunk: Buffer) => {
      taken += chunk.length;
      if (taken < 1_000_000) return;
      incoming.pause();
    });
    setTimeout(() => response.writeHead(200).end("{}"), 2_500);
  };
  let given = 0;
  async function* body() {
    for (; given < total; given += 65_536) yield Buffer.alloc(65_536);
    await soon(0);
  }
  const type = "multipart/form-data; boundary=x";
  await first("sendDocument", {}, { type, body: body() }).catch(() => undefined);
  // What the kernel buffers on so many sockets (up to about 30 MB), and no more.
  expect(given).toBeLessThan(total);
  expect(given).toBeGreaterThan(500_000);
});

it("uses connections again", async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let n = 0; n < 5; n++) await first("getMe", {}, { agent });
  agent.destroy();
  expect(place.tunnels.length).toBeLessThan(2);
});

describe("what gateways and the log get to see", () => {
  it("is one line a request, with nothing of what was said", async () => {
    await first("sendMessage", { chat_id: 42, text: "a private word" });
    await second("setWebhook", { url: "https://attacker.example/" });
    await first("getMe", {}, { target: `/bot${placeholders.second}/getMe?private=word` });
    await call(port, "getMe", {}, { from: addresses.stranger });
    expect(place.requests()).toEqual([
      {
        ...{ time: expect.any(String), event: "request", decision: "allow", rule: "method" },
        ...{ gateway: "first", http: "POST", method: "sendMessage", status: 200 },
        ...{ bytesFromGateway: 38, bytesToGateway: expect.any(Number), milliseconds: expect.any(Number) },
      },
      expect.objectContaining({ decision: "deny", rule: "method", gateway: "second", method: "setWebhook" }),
      expect.objectContaining({ decision: "deny", rule: "placeholder", gateway: "first", status: 403 }),
      expect.objectContaining({ decision: "deny", rule: "caller", source: addresses.stranger }),
    ]);
    expect(place.requests()[0].bytesToGateway).toBeGreaterThan(50);
    expect(place.log).not.toMatch(/private|attacker|placeholder-the|\?/);
    for (const secret of secrets) expect(place.log).not.toContain(secret);
  });

  it("is refused in Telegram's shape", async () => {
    const { status, json, headers } = await first("logOut");
    expect([status, json, headers["content-type"]]).toEqual([
      403,
      { ok: false, error_code: 403, description: "relay: this method of the Bot API is not relayed" },
      "application/json",
    ]);
    expect(place.seen).toEqual([]);
  });

  it.each([1, 7, 34, 35, 36, 1000])("never the token, cut into pieces of %i bytes", async (size) => {
    const text = `{"a":"${realTokens.first}","url":"https://x/bot${realTokens.first.replace(":", "%3A")}/y"}`;
    place.handler = (_, response) => {
      response.writeHead(500, {
        "content-type": "application/json",
        "content-length": text.length,
        "x-token": realTokens.first,
      });
      const pieces = text.match(new RegExp(`.{1,${size}}`, "g")) ?? [];
      void (async () => {
        for (const piece of pieces) {
          response.write(piece);
          await new Promise((wake) => setImmediate(wake));
        }
        response.end();
      })();
    };
    const { status, body, headers } = await first("getMe");
    expect(status).toBe(500);
    expect(body.toString()).toBe(text.replaceAll(secrets[0] ?? "", placeholders.first.split(":")[1] ?? ""));
    expect(JSON.stringify(headers)).not.toContain(secrets[0]);
  });

  it("keeps as many bytes back whatever they are, so that no guess is told from another", async () => {
    const early = async (text: string): Promise<string> => {
      place.handler = (_, response) => {
        response.writeHead(200, { "content-type": "text/plain" });
        response.write(text);
        setTimeout(() => response.end(), 150);
      };
      const chunks: string[] = [];
      await readChunks((chunk) => chunks.push(chunk));
      return chunks[0] ?? "";
    };
    const filler = "-".repeat(100);
    const right = await early(filler + (secrets[0] ?? "").slice(0, 20));
    const wrong = await early(filler + "x".repeat(20));
    expect(right.length).toBe(wrong.length);
    expect(right.length).toBe(120 - 34);
  });
});

/** Reads an answer chunk by chunk. */
function readChunks(take: (chunk: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    request(
      {
        ...{
          host: addresses.relay,
          port,
          localAddress: addresses.first,
          method: "GET",
          agent: false,
        },
        ...{ path: `/bot${placeholders.first}/getMe`, headers: { host: authority } },
      },
      (response) => {
        response.on("data", (chunk: Buffer) => take(chunk.toString()));
        response.on("end", resolve);
      },
    )
      .on("error", reject)
      .end();
  });
}
