/** Token and zone are looked at before anything is bought, and before the record is made. */
import * as pulumi from "@pulumi/pulumi";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { recordIsFree } from "../../components/record-is-free";
import { zoneIsReady } from "../../components/zone-is-ready";
import { CloudflareEmulator } from "../../lab/cloudflare/emulator";
import { zone } from "../../lab/internet/addresses";
import { takeWarnings } from "../fixtures/warnings";

const tokens = { write: "w".repeat(40), read: "r".repeat(40) };
const hostname = `assistant.${zone.name}`;
const other = { id: "0".repeat(31) + "1", name: "example.net" };
const labDir = fs.mkdtempSync(path.join(os.tmpdir(), "clawkeep-zone-"));
const emulator = new CloudflareEmulator({ labDir, tokens });
let origin: string;
const warnings = takeWarnings();

const put = (method: string, below: string, body: object): Promise<Response> =>
  fetch(`${origin}${below}`, {
    ...{ method, body: JSON.stringify(body), headers: { authorization: `Bearer ${tokens.write}` } },
  });
const zones = (body: object): Promise<Response> => put("PUT", "/lab/zones", body);
const record = (in_: string, body: object): Promise<Response> =>
  put("POST", `/client/v4/zones/${in_}/dns_records`, { ttl: 1, proxied: true, ...body });

beforeEach(async () => {
  origin = `http://127.0.0.1:${await emulator.start(0)}`;
  await zones(zone);
  await zones(other);
});
afterEach(async () => {
  const headers = { authorization: `Bearer ${tokens.write}` };
  for (const { id } of [zone, other]) {
    await zones({ id });
    const list = `${origin}/client/v4/zones/${id}/dns_records`;
    const { result } = (await (await fetch(list, { headers })).json()) as { result: { id: string }[] };
    for (const each of result) await fetch(`${list}/${each.id}`, { method: "DELETE", headers });
  }
  await emulator.stop();
});
afterAll(() => fs.rmSync(labDir, { recursive: true }));

const answerOf = (asking: Promise<void>): Promise<string> =>
  asking.then(
    () => "let by",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
interface Stack {
  readonly token?: string;
  readonly id?: string;
  readonly active?: boolean;
  readonly preview?: boolean;
}
const asked = ({ token = tokens.write, id = zone.id, active = true, preview = false }: Stack = {}) =>
  answerOf(
    zoneIsReady(
      {
        ...{ token: pulumi.output(token), baseUrl: `${origin}/client/v4`, stack: "prod" },
        ...{ zone: { ...zone, id }, hostname, active },
      },
      preview,
    ),
  );

describe("before anything is bought", () => {
  it("lets a zone by that is the stack's, and is silent", async () =>
    expect([await asked(), warnings()]).toEqual(["let by", []]));

  it("refuses the id of another zone, where the record would be made under another name", async () => {
    expect(await asked({ id: other.id })).toMatch(
      `is not that of ${zone.name}, but that of ${other.name}: the record of ${hostname} would be made there`,
    );
    expect(await asked({ id: other.id })).toContain(
      "pulumi config set --stack prod --path clawkeep:zone.id ID",
    );
    expect(await asked({ id: other.id, active: false })).toContain("clawkeep:zone.id ID");
  });

  it("knows another zone by its records where the token may not see the zone", async () => {
    await zones({ ...other, closed: true });
    expect(await asked({ id: other.id })).toBe("let by");
    await record(other.id, { type: "A", name: "www", content: "203.0.113.1" });
    expect(await asked({ id: other.id })).toContain("but that of a zone with www.example.net");
  });

  it("lets a token by that may not see the zone, as one for DNS alone", async () => {
    await zones({ ...zone, closed: true });
    await record(zone.id, { type: "A", name: "www", content: "203.0.113.1" });
    expect([await asked(), warnings()]).toEqual(["let by", []]);
  });

  it("refuses a token that may only read, of an active stack", async () => {
    const said = await asked({ token: tokens.read });
    expect(said).toMatch(/cloudflare:apiToken may read the DNS records of example.org, and not change them/);
    expect(said).toContain("pulumi config set --stack prod --secret cloudflare:apiToken");
    expect(said).not.toContain(tokens.read);
    expect(await asked({ token: tokens.read, active: false })).toBe("let by");
  });

  it("refuses a token without rights to the zone, and one that nobody knows", async () => {
    await zones({ ...zone, rights: [], closed: true });
    expect(await asked()).toMatch(
      /403 Authentication error \(10000\)\. cloudflare:apiToken needs the permission/,
    );
    expect(await asked({ token: "x".repeat(40) })).toMatch(
      /403 Invalid access token \(9109\)\. cloudflare:apiToken/,
    );
  });

  it("refuses records that nobody can take over, and leaves one that somebody could to its own turn", async () => {
    await record(zone.id, { type: "CNAME", name: hostname, content: "elsewhere.example.net" });
    expect(await asked()).toMatch(
      /CNAME elsewhere\.example\.net.*Delete what nobody uses.*then pulumi up --stack prod$/s,
    );
    expect(await asked({ active: false })).toBe("let by");
    const list = await fetch(`${origin}/client/v4/zones/${zone.id}/dns_records`, {
      headers: { authorization: `Bearer ${tokens.write}` },
    });
    const [{ id }] = ((await list.json()) as { result: [{ id: string }] }).result;
    await put("PUT", `/client/v4/zones/${zone.id}/dns_records/${id}`, {
      ...{ type: "A", name: hostname, content: "203.0.113.1", ttl: 1, proxied: true },
    });
    expect(await asked()).toBe("let by");
  });

  it("in a preview says it, and lets by; and where Cloudflare cannot be asked, too", async () => {
    expect(await asked({ id: other.id, preview: true })).toBe("let by");
    await put("POST", "/lab/faults", { status: 503 });
    expect(await asked()).toBe("let by");
    expect(warnings()).toEqual([
      expect.stringMatching(/^pulumi up will be refused: clawkeep:zone: the id/),
      expect.stringMatching(/^nobody has looked whether assistant\.example\.org can be made/),
    ]);
  });
});

it("before the record is made the zone is looked at again: a host that was there buys nothing", async () => {
  const urn =
    "urn:pulumi:prod::clawkeep::x$cloudflare:index/dnsRecord:DnsRecord::reverse-proxy-public-record";
  const free = (id: string): Promise<string> =>
    answerOf(
      recordIsFree(
        {
          ...{ token: pulumi.output(tokens.write), baseUrl: `${origin}/client/v4`, hostname },
          ...{
            zoneId: id,
            zoneName: zone.name,
            parent: "reverse-proxy",
            provider: "reverse-proxy-cloudflare",
          },
        },
        urn,
        false,
      ),
    );
  expect(await free(zone.id)).toBe("let by");
  expect(await free(other.id)).toContain("is not that of example.org, but that of example.net");
});
