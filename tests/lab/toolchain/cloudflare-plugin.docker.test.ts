/**
 * The stand-in for the `cloudflare` plugin does what the true provider was seen to do: the fourteen points C1 to C14 of
 * docs/rehearsed.md, against the lab's Cloudflare. No engine is in between, and a second lasts a hundredth of one.
 */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { CloudflareEmulator } from "../../../lab/cloudflare/emulator";
import { zone } from "../../../lab/internet/addresses";
import { Plugin, pluginFile, type Properties, type Stored } from "./plugin";
import { ensureToolchain, toolchainTimeout } from "./project";
import { unreadable } from "./true-shapes";

jest.setTimeout(60_000);

const type = "cloudflare:index/dnsRecord:DnsRecord";
const secondMs = 10;
const tokens = { write: "w".repeat(40), read: "r".repeat(40) };
const labDir = fs.mkdtempSync(path.join(os.tmpdir(), "clawkeep-cloudflare-plugin-"));
const emulator = new CloudflareEmulator({ labDir, tokens });
const log = path.join(labDir, "logs", "cloudflare.jsonl");
const record = {
  ...{ zoneId: zone.id, name: "claw.example.org", type: "A", content: "203.0.113.10" },
  ...{ ttl: 1, proxied: true, comment: "clawkeep: the active stack" },
};

interface Call {
  readonly time: string;
  readonly method: string;
  readonly path: string;
  readonly status: number | string;
  readonly body: Readonly<Record<string, unknown>>;
}
const calls = (): Call[] =>
  fs
    .readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Call);
const said = (): string[] => calls().map(({ method, status }) => `${method} ${status}`);

interface Made {
  readonly id: string;
}

let origin: string;
let plugin: Plugin;
/** All that were started; one that is left running would keep the tests from ending. */
const plugins: Plugin[] = [];

const api = async (method: string, below = "", body?: object): Promise<Made[]> => {
  const answer = await fetch(`${origin}/client/v4/zones/${zone.id}/dns_records${below}`, {
    method,
    headers: { authorization: `Bearer ${tokens.write}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { result } = (await answer.json()) as { result: Made | Made[] };
  return Array.isArray(result) ? result : [result];
};
const fault = (body: object): Promise<unknown> =>
  fetch(`${origin}/lab/faults`, { method: "POST", body: JSON.stringify(body) });
const forgetCalls = (): void => fs.writeFileSync(log, "");
const failure = async (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "no error",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
const startPlugin = async (config: Properties, variables: Record<string, string> = {}): Promise<Plugin> => {
  const started = await Plugin.start(pluginFile("cloudflare", "6.22.1"), type, {
    CLAWKEEP_STAND_IN_SECOND: `${secondMs}ms`,
    ...variables,
  });
  plugins.push(started);
  await started.configure(config);
  return started;
};

beforeAll(async () => {
  ensureToolchain();
  origin = `http://127.0.0.1:${await emulator.start(0)}`;
  plugin = await startPlugin({ apiToken: tokens.write, baseUrl: `${origin}/client/v4` });
}, toolchainTimeout);
afterAll(async () => {
  for (const each of plugins) each.stop();
  await emulator.stop();
  fs.rmSync(labDir, { recursive: true });
});
afterEach(async () => {
  await fetch(`${origin}/lab/faults`, { method: "DELETE" });
  for (const { id } of await api("GET")) await api("DELETE", `/${id}`);
  plugin.said.length = 0;
});

const without = (name: "proxied"): Omit<typeof record, "proxied"> => {
  const left: Partial<typeof record> = { ...record };
  delete left[name];
  return left as Omit<typeof record, "proxied">;
};
const made = (inputs: Properties = record): Promise<Stored> => plugin.create(inputs);

test("C1, C11, C12: what is stored is what the true one can read, with dates in seconds and all outputs", async () => {
  const unsaid = without("proxied");
  for (const stored of [await made(), await made({ ...unsaid, name: "other.example.org" })]) {
    const refreshed = await plugin.read(stored);
    const moved = await plugin.update(stored, { ...stored.inputs, content: "203.0.113.11" });
    for (const { outputs } of [stored, refreshed, moved])
      expect(unreadable([{ type, outputs }])).toEqual({ looked: 1, wrong: [] });
    expect(stored.outputs).toMatchObject({ id: stored.id, meta: "{}", settings: {}, tags: [] });
    expect(stored.outputs["commentModifiedOn"]).toBe(stored.outputs["createdOn"]);
  }
});

test("C2: what is imported has no difference, also after an update has sent settings and tags", async () => {
  const { id } = await made();
  await plugin.update({ id, inputs: record, outputs: {} }, record);
  const imported = await plugin.read({ id: `${zone.id}/${id}` });
  expect(imported).toMatchObject({ id, inputs: record });
  expect(await plugin.diff(imported, record)).toBe("nothing");
  expect(await plugin.diff(imported, { ...record, content: "203.0.113.11" })).toBe("content");
  expect(await failure(plugin.read({ id }))).toBe(
    `invalid ID: expected urlencoded segments "<zone_id>/<dns_record_id>", got "${id}"`,
  );
  expect(await failure(plugin.read({ id: `${zone.id}/${"0".repeat(32)}` }))).toMatch(
    /404 Not Found \{.*81044/,
  );
});

test("C3: another type or zone is another record, made before the old one goes; a name changes in place", async () => {
  const stored = await made();
  expect(await plugin.diff(stored, { ...record, type: "CNAME" })).toBe("replace: type");
  expect(await plugin.diff(stored, { ...record, zoneId: "z" })).toBe("replace: zoneId");
  expect(await plugin.diff(stored, { ...record, name: "other.example.org" })).toBe("name");
  const cname = { ...record, type: "CNAME", content: "x.example.org" };
  expect(await failure(made(cname))).toContain('"code":81053');
});

test("C4: deleting or changing one that is gone fails, until a refresh has seen it", async () => {
  const stored = await made();
  await api("DELETE", `/${stored.id}`);
  for (let time = 0; time < 2; time++)
    expect(await failure(plugin.delete(stored))).toMatch(/404 Not Found \{.*"code":81044/);
  expect(await failure(plugin.update(stored, record))).toMatch(/404 Not Found/);
  expect(await plugin.read(stored)).toMatchObject({ id: "" });
  expect(plugin.said.at(-1)).toMatch(/^WARNING Resource not found.*removed from state/);
});

describe("C5: tries again, longer and longer", () => {
  test.each([429, 500, 503, 408, 409, "drop"])("after %s, and succeeds when it is over", async (status) => {
    await fault({ count: 2, status, retryAfter: 0 });
    forgetCalls();
    await made();
    expect(said()).toEqual([
      ...Array<string>(2).fill(`POST ${status === "drop" ? "dropped" : status}`),
      "POST 200",
    ]);
  });

  test("eleven times, with the longer pauses between the later ones, and says what was answered last", async () => {
    await fault({ count: 99, status: 500 });
    forgetCalls();
    expect(await failure(made())).toMatch(/500 Internal Server Error \{.*injected by the lab/);
    expect(said()).toEqual(Array<string>(11).fill("POST 500"));
    const times = calls().map(({ time }) => Date.parse(time));
    const pauses = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    // At least three quarters of 2, 4, 8, 16 and then 30 seconds; a log's times are cut to milliseconds.
    for (const [i, seconds] of [2, 4, 8, 16, 30, 30, 30, 30, 30, 30].entries())
      expect(pauses[i]).toBeGreaterThanOrEqual(seconds * secondMs * 0.75 - 2);
  });

  test("as late as the answer asks for, without an upper bound", async () => {
    await fault({ status: 429, retryAfter: 100 });
    forgetCalls();
    const begun = Date.now();
    await made();
    expect(Date.now() - begun).toBeGreaterThanOrEqual(100 * secondMs);
    expect(said()).toEqual(["POST 429", "POST 200"]);
  });

  test.each(["drop", 500])("so a creation whose answer is lost (%s) ends with 81058", async (status) => {
    await fault({ status, done: true, method: "POST" });
    expect(await failure(made())).toContain('"code":81058,"message":"An identical record already exists."');
    expect(await api("GET")).toHaveLength(1);
  });

  test("and a deletion whose answer is lost with 404", async () => {
    const stored = await made();
    await fault({ status: "drop", done: true, method: "DELETE" });
    expect(await failure(plugin.delete(stored))).toContain('"code":81044');
  });

  test("not at all after a refusal", async () => {
    await fault({ status: 403 });
    forgetCalls();
    expect(await failure(made())).toMatch(/403 Forbidden/);
    expect(said()).toEqual(["POST 403"]);
  });

  test("and gives up on an API that nobody serves", async () => {
    const alone = await startPlugin({ apiToken: tokens.write, baseUrl: "http://127.0.0.1:1/client/v4" });
    const begun = Date.now();
    expect(await failure(alone.create(record))).toMatch(/connect: connection refused$/);
    expect(Date.now() - begun).toBeGreaterThanOrEqual(150 * secondMs);
  });
});

test("C6: waits ten minutes for an answer, and then does not ask again", async () => {
  await fault({ status: "hang" });
  forgetCalls();
  const begun = Date.now();
  expect(await failure(made())).toMatch(/net\/http: timeout awaiting response headers$/);
  expect(Date.now() - begun).toBeGreaterThanOrEqual(600 * secondMs);
  expect(said()).toEqual(["POST hung"]);
});

describe("C7, C14: what a preview refuses, and what it lets by", () => {
  test.each(["w".repeat(39), "w".repeat(81), `${"w".repeat(39)}!`])("the token %s", async (apiToken) => {
    expect(await plugin.checkConfig({ apiToken })).toEqual([
      expect.stringMatching(/^could not validate provider configuration: .*'cloudflare.apiToken'\.$/),
    ]);
  });

  test.each([40, 80])("no token of %i characters, whatever it is good for", async (length) => {
    expect(await plugin.checkConfig({ apiToken: "w".repeat(length) })).toEqual([]);
  });

  test.each([
    [{ type: "B" }, /must be one of: \["A" "AAAA" .*got: "B"$/],
    [{ priority: 65_536 }, /priority value must be between 0 and 65535/],
    [{ data: {} }, /"content" cannot be specified when "data" is/],
  ])("%j", async (more, refusal) => {
    expect((await plugin.check({ ...record, ...more })).failures).toEqual([expect.stringMatching(refusal)]);
  });

  test("includeShadowMetadata is dropped in silence", async () => {
    const { inputs, failures } = await plugin.check({ ...record, includeShadowMetadata: true });
    expect([inputs, failures]).toEqual([record, []]);
  });

  test("a time to live with `proxied` only the update itself refuses, and without a request", async () => {
    forgetCalls();
    expect((await plugin.check({ ...record, ttl: 300 })).failures).toEqual([]);
    expect(await failure(made({ ...record, ttl: 300 }))).toBe("ttl must be set to 1 when `proxied` is true");
    expect(said()).toEqual([]);
  });
});

test("C8, C12: sends what the program says and `proxied`; with an update settings and tags too", async () => {
  const { zoneId, ...unsaid } = without("proxied");
  forgetCalls();
  const stored = await made({ zoneId, ...unsaid });
  await plugin.update(stored, { zoneId, ...unsaid, content: "203.0.113.11" });
  const cname = { zoneId, name: "to.example.org", type: "CNAME", content: "x.example.org", ttl: 1 };
  const other = await made(cname);
  await plugin.update(other, cname);
  const flat = { flatten_cname: false, ipv4_only: false, ipv6_only: false };
  expect(calls().map(({ body }) => body)).toEqual([
    { ...unsaid, proxied: false },
    { ...unsaid, proxied: false, content: "203.0.113.11", settings: {}, tags: [] },
    expect.objectContaining({ type: "CNAME" }),
    expect.objectContaining({ settings: flat, tags: [] }),
  ]);
  expect(stored.inputs).not.toHaveProperty("proxied");
  expect(stored.outputs["proxied"]).toBe(false);
  expect(await plugin.diff(stored, { zoneId, ...unsaid })).toBe("nothing");
});

test("C9: an error is Cloudflare's raw answer behind the whole address, said twice", async () => {
  await made();
  const where = `POST "${origin}/client/v4/zones/${zone.id}/dns_records"`;
  const answer = `400 Bad Request {"success":false,"errors":[{"code":81058,"message":"An identical record already exists."}],"messages":[],"result":null}`;
  expect(await failure(made())).toBe(`failed to make http request: ${where}: ${answer}`);
  expect(plugin.said).toEqual([`ERROR [ERROR] ${where}: ${answer}: failed to make http request`]);
});

test("C10: status 200 is success, whatever else the answer says; and a record without an id is replaced", async () => {
  await fault({ status: 200, method: "POST" });
  expect(await made()).toMatchObject({ id: "{<nil>}", outputs: { id: "{<nil>}", content: record.content } });
  const stored = await made();
  await fault({ status: 200, method: "GET" });
  const emptied = await plugin.read(stored);
  expect([emptied.id, emptied.inputs]).toEqual(["{<nil>}", {}]);
  expect(await plugin.diff(emptied, record)).toMatch(/^replace: /);
});

test("C13: without an address of the API it is refused, other than the true one, which asks Cloudflare", async () => {
  const variables = { CLOUDFLARE_BASE_URL: "" };
  expect(await failure(startPlugin({ apiToken: tokens.write }, variables))).toMatch(/needs baseUrl/);
});

test("drift: what was changed by hand is seen by a refresh, and an empty comment for ever", async () => {
  const stored = await made();
  await api("PATCH", `/${stored.id}`, { content: "203.0.113.99", comment: "mine" });
  expect(await plugin.diff(await plugin.read(stored), record)).toBe("comment content");
  const empty = { ...record, name: "other.example.org", comment: "" };
  expect(await plugin.diff(await plugin.read(await made(empty)), empty)).toBe("comment");
});
