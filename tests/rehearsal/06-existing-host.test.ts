/**
 * The same program on a host that was there before, from an ordinary developer's machine: a stand-in booted by hand, as bare
 * as it is handed over, with a name of its own. Others are at its packages when the deployment begins.
 */
import { join } from "node:path";
import { handBootedServers4, zone } from "../../lab/internet/addresses";
import { attempt, run } from "../../lab/lib/exec";
import { labDir } from "../../lab/lib/paths";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { pulumi, pulumiUp, tryPulumi } from "../../lab/rehearsal/pulumi";
import { chatTurnAt } from "../../lab/rehearsal/public";
import { ensureSshIdentity } from "../../lab/rehearsal/ssh";
import { boot, destroy } from "../../lab/vps/stand-in";
import { forgetStack, scannedHostKey, writeExistingStack, type ExistingStack } from "./existing-stack";
import { ordinaryLaptop, type Laptop } from "./laptop";
import { eventually } from "./support";

jest.setTimeout(900_000);
let laptop: Laptop;
const server = "by-hand";
const address = handBootedServers4.first;
const hostname = `by-hand.${zone.name}`;
const existing: ExistingStack = { stack: "existing", address, hostname };

const inside = (command: string): Promise<string> =>
  run("docker", ["exec", `clawkeep-vps-${server}`, "bash", "-ec", command]);

/** Takes every lock of apt and dpkg for a minute, as apt's own timers do after a first boot. Then writes down when. */
const othersAtWork = (): Promise<string> =>
  inside(`systemd-run --quiet python3 -c '
import fcntl, time
locks = ["/var/lib/apt/lists/lock", "/var/cache/apt/archives/lock", "/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock"]
held = [open(lock, "w") for lock in locks]
for each in held: fcntl.lockf(each, fcntl.LOCK_EX)
open("/run/others-began", "w").close()
time.sleep(60)
open("/run/others-ended", "w").write(time.strftime("%F %T"))'
until [ -e /run/others-began ]; do sleep 0.2; done`);

async function hostKeyOnceThere(): Promise<string> {
  let key = "";
  await eventually("sshd of the stand-in", 60, async () => {
    key = await scannedHostKey(address);
    expect(key).toMatch(/^ssh-ed25519 AAAA/);
  });
  return key;
}

beforeAll(async () => {
  await enterLabEnvironment();
  // A run that was ended in the middle leaves the state of a server that is gone.
  await forgetStack(existing);
  const authorizedKeys = [await ensureSshIdentity()];
  await boot({ name: server, ipv4: address, disk: "bare", authorizedKeys });
  laptop = await ordinaryLaptop();
});

afterAll(async () => {
  await laptop.close();
  await forgetStack(existing);
  await destroy(server);
});

test("a wrong host key is refused, and nothing was done on the host", async () => {
  await hostKeyOnceThere();
  await run("rm", ["-f", join(labDir(), "ssh", "other"), join(labDir(), "ssh", "other.pub")]);
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(labDir(), "ssh", "other")]);
  const other = await run("cut", ["-d", " ", "-f", "1,2", join(labDir(), "ssh", "other.pub")]);
  await writeExistingStack(existing, other.trim());
  const { outcome } = await tryPulumi("up", ["--stack", "existing", "--yes", "--skip-preview"]);
  expect(outcome.code).not.toBe(0);
  expect(outcome.stdout + outcome.stderr).toMatch(/host key mismatch/);
  const tool = "/opt/openclaw/bin/install-archive";
  const there = await attempt("docker", ["exec", `clawkeep-vps-${server}`, "ls", tool]);
  expect(there.code).not.toBe(0);
});

test("an agent whose eighth key is the right one is refused in a sentence, before any login", async () => {
  await writeExistingStack(existing, await hostKeyOnceThere());
  const logins = "journalctl --unit ssh --quiet --no-pager";
  const before = await inside(logins);
  const up = ["--stack", "existing", "--yes", "--skip-preview"];
  const { outcome } = await tryPulumi("up", up, laptop.manyKeys);
  expect(outcome.code).not.toBe(0);
  expect(outcome.stdout + outcome.stderr).toMatch(
    /holds 8 keys, .* after 6 wrong ones: take an agent for this key alone: .*ssh-add KEYFILE.*\s+Nothing was touched\./,
  );
  expect(await inside(logins)).toBe(before);
});

test("with the right one it deploys, answers a chat turn, and a second up changes nothing", async () => {
  await writeExistingStack(existing, await hostKeyOnceThere());
  await inside("cloud-init status --wait >/dev/null || [ $? = 2 ]");
  await othersAtWork();
  await pulumiUp("existing");
  const [ended = "", installed = ""] = (
    await inside("cat /run/others-ended; echo; grep -h ' install docker.io' /var/log/dpkg.log | cut -c 1-19")
  ).split("\n");
  expect(installed > ended && ended !== "").toBe(true);
  await eventually("a chat turn at the host by hand", 60, async () => {
    expect(await chatTurnAt(hostname, "Say: an existing host")).toContain("an existing host");
  });
  await pulumi("up", ["--stack", "existing", "--yes", "--skip-preview", "--expect-no-changes"]);
});

test("nothing of the developer's own ssh configuration played a part", () => {
  expect(laptop.traces()).toEqual([]);
});
