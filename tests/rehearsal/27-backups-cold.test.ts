/**
 * The state is gone too: with the recovery kit's page and a checkout of the code the assistant comes back, and what the clouds
 * still have is refused by name, with what to type, before anything is made. A plain `pulumi up` starts nobody in its place.
 */
import { run } from "../../lab/lib/exec";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { nextServers, pulumi, refreshSshConfig, tryPulumi } from "../../lab/rehearsal/pulumi";
import {
  expectNoPollBefore,
  expectRestored,
  make,
  saySomething,
  snapshotNow,
  tryMake,
  withKit,
} from "./backups";
import { deleteAtHetzner, hetzner, machineIsGone } from "./hetzner";
import { expectAnswering, serverMade } from "./kept";

// A whole deployment that is refused at its end, and the restore onto it.
jest.setTimeout(1_200_000);
beforeAll(async () => {
  await enterLabEnvironment();
  await nextServers("warm");
});

const stack = "prod";
const name = `clawkeep-${stack}`;

/** The gateway is there and down, in the role of one that waits; nobody has started it, and nothing of it was saved. */
async function expectRefusedAsEmpty(): Promise<void> {
  const { outcome } = await tryPulumi("up", ["--stack", stack, "--yes", "--skip-preview"]);
  expect(outcome.code).not.toBe(0);
  expect(`${outcome.stdout}\n${outcome.stderr}`.replace(/\s+/g, " ")).toMatch(
    new RegExp(
      "gateway openclaw does not start: this host has nothing of it, and the repository holds \\d+ snapshots of it\\. " +
        "The newest: [0-9a-f]{8} of stack prod, epoch \\d+, .*make restore STACK=prod COLD=1.*backup-restore --give-up",
    ),
  );
  // Without SSH: a stack that has never been deployed whole need not have said how its host is reached.
  const seen = await run("docker", [
    ...["exec", `clawkeep-vps-${name}`, "bash", "-ec"],
    `cat /opt/openclaw/gateways/openclaw/role
docker inspect --format '{{.State.StartedAt}}' openclaw
ls /opt/openclaw/gateways/openclaw/state/workspace /var/lib/clawkeep/backup/since 2>/dev/null || echo 'nothing was started or saved'`,
  ]);
  expect(seen.trim().split("\n")).toEqual([
    ...["awaits-restore", "0001-01-01T00:00:00Z", "nothing was started or saved"],
  ]);
}

test("what is left at the clouds is refused by name; gone but for the DNS record, a plain up starts nobody, and the kit brings all of it back", async () => {
  const { words, spentBefore } = await saySomething("stateless");
  await withKit(async (_, takeItsFile) => {
    await pulumi("stack", ["rm", "--stack", stack, "--force", "--yes"]);
    takeItsFile();

    // All of it is left: nothing is made, and what serves goes on.
    const before = await serverMade();
    const refused = await tryMake("restore", "COLD=1");
    expect(refused.code).not.toBe(0);
    // The one that all others are made after: with it nothing is made.
    expect(refused.said.replace(/\s+/g, " ")).toMatch(
      new RegExp(
        `the project has a firewall called ${name} already.*the state was lost.*pulumi import --stack ${stack}`,
      ),
    );
    expect(refused.said).toContain("Then run make restore STACK=prod COLD=1 again");
    expect(refused.said).toContain("nothing was restored, and its gateways are down");
    expect(await serverMade()).toBe(before);
    await expectAnswering("while a cold restore is refused");

    // The old server has to be off before another polls its bot; the record is all that is left.
    await deleteAtHetzner(stack, "servers");
    await machineIsGone();
    for (const kind of ["volumes", "primary_ips", "firewalls", "ssh_keys"])
      await deleteAtHetzner(stack, kind);
    const began = Date.now();
    const withoutRecord = await tryMake("restore", "COLD=1");
    expect(withoutRecord.code).not.toBe(0);
    const [, command] =
      /(pulumi import --stack prod [^&\n]*-public-record [0-9a-z/]+) && make restore STACK=prod COLD=1/.exec(
        withoutRecord.said.replace(/\s+/g, " "),
      ) ?? [];
    expect([withoutRecord.said, command]).toEqual([withoutRecord.said, expect.any(String)]);
    await run("bash", ["-c", `${command ?? "false"} --yes --non-interactive`], { timeoutSeconds: 120 });

    await expectRefusedAsEmpty();
    expect(await make("restore", "COLD=1")).toContain("openclaw: snapshot");
    await refreshSshConfig();
    await expectNoPollBefore(began);
    await expectAnswering("without the state of before");
    await expectRestored(words, spentBefore);
    await snapshotNow();
    await pulumi("preview", ["--stack", stack, "--expect-no-changes"]);
    const { servers } = (await hetzner("GET", `/servers?name=${name}`)) as { servers: unknown[] };
    expect(servers).toHaveLength(1);
  });
});
