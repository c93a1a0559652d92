/** A record that is there already is seen before a stack makes its own, and by `make verify`. */
import * as pulumi from "@pulumi/pulumi";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { recordIsFree } from "../../components/record-is-free";
import { awaitRestoreVariable } from "../../config/await-restore";
import { CloudRefuses } from "../../config/cloud-question";
import { recordsOfName } from "../../config/dns-records";
import { importCommand, importPlace } from "../../config/import-command";
import { CloudflareEmulator } from "../../lab/cloudflare/emulator";
import { zone } from "../../lab/internet/addresses";
import { nameRows } from "../../tools/verify/name";
import { verify } from "../../tools/verify/row";
import type { DeployedStack } from "../../tools/verify/deployed-stack";
import { takeWarnings } from "../fixtures/warnings";

const tokens = { write: "w".repeat(40), read: "r".repeat(40) };
const hostname = "assistant.example.org";
const ours = { type: "A", name: hostname, content: "203.0.113.10", ttl: 1, proxied: true };
const parents = { parent: "reverse-proxy", provider: "reverse-proxy-cloudflare" };
const component = "urn:pulumi:prod::clawkeep::clawkeep:index:ReverseProxy";
const urn = `${component}$cloudflare:index/dnsRecord:DnsRecord::reverse-proxy-public-record`;
const labDir = fs.mkdtempSync(path.join(os.tmpdir(), "clawkeep-dns-records-"));
const emulator = new CloudflareEmulator({ labDir, tokens });
let origin: string;
const warnings = takeWarnings();

const api = (token = tokens.write) => ({ token, baseUrl: `${origin}/client/v4` });
async function call(method: string, below = "", body?: object): Promise<string> {
  const answer = await fetch(`${origin}/client/v4/zones/${zone.id}/dns_records${below}`, {
    method,
    headers: { authorization: `Bearer ${tokens.write}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return ((await answer.json()) as { result: { id: string } }).result.id;
}
const fault = (body: object): Promise<unknown> =>
  fetch(`${origin}/lab/faults`, { method: "POST", body: JSON.stringify(body) });

beforeAll(async () => {
  origin = `http://127.0.0.1:${await emulator.start(0)}`;
});
afterEach(async () => {
  await fetch(`${origin}/lab/faults`, { method: "DELETE" });
  for (const { id } of await recordsOfName(api(), zone.id, hostname)) await call("DELETE", `/${id}`);
});
afterAll(async () => {
  await emulator.stop();
  fs.rmSync(labDir, { recursive: true });
});

/** The hook of the record; `preview` as the engine's first half of an `up`. */
const asked = (preview = false, more: object = {}): Promise<string> =>
  recordIsFree(
    {
      ...{ token: pulumi.output(tokens.write), baseUrl: `${origin}/client/v4`, zoneId: zone.id, hostname },
      ...parents,
      ...more,
    },
    urn,
    preview,
  ).then(
    () => "let by",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

describe("before a stack makes its record", () => {
  it("lets by a name that nobody has, whatever else has no part in it", async () => {
    await call("POST", "", { ...ours, name: "other.example.org" });
    await call("POST", "", { type: "TXT", name: hostname, content: "hello", ttl: 60 });
    expect([await asked(), warnings()]).toEqual(["let by", []]);
  });

  it.each(["203.0.113.10", "198.51.100.7"])(
    "refuses where there is one to %s, with both ways on",
    async (content) => {
      const id = await call("POST", "", { ...ours, content });
      const said = await asked();
      expect(said).toContain(`does not know: A ${content} (proxied).`);
      expect(said).toContain("delete at Cloudflare (DNS, Records), and run pulumi up --stack prod again");
      expect(said).toContain(
        "To take it over, while the name answers: " +
          `pulumi import --stack prod --generate-code=false --parent 'reverse-proxy=${component}::reverse-proxy' ` +
          `--provider 'reverse-proxy-cloudflare=${component}$pulumi:providers:cloudflare::reverse-proxy-cloudflare' ` +
          `cloudflare:index/dnsRecord:DnsRecord reverse-proxy-public-record ${zone.id}/${id} && pulumi up --stack prod`,
      );
      expect(said).not.toContain(tokens.write);
    },
  );

  it("in a cold restore says that command again, and not pulumi up", async () => {
    await call("POST", "", ours);
    process.env[awaitRestoreVariable] = "1";
    try {
      const said = await asked();
      expect(said).toMatch(/&& make restore STACK=prod COLD=1$/);
      expect(said).not.toContain("pulumi up");
    } finally {
      process.env[awaitRestoreVariable] = "";
    }
  });

  it("offers to take over none that would have to be another", async () => {
    await call("POST", "", { ...ours, type: "CNAME", content: "elsewhere.example.net" });
    const said = await asked();
    expect(said).toContain("CNAME elsewhere.example.net (proxied)");
    expect(said).not.toContain("pulumi import");
  });

  it("of several says which, and that the rest goes first", async () => {
    await call("POST", "", { ...ours, type: "AAAA", content: "2001:db8::1" });
    await call("POST", "", ours);
    expect(await asked()).toMatch(
      /To take A 203\.0\.113\.10 \(proxied\) over.*\(all others have to be deleted first\)$/,
    );
  });

  it("in a preview says what would be refused, and lets by", async () => {
    await call("POST", "", ours);
    expect(await asked(true)).toBe("let by");
    expect(warnings()).toEqual([expect.stringMatching(/^pulumi up will be refused: .*pulumi import/)]);
  });

  it.each([
    [
      "token",
      { token: pulumi.output("x".repeat(40)) },
      /403 Invalid access token \(9109\).*cloudflare:apiToken needs/,
    ],
    ["zone", { zoneId: "0".repeat(32) }, /404 .*\(7003\).*clawkeep:zone$/],
  ])("refuses a wrong %s by name, and warns of it in a preview", async (_, more, reason) => {
    expect(await asked(false, more)).toMatch(reason);
    expect([await asked(true, more), warnings()]).toEqual(["let by", [expect.stringMatching(reason)]]);
  });

  it.each([503, 429, "drop"])(
    "lets by where Cloudflare cannot be asked now (%s), and says so",
    async (status) => {
      await call("POST", "", ours);
      await fault({ status });
      expect(await asked()).toBe("let by");
      expect(warnings()).toEqual([
        expect.stringMatching(/^nobody has looked whether assistant\.example\.org/),
      ]);
    },
  );
});

it("a token that may only read may ask, and one that may nothing is told what it needs", async () => {
  await call("POST", "", ours);
  expect(await recordsOfName(api(tokens.read), zone.id, hostname)).toMatchObject([{ content: ours.content }]);
  await expect(recordsOfName(api("x".repeat(40)), zone.id, hostname)).rejects.toThrow(CloudRefuses);
});

describe("make verify", () => {
  const row = async (cloudflare: object | undefined = api()): Promise<string[]> => {
    const settings = { hostname, zone: { id: zone.id } };
    const deployed = { settings, cloudflare, ipv4: ours.content } as unknown as DeployedStack;
    return (await verify(deployed, nameRows(deployed))).map(
      ({ ok, detail }) => `${ok ? "ok" : "failed"}: ${detail}`,
    );
  };

  it("holds for one record, this host's, behind Cloudflare", async () => {
    await call("POST", "", ours);
    expect(await row()).toEqual(["ok: A 203.0.113.10 (proxied)"]);
  });

  it.each([
    ["another address beside it", [ours, { ...ours, content: "198.51.100.7" }]],
    ["an IPv6 address beside it", [ours, { ...ours, type: "AAAA", content: "2001:db8::1" }]],
    ["another address alone", [{ ...ours, content: "198.51.100.7" }]],
    ["no proxy before it", [{ ...ours, proxied: false }]],
    ["no record", []],
  ])("falls short with %s", async (_, records) => {
    for (const record of records) await call("POST", "", record);
    expect(await row()).toEqual([
      expect.stringMatching(/^failed: Cloudflare has .*not A 203\.0\.113\.10 \(proxied\) alone/),
    ]);
  });

  it("falls short where it cannot ask", async () => {
    await fault({ status: 503 });
    expect(await row()).toEqual(["failed: Cloudflare answers 503"]);
  });
});

it("operating says the command that the refusal says", () => {
  const text = fs.readFileSync(path.join(__dirname, "../../docs/operating.md"), "utf8");
  const command = importCommand(importPlace(urn, parents), "ZONE/RECORD");
  expect(text.replaceAll(/ \\\n\s+/g, " ")).toContain(`    ${command}\n`);
});
