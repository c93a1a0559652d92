/**
 * A host that was there before, with sshd as it came, far away: every byte takes 20 ms each way, and 64 operations are
 * under way side by side. Then its SSH moves to another port. From an ordinary developer's machine.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { handBootedServers4, zone } from "../../lab/internet/addresses";
import { inspect } from "../../lab/lib/docker";
import { attempt, run } from "../../lab/lib/exec";
import { repoDir } from "../../lab/lib/paths";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { pulumi, tryPulumi } from "../../lab/rehearsal/pulumi";
import { chatTurnAt } from "../../lab/rehearsal/public";
import { ensureSshIdentity } from "../../lab/rehearsal/ssh";
import { boot, destroy } from "../../lab/vps/stand-in";
import { forgetStack, scannedHostKey, writeExistingStack, type ExistingStack } from "./existing-stack";
import { ordinaryLaptop, type Laptop } from "./laptop";
import { eventually } from "./support";

jest.setTimeout(900_000);
const server = "far-away";
const stack = "far";
const address = handBootedServers4.first.replace(/\d+$/, "12");
const hostname = `far.${zone.name}`;
const existing: ExistingStack = { stack, address, hostname };
/** Where the relay stands; sshd itself stays on 22. */
const ports = { far: 2222, moved: 2022 } as const;
const wide = ["--parallel", "64"];
let laptop: Laptop;
let relay: ChildProcess;

const inside = (command: string): Promise<string> =>
  run("docker", ["exec", `clawkeep-vps-${server}`, "bash", "-ec", command]);

/** In the server's own network, in front of its sshd. */
async function startRelay(): Promise<void> {
  const pid = (await inspect("container", `clawkeep-vps-${server}`, "{{.State.Pid}}")) ?? "";
  const program = [process.execPath, "--import", "tsx", join(repoDir, "lab/lib/slow-relay.ts")];
  relay = spawn("nsenter", ["--target", pid, "--net", ...program, String(ports.far), "22", "20"], {
    cwd: repoDir,
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise<void>((resolve, reject) => {
    relay.stdout?.once("data", () => resolve());
    relay.once("exit", (code) => reject(new Error(`the relay ended with ${code}`)));
  });
}

beforeAll(async () => {
  await enterLabEnvironment();
  // A run that was ended in the middle leaves the state of a server that is gone.
  await forgetStack(existing);
  await boot({ name: server, ipv4: address, disk: "warm", authorizedKeys: [await ensureSshIdentity()] });
  await eventually("sshd", 60, async () => {
    expect(await inside("sshd -T")).toMatch(/^maxstartups 10:30:100$/m);
    await inside("systemctl is-active --quiet ssh");
  });
  await startRelay();
  laptop = await ordinaryLaptop();
  await writeExistingStack(existing, await scannedHostKey(address, ports.far), { sshPort: ports.far });
});

afterAll(async () => {
  relay.kill();
  await laptop.close();
  await forgetStack(existing);
  await destroy(server);
});

/** sshd's own words about logins that it dropped because there were too many in progress. */
const dropped = async (): Promise<string[]> =>
  (await inside("journalctl --unit ssh --no-pager"))
    .split("\n")
    .filter((line) => /throttling|drop connection/.test(line));

test("the distance is there: a login takes its many round trips", async () => {
  const started = Date.now();
  const env = { SSH_AUTH_SOCK: process.env["SSH_AUTH_SOCK"] ?? "" };
  const options = ["-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"];
  await run("ssh", [...options, "-p", String(ports.far), `root@${address}`, "true"], { env });
  expect(Date.now() - started).toBeGreaterThan(250);
});

test("up, 64 side by side, first try: no login is dropped, and a chat turn is answered", async () => {
  await pulumi("up", ["--stack", stack, "--yes", "--skip-preview", ...wide]);
  expect(await dropped()).toEqual([]);
  const logins = await inside("journalctl --unit ssh --no-pager | grep -c 'Accepted publickey'");
  expect(Number(logins)).toBeGreaterThan(50);
  await eventually("a chat turn", 60, async () => {
    expect(await chatTurnAt(hostname, "Say: far away")).toContain("far away");
  });
});

test("refresh and an up without changes, 64 side by side", async () => {
  await pulumi("refresh", ["--stack", stack, "--yes", "--skip-preview", ...wide]);
  await pulumi("up", ["--stack", stack, "--yes", "--skip-preview", "--expect-no-changes", ...wide]);
  expect(await dropped()).toEqual([]);
});

test("another port that nobody answers on is refused by the first login, and nothing is touched", async () => {
  const look = "nft list table inet clawkeep | wc -l; ls -lc /opt/openclaw/bin; docker ps --no-trunc --quiet";
  const before = await inside(look);
  const key = ["--path", "clawkeep:host.sshPort"];
  await run("pulumi", ["config", "set", "--stack", stack, ...key, String(ports.moved)]);
  const { outcome } = await tryPulumi("up", ["--stack", stack, "--yes", "--skip-preview", ...wide]);
  expect(outcome.code).not.toBe(0);
  expect(outcome.stdout + outcome.stderr).toMatch(/failed attempts: dial tcp/);
  expect(await inside(look)).toBe(before);
});

test("SSH moves to another port as docs/operating.md says: the new one is proven before the old one closes", async () => {
  // On the host.
  await inside(`printf 'Port 22\nPort ${ports.moved}\n' >/etc/ssh/sshd_config.d/10-port.conf
systemctl reload ssh
nft insert rule inet clawkeep input tcp dport ${ports.moved} accept`);
  await pulumi("up", ["--stack", stack, "--yes", "--skip-preview", ...wide]);
  // What is left of the old one.
  await inside(`echo 'Port ${ports.moved}' >/etc/ssh/sshd_config.d/10-port.conf; systemctl reload ssh`);
  await pulumi("up", ["--stack", stack, "--yes", "--skip-preview", "--expect-no-changes"]);
  await pulumi("preview", ["--stack", stack, "--refresh", "--expect-no-changes"]);
  expect((await attempt("ssh-keyscan", ["-T", "3", "-p", String(ports.far), address])).stdout).toBe("");
});

test("destroy, 64 side by side", async () => {
  await pulumi("destroy", ["--stack", stack, "--yes", "--skip-preview", "--exclude-protected", ...wide]);
  expect((await inside("docker ps -aq")).trim()).toBe("");
  expect(await dropped()).toEqual([]);
});

test("nothing of the developer's own ssh configuration played a part", () => {
  expect(laptop.traces()).toEqual([]);
});
