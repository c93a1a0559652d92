/** Cloudflare's own client works with the emulator: it pages, changes and removes, and takes refusals for what they are. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as os from "node:os";
import * as path from "node:path";
import { CloudflareEmulator } from "../../../../lab/cloudflare/emulator";
import { zone } from "../../../../lab/internet/addresses";
import { cacheDir } from "../../../../lab/lib/paths";

const tokens = { write: "w".repeat(40), read: "r".repeat(40) };
const labDir = fs.mkdtempSync(path.join(os.tmpdir(), "clawkeep-cloudflare-client-"));
const emulator = new CloudflareEmulator({ labDir, tokens });
const zone_id = zone.id;
const name = "claw.example.org";
const claw = { zone_id, name, type: "A", content: "103.22.205.10", ttl: 1, proxied: true };
/* eslint-disable @typescript-eslint/no-explicit-any -- its types are a thousand files, which every type check would read */
let sdk: any;
let client: any;
let origin: string;
const clientWith = (apiToken: string, more: object = {}): any =>
  new sdk.Cloudflare({ apiToken, baseURL: `${origin}/client/v4`, maxRetries: 0, ...more });

/** @returns the folder in which the client is installed, exactly as the lock beside this says; once for all checkouts */
function installed(): string {
  const files = ["package.json", "package-lock.json"];
  const hash = createHash("sha256");
  for (const file of files) hash.update(fs.readFileSync(path.join(__dirname, file)));
  const home = path.join(cacheDir(), "npm", `cloudflare-${hash.digest("hex").slice(0, 16)}`);
  if (fs.existsSync(home)) return home;
  fs.mkdirSync(path.dirname(home), { recursive: true });
  const draft = fs.mkdtempSync(`${home}-draft-`);
  for (const file of files) fs.copyFileSync(path.join(__dirname, file), path.join(draft, file));
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: draft,
  });
  try {
    fs.renameSync(draft, home);
  } catch {
    // Another run was faster.
    fs.rmSync(draft, { recursive: true, force: true });
  }
  return home;
}

beforeAll(async () => {
  origin = `http://127.0.0.1:${await emulator.start(0)}`;
  sdk = createRequire(path.join(installed(), "package.json"))("cloudflare");
  client = clientWith(tokens.write);
}, 180_000);
afterAll(async () => {
  await emulator.stop();
  fs.rmSync(labDir, { recursive: true });
});
afterEach(async () => {
  for await (const record of client.dns.records.list({ zone_id })) {
    await client.dns.records.delete(record.id, { zone_id });
  }
});

async function all(pages: AsyncIterable<any>): Promise<any[]> {
  const items = [];
  for await (const item of pages) items.push(item);
  return items;
}

/** The client's own class of a refusal, and the API's codes in it. */
const refusal = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => "no error",
    (error: any) => [error.constructor.name, error.status, ...error.errors.map((each: any) => each.code)],
  );

it("finds the zone by its name, and no other", async () => {
  expect(await all(client.zones.list({ name: "example.org" }))).toMatchObject([
    { id: zone_id, status: "active" },
  ]);
  expect(await all(client.zones.list({ name: "example.com" }))).toEqual([]);
  expect(await client.zones.get({ zone_id })).toMatchObject({ name: "example.org" });
  expect(await client.user.tokens.verify()).toMatchObject({ status: "active" });
});

it("creates, reads, edits, overwrites and deletes a record", async () => {
  const made = await client.dns.records.create({ ...claw, comment: "public", tags: ["a:b"] });
  expect(made).toMatchObject({
    name,
    ttl: 1,
    proxied: true,
    proxiable: true,
    comment: "public",
    tags: ["a:b"],
  });
  expect(await client.dns.records.get(made.id, { zone_id })).toEqual(made);
  const edited = await client.dns.records.edit(made.id, {
    zone_id,
    name,
    type: "A",
    content: "103.22.205.11",
  });
  expect(edited).toMatchObject({ id: made.id, content: "103.22.205.11", proxied: true, comment: "public" });
  const over = await client.dns.records.update(made.id, { ...claw, proxied: false, ttl: 120 });
  expect(over).toMatchObject({ id: made.id, ttl: 120, proxied: false, comment: null, tags: [] });
  expect(await client.dns.records.delete(made.id, { zone_id })).toEqual({ id: made.id });
  expect(await refusal(client.dns.records.get(made.id, { zone_id }))).toEqual(["NotFoundError", 404, 81044]);
});

it("lists page by page to the last one, by name, type and order", async () => {
  for (const i of [1, 2, 3, 4, 5])
    await client.dns.records.create({ ...claw, name: `h${i}.example.org`, content: `103.22.205.${i}` });
  await client.dns.records.create({
    zone_id,
    type: "TXT",
    name: "h1.example.org",
    content: '"active=prod"',
    ttl: 60,
  });
  expect(await all(client.dns.records.list({ zone_id, per_page: 5 }))).toHaveLength(6);
  const named = await all(
    client.dns.records.list({ zone_id, name: { exact: "h1.example.org" }, type: "TXT" }),
  );
  expect(named).toMatchObject([{ type: "TXT", content: '"active=prod"' }]);
  const page = await client.dns.records.list({
    zone_id,
    per_page: 5,
    page: 2,
    order: "name",
    direction: "desc",
  });
  expect([page.result.length, page.result_info.total_count]).toEqual([1, 6]);
});

it("is refused with the codes of the API, in its own classes", async () => {
  const { records } = client.dns;
  await records.create(claw);
  const create = (more: object): Promise<unknown> => refusal(records.create({ ...claw, ...more }));
  expect(await create({})).toEqual(["BadRequestError", 400, 81058]);
  expect(await create({ type: "CNAME", content: "x.example.org" })).toEqual(["BadRequestError", 400, 81053]);
  expect(await create({ name: "x.example.org", content: "nowhere" })).toEqual(["BadRequestError", 400, 9005]);
  const unknown = "0".repeat(32);
  expect(await refusal(all(records.list({ zone_id: unknown })))).toEqual(["NotFoundError", 404, 7003]);
  expect(await refusal(records.delete(unknown, { zone_id }))).toEqual(["NotFoundError", 404, 81044]);
  const reader = clientWith(tokens.read);
  expect(await refusal(reader.dns.records.create({ ...claw, name: "y.example.org" }))).toEqual([
    "PermissionDeniedError",
    403,
    10000,
  ]);
  const nobody = clientWith("n".repeat(40));
  expect(await refusal(all(nobody.zones.list()))).toEqual(["PermissionDeniedError", 403, 9109]);
  expect(await refusal(nobody.user.tokens.verify())).toEqual(["AuthenticationError", 401, 1000]);
  expect(await refusal(all(clientWith("cut short").zones.list()))).toEqual(["BadRequestError", 400, 6003]);
});

it("tries again what it may, and finds its record there when only the answer was lost", async () => {
  const patient = clientWith(tokens.write, { maxRetries: 1 });
  const fault = (body: object): Promise<unknown> =>
    fetch(`${origin}/lab/faults`, { method: "POST", body: JSON.stringify(body) });
  await fault({ status: 429 });
  expect(await refusal(all(client.dns.records.list({ zone_id })))).toEqual(["RateLimitError", 429, 971]);
  await fault({ status: 429 });
  expect(await all(patient.dns.records.list({ zone_id }))).toEqual([]);
  await fault({ status: 500, done: true, method: "POST" });
  expect(await refusal(patient.dns.records.create(claw))).toEqual(["BadRequestError", 400, 81058]);
  expect(await all(client.dns.records.list({ zone_id }))).toHaveLength(1);
});
