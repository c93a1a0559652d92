/** The operator's machine is off in the middle of a restore, an ordinary one and a cold one: typed again it comes to the same end. */
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { pulumi, tryPulumi } from "../../lab/rehearsal/pulumi";
import { onVps, tryOnVps } from "../../lab/rehearsal/vps";
import { saySomething, snapshotNow } from "./backups";
import { expectRestoredAgain, moments, recover, restoreCutAfter } from "./cut-off";
import { writeMarker } from "./kept";

jest.setTimeout(900_000);
let before: string;
let snapshot: string;
beforeAll(async () => {
  await enterLabEnvironment();
  before = (await saySomething("before-kills")).words;
  snapshot = `SNAPSHOT=${(await snapshotNow()).slice(0, 8)}`;
});

/**
 * Prod was never lost, and a cold restore takes nothing that a host has saved itself since it began: from now on its host is one
 * that was made in the place of a lost one a moment ago. 27-backups-lost has a server that is really gone.
 */
const beginsNow = (): Promise<string> =>
  onVps("prod", "date -u +%Y-%m-%dT%H:%M:%S >/var/lib/clawkeep/backup/since");

test.each(moments(60))(
  "an ordinary one, after %d ms: the host goes on, and the next one waits for it",
  async (ms) => {
    await writeMarker(`after-${Date.now()}`);
    await restoreCutAfter(ms, snapshot);
    await expectRestoredAgain(before, snapshot);
  },
);

test.each(moments(90).slice(0, 1))(
  "a cold one, after %d ms: pulumi up starts no gateway that waits",
  async (ms) => {
    await writeMarker(`after-${Date.now()}`);
    await beginsNow();
    const atWork = await restoreCutAfter(ms, "COLD=1", snapshot);
    expect(await recover()).toMatchObject({ code: 0 });
    const { stdout: role } = await tryOnVps("prod", "cat /opt/openclaw/gateways/openclaw/role");
    console.log(`${ms} ms: ${atWork ? "cut off" : "had ended"}; the gateway's role is ${role.trim()}`);
    if (role.trim() === "awaits-restore") {
      // Whether it is refused or has nothing to change.
      await tryPulumi("up", ["--stack", "prod", "--yes", "--skip-preview"]);
      const { stdout: now } = await tryOnVps(
        "prod",
        "cat /opt/openclaw/gateways/openclaw/role; docker inspect --format '{{.State.Running}}' openclaw",
      );
      // The restore that goes on by itself on the host may have ended meanwhile, and then it may start.
      expect(["awaits-restore false", "active true"]).toContain(now.trim().split("\n").join(" "));
    }
    await expectRestoredAgain(before, "COLD=1", snapshot);
    await pulumi("preview", ["--stack", "prod", "--expect-no-changes"]);
  },
);
