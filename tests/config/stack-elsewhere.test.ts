/** With the token of another project everything looks gone: a stack that serves there is not made a second time. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { elsewhereProblem, scannedKeys, type HostKeysAt } from "../../config/stack-elsewhere";
import { CloudflareEmulator } from "../../lab/cloudflare/emulator";
import { zone } from "../../lab/internet/addresses";
import { Harness, tokens as hetznerTokens } from "../lab/hetzner/harness";

jest.setTimeout(30_000);
const [project, otherProject] = [new Harness(), new Harness()];
const labDir = fs.mkdtempSync(path.join(os.tmpdir(), "clawkeep-elsewhere-"));
const token = "w".repeat(40);
const cloudflare = new CloudflareEmulator({ labDir, tokens: { write: token, read: "r".repeat(40) } });
const hostname = `assistant.${zone.name}`;
const ours = "ssh-ed25519 AAAAours";
let baseUrl = "";
let address = "";

beforeAll(async () => {
  await project.start();
  await otherProject.start();
  baseUrl = `http://127.0.0.1:${await cloudflare.start(0)}/client/v4`;
  const { body } = await project.post("/primary_ips", {
    ...{ name: "clawkeep-prod", type: "ipv4", assignee_type: "server", auto_delete: false, location: "fsn1" },
  });
  address = (body as { primary_ip: { ip: string } }).primary_ip.ip;
});
afterAll(async () => {
  await project.stop();
  await otherProject.stop();
  await cloudflare.stop();
  fs.rmSync(labDir, { recursive: true });
});

const asked = (
  lab: Harness,
  keysAt: HostKeysAt,
  hostKey: string | undefined = ours,
): Promise<string | undefined> =>
  elsewhereProblem(
    {
      hetzner: { token: hetznerTokens.write, endpoint: `${lab.origin}/v1` },
      cloudflare: { token, baseUrl },
    },
    { stack: "prod", zoneId: zone.id, hostname, sshPort: 9922, hostKey: () => Promise.resolve(hostKey) },
    keysAt,
  );
const answersWith =
  (line: string): HostKeysAt =>
  (at, port) =>
    Promise.resolve(at === address && port === 9922 ? [line] : []);

it("lets a name without a record by", async () =>
  expect(await asked(otherProject, answersWith(ours))).toBeUndefined());

describe("where the name points at an address of another project", () => {
  beforeAll(async () => {
    await fetch(`${baseUrl}/zones/${zone.id}/dns_records`, {
      ...{ method: "POST", headers: { authorization: `Bearer ${token}` } },
      body: JSON.stringify({ type: "A", name: hostname, content: address, ttl: 1, proxied: true }),
    });
  });

  it("refuses while the stack's own server answers there", async () => {
    const said = await asked(otherProject, answersWith(ours));
    expect(said).toContain(`points at ${address}, where this stack's own server answers`);
    expect(said).toContain("pulumi config set --stack prod --secret hcloud:token");
  });

  it("lets by where nobody answers, or another server: the stack was lost, or its address is gone", async () => {
    expect(await asked(otherProject, answersWith("ssh-ed25519 AAAAothers"))).toBeUndefined();
    expect(await asked(otherProject, () => Promise.resolve([]))).toBeUndefined();
  });

  it("lets the token of that project by, whoever answers", async () =>
    expect(await asked(project, answersWith(ours))).toBeUndefined());
});

it("asks a host for its keys by ssh-keyscan, and hears nothing where nobody answers", async () => {
  expect(await scannedKeys("127.0.0.1", 9)).toEqual([]);
  const bin = fs.mkdtempSync(path.join(os.tmpdir(), "clawkeep-scan-"));
  const script =
    "#!/bin/sh\necho '# 203.0.113.1:9922 SSH-2.0'\necho \"[203.0.113.1]:$6 ssh-ed25519 AAAAours\"\n";
  fs.writeFileSync(path.join(bin, "ssh-keyscan"), script, { mode: 0o755 });
  const before = process.env["PATH"];
  process.env["PATH"] = `${bin}:${before ?? ""}`;
  try {
    expect(await scannedKeys("203.0.113.1", 9922)).toEqual([ours]);
  } finally {
    process.env["PATH"] = before;
    fs.rmSync(bin, { recursive: true });
  }
});
