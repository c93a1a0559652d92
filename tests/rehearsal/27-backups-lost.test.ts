/** What goes wrong around backups, and the worst of it: a host that is gone with its volume comes back by one command. */
import { storageContainer } from "../../lab/backups/storage";
import { docker } from "../../lab/lib/docker";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import {
  deleteServerByHand,
  forgetServer,
  nextServers,
  pulumi,
  pulumiUp,
  refreshSshConfig,
  tryPulumi,
  urnOf,
} from "../../lab/rehearsal/pulumi";
import { ensureSshIdentity } from "../../lab/rehearsal/ssh";
import { labPassphrase, writeStackFile } from "../../lab/rehearsal/stacks";
import { onVps } from "../../lab/rehearsal/vps";
import { power } from "../../lab/vps/stand-in";
import { expectNoPollBefore, expectRestored, make, saySomething, snapshotNow, withKit } from "./backups";
import { deleteAtHetzner, machineIsGone } from "./hetzner";
import { expectAnswering, serverMade } from "./kept";
import { look } from "./looks";
import { eventually } from "./support";

jest.setTimeout(900_000);
beforeAll(async () => {
  await enterLabEnvironment();
  await nextServers("warm");
});

const answers = async (): Promise<string[]> =>
  (await look(({ name }) => name === "the repository answers")).map(({ ok }) => (ok ? "ok" : "red"));

test("a place that is away: up neither fails nor waits for it, make verify is red, the gateway goes on", async () => {
  await docker(["stop", "--time", "5", storageContainer]);
  try {
    const began = Date.now();
    const urn = (await urnOf("prod", "backups-repository")) ?? "";
    expect(await pulumiUp("prod", "--replace", urn)).toMatch(/WARNING: the repository does not answer/);
    expect((Date.now() - began) / 1000).toBeLessThan(150);
    expect(await answers()).toEqual(["red"]);
    await expectAnswering("without a place for backups");
  } finally {
    await docker(["start", storageContainer]);
  }
  await eventually("a run that makes a snapshot", 90, async () => void (await snapshotNow()));
  expect(await answers()).toEqual(["ok"]);
});

test("another password is refused by up, and the right one goes on where it was", async () => {
  const host = { mode: "hcloud", sshKey: await ensureSshIdentity() } as const;
  await writeStackFile("prod", "active", host, {}, { "clawkeep:backupPassword": "1".repeat(64) });
  try {
    const { outcome } = await tryPulumi("up", ["--stack", "prod", "--yes", "--skip-preview"]);
    expect(outcome.code).not.toBe(0);
    expect(outcome.stdout + outcome.stderr).toMatch(/the repository has another password/);
  } finally {
    await writeStackFile("prod", "active", host);
  }
  await pulumiUp("prod");
  await snapshotNow();
});

test("its power cut in the middle of a backup: the next one is made, and nothing is locked", async () => {
  await onVps(
    "prod",
    "systemctl start --no-block clawkeep-backup.service; sleep 3; systemctl is-active clawkeep-backup || true",
  );
  await power("clawkeep-prod", "off");
  await power("clawkeep-prod", "on");
  await eventually(
    "ssh after the cut",
    120,
    async () => void (await onVps("prod", "docker info >/dev/null")),
  );
  await expectAnswering("after the cut");
  await snapshotNow();
});

test("server and volume gone: a stack file from the recovery kit and one command bring back all that was saved, in 5 minutes", async () => {
  const { words, spentBefore } = await saySomething("cold");
  await withKit(async (page, takeItsFile) => {
    expect(page).toContain(`2. Passphrase  ${labPassphrase}`);
    const before = await serverMade();
    await deleteServerByHand("prod");
    await machineIsGone();
    await deleteAtHetzner("prod", "volumes");
    await forgetServer("prod");
    const volume = await urnOf("prod", "host-volume");
    if (volume !== undefined)
      await pulumi("state", ["delete", "--stack", "prod", "--force", "--target-dependents", "--yes", volume]);
    takeItsFile();
    const began = Date.now();
    const said = await make("restore", "COLD=1");
    const seconds = (Date.now() - began) / 1000;
    console.log(`a cold restore onto a warm server took ${seconds.toFixed(0)} s`);
    expect(said).toContain("openclaw: snapshot");
    expect(await serverMade()).not.toBe(before);
    await refreshSshConfig();
    await expectNoPollBefore(began);
    await expectAnswering("on a new host");
    await expectRestored(words, spentBefore);
    await snapshotNow();
    await pulumi("preview", ["--stack", "prod", "--expect-no-changes"]);
    expect(seconds).toBeLessThan(300);
  });
});
