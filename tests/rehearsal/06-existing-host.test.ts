/**
 * The same program on a host that was there before, from an ordinary developer's machine: a stand-in booted by hand, with
 * a name of its own.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { endpoints, handBootedServers4, zone } from "../../lab/internet/addresses";
import { issueCertificate } from "../../lab/lib/ca";
import { attempt, run } from "../../lab/lib/exec";
import { labDir } from "../../lab/lib/paths";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { pulumi, pulumiUp, tryPulumi } from "../../lab/rehearsal/pulumi";
import { chatTurnAt } from "../../lab/rehearsal/public";
import { ensureSshIdentity } from "../../lab/rehearsal/ssh";
import { writeStackFile } from "../../lab/rehearsal/stacks";
import { boot, destroy } from "../../lab/vps/stand-in";
import { ordinaryLaptop, type Laptop } from "./laptop";
import { eventually } from "./support";

jest.setTimeout(900_000);
let laptop: Laptop;
const server = "by-hand";
const address = handBootedServers4.first;
const hostname = `by-hand.${zone.name}`;

/** What `ssh-keyscan` prints, as the refusal of a missing host key tells people to get it. */
async function scannedHostKey(): Promise<string> {
  let key = "";
  await eventually("sshd of the stand-in", 60, async () => {
    const line = await run("ssh-keyscan", ["-T", "3", "-t", "ed25519", address]);
    key = line.trim().split(" ").slice(1, 3).join(" ");
    expect(key).toMatch(/^ssh-ed25519 AAAA/);
  });
  return key;
}

async function writeExisting(hostKey: string): Promise<void> {
  const origin = await issueCertificate("by-hand", [hostname]);
  await writeStackFile(
    "existing",
    "active",
    { mode: "existing", address, sshPort: 22, hostKey },
    {
      "clawkeep:hostname": hostname,
      "clawkeep:originCertificate": readFileSync(origin.cert, "utf8"),
      // Without Telegram: a bot has one gateway at every moment, and prod's has it.
      "clawkeep:gateways": [{ name: "openclaw", httpApi: true }],
    },
    {
      "clawkeep:originKey": readFileSync(origin.key, "utf8"),
      "clawkeep:telegramBotToken-openclaw": undefined,
    },
  );
}

/** The record is protected and stays when the stack is forgotten; the next run of this test declares it again. */
async function forgetRecord(): Promise<void> {
  const file = join(labDir(), "cloudflare", "tokens.json");
  const { write } = JSON.parse(readFileSync(file, "utf8")) as { write: string };
  const call = (method: string, path: string): Promise<Response> =>
    fetch(`${endpoints.cloudflare}/zones/${zone.id}/dns_records${path}`, {
      method,
      headers: { authorization: `Bearer ${write}` },
    });
  const { result } = (await (await call("GET", `?name=${hostname}`)).json()) as { result: { id: string }[] };
  for (const { id } of result) await call("DELETE", `/${id}`);
}

beforeAll(async () => {
  await enterLabEnvironment();
  await forgetRecord();
  const authorizedKeys = [await ensureSshIdentity()];
  await boot({ name: server, ipv4: address, disk: "warm", authorizedKeys });
  laptop = await ordinaryLaptop();
});

afterAll(async () => {
  await laptop.close();
  await attempt("pulumi", ["stack", "rm", "--stack", "existing", "--force", "--yes"]);
  await forgetRecord();
  await attempt("rm", ["-f", join(labDir(), "run", "stack-existing.json")]);
  await destroy(server);
});

test("a wrong host key is refused, and nothing was done on the host", async () => {
  await scannedHostKey();
  await run("rm", ["-f", join(labDir(), "ssh", "other"), join(labDir(), "ssh", "other.pub")]);
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(labDir(), "ssh", "other")]);
  const other = await run("cut", ["-d", " ", "-f", "1,2", join(labDir(), "ssh", "other.pub")]);
  await writeExisting(other.trim());
  const { outcome } = await tryPulumi("up", ["--stack", "existing", "--yes", "--skip-preview"]);
  expect(outcome.code).not.toBe(0);
  expect(outcome.stdout + outcome.stderr).toMatch(/host key mismatch/);
  const tool = "/opt/openclaw/bin/install-archive";
  const there = await attempt("docker", ["exec", `clawkeep-vps-${server}`, "ls", tool]);
  expect(there.code).not.toBe(0);
});

test("an agent whose eighth key is the right one is refused in a sentence, before any login", async () => {
  await writeExisting(await scannedHostKey());
  const journal = ["exec", `clawkeep-vps-${server}`, "journalctl", "--unit", "ssh", "--quiet", "--no-pager"];
  const before = await run("docker", journal);
  const up = ["--stack", "existing", "--yes", "--skip-preview"];
  const { outcome } = await tryPulumi("up", up, laptop.manyKeys);
  expect(outcome.code).not.toBe(0);
  expect(outcome.stdout + outcome.stderr).toMatch(
    /holds 8 keys, .* after 6 wrong ones: take an agent for this key alone: .*ssh-add KEYFILE.*\s+Nothing was touched\./,
  );
  expect(await run("docker", journal)).toBe(before);
});

test("with the right one it deploys, answers a chat turn, and a second up changes nothing", async () => {
  await writeExisting(await scannedHostKey());
  await pulumiUp("existing");
  await eventually("a chat turn at the host by hand", 60, async () => {
    expect(await chatTurnAt(hostname, "Say: an existing host")).toContain("an existing host");
  });
  await pulumi("up", ["--stack", "existing", "--yes", "--skip-preview", "--expect-no-changes"]);
});

test("nothing of the developer's own ssh configuration played a part", () => {
  expect(laptop.traces()).toEqual([]);
});
