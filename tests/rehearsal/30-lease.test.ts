/**
 * A lease on the two hosts of the rehearsal: held, lost, and won again; its guard killed; Docker frozen. No stack is taken over by
 * one here: the lab's are at Hetzner's stand-in, which fences them first. The lease is gone again at the end.
 */
import { leaseMarginSeconds } from "../../config/lease";
import { addresses, endpoints } from "../../lab/internet/addresses";
import { docker } from "../../lab/lib/docker";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { chatTurn, requestsTo } from "../../lab/rehearsal/public";
import { nextServers, pulumiUp, refreshSshConfig } from "../../lab/rehearsal/pulumi";
import { ensureSshIdentity } from "../../lab/rehearsal/ssh";
import { writeStackFile } from "../../lab/rehearsal/stacks";
import { onVps } from "../../lab/rehearsal/vps";
import { followOften, onePoll, saveOften, stacks } from "./failover";
import { eventually } from "./support";

jest.setTimeout(900_000);

const seconds = 60;
const unit = "openclaw-gateway@openclaw.service";

/** Both stacks, with or without a lease. */
async function deploy(more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const sshKey = await ensureSshIdentity();
  await writeStackFile("prod", "active", { mode: "hcloud", sshKey }, more);
  await writeStackFile("standby", "standby", { mode: "hcloud", sshKey: "clawkeep-prod" }, more);
  for (const stack of stacks) await pulumiUp(stack);
}

/** Whoever has the console needs no SSH, and no Docker on the server. */
const onConsole = (script: string): Promise<string> =>
  docker(["exec", "clawkeep-vps-clawkeep-prod", "sh", "-c", script]);
const deaf = `nft add table inet deaf && nft add chain inet deaf out '{ type filter hook output priority 0; }' &&
nft add rule inet deaf out ip daddr ${addresses.admin} tcp dport ${endpoints.cloudflarePort} reject`;
const dockerd = "$(systemctl show --property=MainPID --value docker.service)";
const hearing = "nft delete table inet deaf 2>/dev/null || true";

const check = (stack: string): Promise<string> => onVps(stack, "/opt/openclaw/bin/gateway-lease check");
const state = async (): Promise<string> =>
  (await onVps("prod", `systemctl is-active ${unit} || true`)).trim();

/** Nobody has polled for longer than one poll takes, nor after the moment from which a takeover may serve elsewhere. */
async function expectSilence(deaf: number): Promise<void> {
  const polls = (await requestsTo("telegram"))
    .filter(({ path }) => path.includes("/getUpdates"))
    .map(({ time }) => Date.parse(time));
  const last = Math.max(...polls);
  expect(last).toBeLessThan(Date.now() - onePoll);
  expect(last - deaf).toBeLessThan((seconds + leaseMarginSeconds) * 1000);
}

async function expectServing(words: string): Promise<void> {
  await eventually(words, 240, async () => {
    expect(await chatTurn(`Say: ${words}`)).toContain(words);
  });
  expect(await check("prod")).toMatch(new RegExp(`^holds for \\d+ s more of ${seconds}: prod, epoch \\d+`));
}

beforeAll(async () => {
  await enterLabEnvironment();
  await nextServers("warm");
  await deploy({ "clawkeep:leaseSeconds": seconds });
  await refreshSshConfig();
});
afterAll(async () => {
  await onConsole(`kill -CONT ${dockerd}; ${hearing}`);
  await deploy();
});

test("it is held on prod, holds nobody on the standby, and is in the next snapshot", async () => {
  await expectServing("with a lease");
  expect(await check("standby")).toMatch(/^nothing may run here: prod is recorded as the active stack/);
  await saveOften("prod");
  await followOften("standby");
  await eventually("a snapshot that says so", 240, async () => {
    expect(await onVps("standby", "/opt/openclaw/bin/backup-follow age")).toMatch(/"lease": 60\b/);
  });
});

test("its guard is killed, and is back; the gateway goes on", async () => {
  const since = (): Promise<string> =>
    onVps("prod", `systemctl show --property=ActiveEnterTimestamp --value ${unit}`);
  const before = await since();
  await onVps("prod", "systemctl kill --signal=KILL clawkeep-lease.service; sleep 5");
  await eventually("the guard", 30, async () => expect(await check("prod")).toMatch(/^holds/));
  expect([await since(), await state()]).toEqual([before, "active"]);
});

test("nobody answers: the gateway ends when the lease does, says why, and starts again by itself", async () => {
  const began = Date.now();
  await onVps("prod", deaf);
  await eventually("the gateway has ended", 150, async () => expect(await state()).toBe("inactive"));
  // It had been heard a quarter of the lease ago at most.
  expect(Date.now() - began).toBeGreaterThan(seconds * 700);
  await eventually("nobody polls", 120, () => expectSilence(began));
  expect(await onVps("prod", "journalctl -u clawkeep-lease.service -n 20 -o cat")).toMatch(
    /openclaw of prod end here: for \d+ s nobody has said that prod is the active stack, and its lease is 60 s/,
  );
  await onVps("prod", hearing);
  await expectServing("Cloudflare is back");
});

test("nor does Docker: all the same nobody polls any more", async () => {
  const began = Date.now();
  await onConsole(`kill -STOP ${dockerd} && ${deaf}`);
  await eventually("nobody polls", 240, () => expectSilence(began));
  await onConsole(`kill -CONT ${dockerd}; ${hearing}`);
  await expectServing("Docker is back");
});

test("without the setting there is no guard", async () => {
  await deploy();
  expect(await onVps("prod", "systemctl is-enabled clawkeep-lease.service || true")).toMatch(/^disabled/);
  expect(await onVps("prod", "systemctl is-active clawkeep-lease.service || true")).toMatch(/^inactive/);
});
