import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { CloudflareEmulator } from "../../../lab/cloudflare/emulator";
import { zoneDataDir, zoneDataFile } from "../../../lab/cloudflare/zone-data";
import { zone } from "../../../lab/internet/addresses";

const tokens = { write: "w".repeat(40), read: "r".repeat(40) };
const records = `/zones/${zone.id}/dns_records`;
let labDir: string;
let emulator: CloudflareEmulator;
let port: number;

async function start(): Promise<void> {
  emulator = new CloudflareEmulator({ labDir, tokens });
  port = await emulator.start(0);
}

beforeEach(async () => {
  labDir = fs.mkdtempSync(path.join(os.tmpdir(), "clawkeep-cloudflare-"));
  await start();
});
afterEach(async () => {
  await emulator.stop();
  fs.rmSync(labDir, { recursive: true });
});

async function call(
  method: string,
  target: string,
  body?: unknown,
  token: string | undefined = tokens.write,
) {
  const response = await fetch(`http://127.0.0.1:${port}/client/v4${target}`, {
    method,
    ...(token === "" ? {} : { headers: { authorization: `Bearer ${token}` } }),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- JSON of another API
  return { status: response.status, body: (await response.json()) as any };
}

const claw = { type: "A", name: "claw", content: "103.22.205.10", ttl: 1, proxied: true };

async function expectError(answer: ReturnType<typeof call>, status: number, code: number): Promise<void> {
  const { status: got, body } = await answer;
  expect(got).toBe(status);
  expect(body).toMatchObject({ success: false, result: null, errors: [{ code }] });
}

it("refuses without a token, with a wrong one, and writing with a read-only one", async () => {
  await expectError(call("GET", "/zones", undefined, ""), 400, 9106);
  await expectError(call("GET", "/zones", undefined, "wrong"), 400, 6003);
  await expectError(call("GET", "/zones", undefined, "x".repeat(40)), 403, 9109);
  await expectError(call("GET", "/user/tokens/verify", undefined, "x".repeat(40)), 401, 1000);
  await expectError(call("POST", records, claw, tokens.read), 403, 10000);
  expect((await call("GET", "/user/tokens/verify", undefined, tokens.read)).body.result.status).toBe(
    "active",
  );
});

it("has one zone, found by name", async () => {
  const { body } = await call("GET", "/zones?name=example.org");
  expect(body.result).toEqual([
    expect.objectContaining({ id: zone.id, name: "example.org", status: "active" }),
  ]);
  expect(zone.id).toMatch(/^[0-9a-f]{32}$/);
  expect((await call("GET", "/zones?name=example.com")).body.result).toEqual([]);
  await expectError(call("GET", `/zones/${"0".repeat(32)}/dns_records`), 404, 7003);
});

it("creates, reads, overwrites, patches and deletes a record", async () => {
  const created = await call("POST", records, {
    ...claw,
    ttl: 300,
    comment: "public",
    tags: ["a:b"],
    settings: {},
  });
  expect(created.body).toMatchObject({ success: true, errors: [], messages: [] });
  const { result } = created.body;
  expect(result).toMatchObject({
    name: "claw.example.org",
    ttl: 1,
    proxied: true,
    comment: "public",
    tags: ["a:b"],
  });
  const one = `${records}/${result.id}`;
  expect((await call("GET", one)).body.result).toEqual(result);

  const put = await call("PUT", one, { ...claw, name: "claw.example.org", proxied: false, ttl: 120 });
  expect(put.body.result).toMatchObject({ id: result.id, ttl: 120, proxied: false, comment: null, tags: [] });
  const patched = await call("PATCH", one, { content: "103.22.205.11" });
  expect(patched.body.result).toMatchObject({ content: "103.22.205.11", ttl: 120 });
  expect((await call("DELETE", one)).body.result).toEqual({ id: result.id });
  await expectError(call("DELETE", one), 404, 81044);
  await expectError(call("GET", one), 404, 81044);
});

it("refuses records that contradict others or themselves", async () => {
  await call("POST", records, claw);
  await expectError(call("POST", records, claw), 400, 81058);
  await expectError(call("POST", records, { ...claw, type: "CNAME", content: "x.example.org" }), 400, 81053);
  expect((await call("POST", records, { ...claw, content: "103.22.205.11" })).status).toBe(200);
  await call("POST", records, { type: "CNAME", name: "www", content: "claw.example.org" });
  await expectError(call("POST", records, { ...claw, name: "www" }), 400, 81054);
  await expectError(call("POST", records, { ...claw, name: "x", content: "claw" }), 400, 9005);
  await expectError(call("POST", records, { ...claw, name: "x y" }), 400, 9000);
  await expectError(call("POST", records, { ...claw, name: "x", ttl: 5 }), 400, 9021);
  await expectError(
    call("POST", records, { type: "TXT", name: "x", content: "a", proxied: true }),
    400,
    9004,
  );
  await expectError(call("POST", records, { type: "SRV", name: "x", content: "a" }), 400, 9999);
});

it("lists by name and type, page by page, and refuses filters that it would have to ignore", async () => {
  for (let i = 1; i <= 5; i++)
    await call("POST", records, { ...claw, name: `h${i}`, content: `103.22.205.${i}` });
  await call("POST", records, { type: "TXT", name: "h1", content: '"active=prod epoch=1"', ttl: 60 });
  const names = async (query: string) =>
    (await call("GET", `${records}?${query}`)).body.result.map((record: { name: string }) => record.name);
  expect(await names("name=H1.example.org&type=A")).toEqual(["h1.example.org"]);
  expect(await names("name.exact=h1.example.org")).toHaveLength(2);
  expect(await names("type=TXT&name.contains=example")).toEqual(["h1.example.org"]);
  expect(await names("type=A&order=name&direction=desc&per_page=2&page=3")).toEqual(["h1.example.org"]);
  const { body } = await call("GET", `${records}?per_page=4&page=2`);
  expect(body.result_info).toEqual({ page: 2, per_page: 4, count: 2, total_count: 6, total_pages: 2 });
  await expectError(call("GET", `${records}?tag=a`), 400, 9999);
});

it("publishes the zone for the edge and the DNS, without ids, comments or tokens", async () => {
  await call("POST", records, { ...claw, comment: "internal remark" });
  const text = fs.readFileSync(path.join(zoneDataDir(labDir), zoneDataFile), "utf8");
  expect(JSON.parse(text)).toEqual({
    zones: [{ name: "example.org", records: [{ ...claw, name: "claw.example.org" }] }],
  });
});

it("keeps its records over a restart, and meets injected faults", async () => {
  await call("POST", records, claw);
  await emulator.stop();
  await start();
  expect((await call("GET", records)).body.result).toHaveLength(1);
  await fetch(`http://127.0.0.1:${port}/lab/faults`, { method: "POST", body: '{"status":429}' });
  await expectError(call("GET", records), 429, 971);
  expect((await call("GET", records)).status).toBe(200);
});

describe("faults, in the words of the Hetzner emulator", () => {
  const fault = (body: object): Promise<unknown> =>
    fetch(`http://127.0.0.1:${port}/lab/faults`, { method: "POST", body: JSON.stringify(body) });
  const logged = (): string => fs.readFileSync(path.join(labDir, "logs", "cloudflare.jsonl"), "utf8");

  it.each(["drop", 500] as const)("does what was asked for, and then answers with %s", async (status) => {
    await fault({ status, done: true, method: "POST" });
    const answer = call("POST", records, claw);
    if (status === 500) await expectError(answer, 500, 10001);
    else await expect(answer).rejects.toThrow("fetch failed");
    expect((await call("GET", records)).body.result).toHaveLength(1);
    await expectError(call("POST", records, claw), 400, 81058);
  });

  it("hangs until the caller gives up, and works for the next", async () => {
    await fault({ status: "hang" });
    const signal = AbortSignal.timeout(200);
    await expect(fetch(`http://127.0.0.1:${port}/client/v4${records}`, { signal })).rejects.toThrow(
      /timeout/,
    );
    expect(logged()).toContain('"hung"');
    expect((await call("GET", records)).status).toBe(200);
  });

  it("asks to be left alone for as long as the fault says, else for a second", async () => {
    const after = async (more: object): Promise<string | null> => {
      await fault({ status: 429, ...more });
      return (await fetch(`http://127.0.0.1:${port}/client/v4${records}`)).headers.get("retry-after");
    };
    expect([await after({}), await after({ retryAfter: 300 })]).toEqual(["1", "300"]);
  });

  it("refuses a fault that it does not know", async () => {
    jest.spyOn(console, "error").mockReturnValue();
    expect(await fault({ status: "hangs" })).toMatchObject({ status: 500 });
    expect(await fault({ status: 429, retryAfter: "20" })).toMatchObject({ status: 500 });
  });
});

it("dates a comment, and only what has one", async () => {
  const { result } = (await call("POST", records, { ...claw, comment: "public" })).body;
  expect(result.comment_modified_on).toBe(result.created_on);
  const same = (await call("PUT", `${records}/${result.id}`, { ...claw, ttl: 1, comment: "public" })).body;
  expect(same.result.comment_modified_on).toBe(result.comment_modified_on);
  const without = (await call("PUT", `${records}/${result.id}`, claw)).body;
  expect(without.result).not.toHaveProperty("comment_modified_on");
});
