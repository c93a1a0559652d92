/** The stand-in for the `cloudflare` provider, driven by the true engine against a small record store. */
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { importCommand, importPlace } from "../../../config/import-command";
import { ensureToolchain, isSecret, Project, toolchainTimeout, type Result } from "./project";
import { unreadable } from "./true-shapes";

jest.setTimeout(120_000);

const token = "t".repeat(40);
type Fields = Record<string, unknown>;

/** Records by id, and every call as "METHOD path". */
const records = new Map<string, Fields>();
const calls: string[] = [];
const bodies: Fields[] = [];
let failNext: number[] = [];

const server = http.createServer((request, response) => {
  let text = "";
  request.on("data", (part: Buffer) => (text += part.toString()));
  request.on("end", () => {
    calls.push(`${request.method} ${request.url}`);
    const [status, result, message] = answer(request, text);
    response.writeHead(status, { "Content-Type": "application/json" });
    const errors = message ? [{ code: 1000 + status, message }] : [];
    response.end(JSON.stringify({ success: status < 300, errors, messages: [], result }));
  });
});

function answer(request: http.IncomingMessage, text: string): [number, Fields | Fields[] | null, string?] {
  const failure = failNext.shift();
  if (failure) return [failure, null, "not now"];
  if (request.headers.authorization !== `Bearer ${token}`) return [403, null, "Authentication error"];
  const [, listed] =
    /^\/client\/v4\/zones\/z1\/dns_records\?name\.exact=([^&]+)/.exec(request.url ?? "") ?? [];
  if (listed !== undefined) return [200, [...records.values()].filter(({ name }) => name === listed)];
  const [, zone, id] = /^\/client\/v4\/zones\/(\w+)\/dns_records(?:\/(\w+))?$/.exec(request.url ?? "") ?? [];
  if (!zone) return [400, null, "No route"];
  if (request.method !== "POST" && !records.has(id ?? "")) return [404, null, "Record does not exist"];
  if (request.method === "GET") return [200, records.get(id ?? "") ?? null];
  if (request.method === "DELETE") {
    records.delete(id ?? "");
    return [200, { id }];
  }
  const body = JSON.parse(text) as Fields;
  bodies.push(body);
  const record = {
    ...{ settings: {}, tags: [], meta: {} },
    ...body,
    id: id ?? `r${records.size + 1}`,
    created_on: "2026-01-01T00:00:00Z",
    proxiable: true,
  };
  records.set(record.id, record);
  return [200, record];
}

let project: Project;

/** A program with one record; `extra` overrides its arguments, `options` its resource options. */
function programOf(extra: Fields = {}, options = ""): string {
  const record = {
    zoneId: "z1",
    name: "bot.example.org",
    type: "A",
    content: "192.0.2.1",
    ttl: 1,
    proxied: true,
  };
  const { port } = server.address() as AddressInfo;
  return `
    const provider = new cloudflare.Provider("cf", {
      apiToken: "${token}", baseUrl: "http://127.0.0.1:${port}/client/v4" });
    const record = new cloudflare.DnsRecord("record", ${JSON.stringify({ ...record, ...extra })}, { provider, ${options} });
    exports.created = record.createdOn;`;
}

/** Runs `step` and returns the calls that the API received from it. */
async function callsOf(step: () => Promise<unknown>): Promise<string[]> {
  calls.length = 0;
  await step();
  return [...calls];
}

beforeAll(async () => {
  ensureToolchain();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Pauses between tries in hundredths: what they are like is shown beside this, without an engine.
  project = new Project({ CLAWKEEP_STAND_IN_SECOND: "10ms" });
  await project.init();
}, toolchainTimeout);

afterAll(() => {
  server.close();
  project.remove();
});

const collection = "/client/v4/zones/z1/dns_records";

test("creates with the API's names and keeps the token secret", async () => {
  project.program(programOf({ settings: { flattenCname: false } }));
  failNext = [503]; // The first attempt is refused for the moment: it is repeated.
  expect(await callsOf(() => project.up())).toEqual([`POST ${collection}`, `POST ${collection}`]);
  expect(bodies).toEqual([
    {
      ...{ name: "bot.example.org", type: "A", content: "192.0.2.1", ttl: 1, proxied: true },
      settings: { flatten_cname: false },
    },
  ]);
  expect((await project.outputs())["created"]).toBe("2026-01-01T00:00:00Z");
  expect(isSecret((await project.state("cf"))?.inputs?.["apiToken"])).toBe(true);
});

test("nothing is planned when nothing changed, also after a refresh; a preview alone asks nothing", async () => {
  expect(await callsOf(() => project.expect("preview", "--expect-no-changes"))).toEqual([]);
  const asked = await callsOf(() => project.expect("preview", "--refresh", "--expect-no-changes"));
  expect(asked).toEqual([`GET ${collection}/r1`]);
});

test("changes in place, and repairs what was changed or deleted behind its back", async () => {
  project.program(programOf({ content: "192.0.2.2" }));
  expect(await callsOf(() => project.up())).toEqual([`PUT ${collection}/r1`]);
  records.set("r1", { ...records.get("r1"), content: "203.0.113.9" });
  expect(await callsOf(() => project.up("--refresh"))).toEqual([
    `GET ${collection}/r1`,
    `PUT ${collection}/r1`,
  ]);
  expect(records.get("r1")).toMatchObject({ content: "192.0.2.2" });
  records.delete("r1");
  expect(await callsOf(() => project.up("--refresh"))).toEqual([
    `GET ${collection}/r1`,
    `POST ${collection}`,
  ]);
});

test("another zone is another record", async () => {
  project.program(programOf({ zoneId: "z2" }));
  expect((await project.plan()).get("record")).toBe("replace");
});

test("takes over a record that exists", async () => {
  await project.expect("state", "delete", "--yes", (await project.state("record"))?.urn ?? "");
  project.program(programOf({ content: "192.0.2.2" }, 'import: "z1/r1"'));
  expect((await project.plan()).get("record")).toBe("import");
  await project.up();
  await project.expect("preview", "--expect-no-changes");
  expect([...records.keys()]).toEqual(["r1"]);
});

test("an error is what the API answered", async () => {
  project.program(programOf({ content: "192.0.2.3" }));
  failNext = [400];
  const { code, text } = await project.pulumi("up", "--yes", "--skip-preview");
  expect(code).not.toBe(0);
  expect(text).toMatch(/failed to make http request: PUT "http:.*r1": 400 Bad Request \{.*not now/);
});

test("refuses what the npm types do not declare and what it would not send", async () => {
  project.program(programOf({ settings: { flatten: true }, privateRouting: true, ttl: "1" }));
  const { code, text } = await project.pulumi("preview");
  expect(code).not.toBe(0);
  expect(text).toContain('has no property "settings.flatten"');
  expect(text).toContain("has no privateRouting");
  expect(text).toContain("ttl must be of kind number");
});

test("destroy fails when the record is gone already, until a refresh has seen it", async () => {
  records.clear();
  const destroy = (): Promise<Result> => project.pulumi("destroy", "--yes", "--skip-preview");
  expect((await destroy()).text).toMatch(/404 Not Found/);
  expect((await project.expect("refresh", "--yes")).text).toContain("Resource not found");
  expect((await destroy()).code).toBe(0);
});

test("what the engine has stored the true plugin could read", async () => {
  project.program(programOf());
  await project.up();
  const { outputs } = (await project.state("record")) ?? {};
  const type = "cloudflare:index/dnsRecord:DnsRecord";
  const { looked, wrong } = unreadable([{ type, ...(outputs === undefined ? {} : { outputs }) }]);
  // The record store beside this has ids of its own.
  expect([looked, wrong]).toEqual([1, [expect.stringContaining("is not an id of Cloudflare's")]]);
});

test("the command that takes a record over works as it is said, and the next up writes into it", async () => {
  const names = { parent: "reverse-proxy", provider: "reverse-proxy-cloudflare" };
  const program = (record: string): string => `
    const proxy = new pulumi.ComponentResource("clawkeep:index:ReverseProxy", "${names.parent}", {});
    const provider = new cloudflare.Provider("${names.provider}", { apiToken: "${token}",
      baseUrl: "http://127.0.0.1:${(server.address() as AddressInfo).port}/client/v4" }, { parent: proxy });
    ${record}`;
  project.program(program(""));
  await project.up();
  // As a refused first up leaves it: everything but the record is in the state.
  const fields = { name: "bot.example.org", type: "A", content: "198.51.100.7", ttl: 1, proxied: true };
  records.set("r9", {
    ...fields,
    id: "r9",
    settings: {},
    tags: [],
    meta: {},
    created_on: "2026-01-01T00:00:00Z",
  });
  const type = "clawkeep:index:ReverseProxy$cloudflare:index/dnsRecord:DnsRecord";
  const place = importPlace(`urn:pulumi:test::test::${type}::public-record`, names);
  const [, ...args] = importCommand(place, "z1/r9").replaceAll("'", "").split(" ");
  await project.expect(...args, "--yes");
  project.program(
    program(`new cloudflare.DnsRecord("public-record", ${JSON.stringify({ zoneId: "z1", ...fields, content: "192.0.2.1" })},
      { parent: proxy, provider, protect: true, retainOnDelete: true });`),
  );
  expect((await project.plan()).get("public-record")).toBe("update");
  expect(await callsOf(() => project.up())).toEqual([`PUT ${collection}/r9`]);
  expect(records.get("r9")).toMatchObject({ content: "192.0.2.1" });
  await project.expect("preview", "--refresh", "--expect-no-changes");
});

test("a second record of the name: a preview warns, an up refuses before it asks for one", async () => {
  await project.expect("state", "unprotect", "--all", "--yes");
  await project.expect("destroy", "--yes", "--skip-preview");
  const hook = path.join(__dirname, "../../../components/record-is-free");
  project.program(
    `require("tsx/cjs");
    const { recordHook } = require(${JSON.stringify(hook)});
    const baseUrl = "http://127.0.0.1:${(server.address() as AddressInfo).port}/client/v4";
    const free = recordHook({ token: pulumi.output("${token}"), baseUrl, zoneId: "z1", hostname: "bot.example.org",
      parent: "reverse-proxy", provider: "cf" });
    ${programOf({}, "hooks: { beforeCreate: [free] }")}`,
  );
  const flat = (text: string): string => text.replace(/\s+/g, " ");
  records.clear();
  records.set("r9", { id: "r9", name: "bot.example.org", type: "A", content: "198.51.100.7", proxied: true });
  const sentence =
    /bot\.example\.org has DNS records .* A 198\.51\.100\.7 \(proxied\).* pulumi import --stack test/;
  const preview = await project.expect("preview");
  expect(flat(preview.text)).toMatch(new RegExp(`pulumi up will be refused: ${sentence.source}`));
  const asked = await callsOf(async () => {
    const { code, text } = await project.pulumi("up", "--yes", "--skip-preview");
    expect(code).not.toBe(0);
    expect(flat(text)).toMatch(sentence);
  });
  expect(asked).toEqual([`GET ${collection}?name.exact=bot.example.org&per_page=100`]);
  records.clear();
  await project.up();
  await project.expect("preview", "--expect-no-changes");
});
