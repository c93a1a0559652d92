/** The server's power is cut in the middle of a restore: it comes back with what it had, or restored, and never with half of either. */
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { onVps } from "../../lab/rehearsal/vps";
import { power } from "../../lab/vps/stand-in";
import { saySomething, snapshotNow } from "./backups";
import { expectRestoredAgain, moments, restoreCutAfter } from "./cut-off";
import { expectAnswering, readMarker, whatIsKept, writeMarker } from "./kept";
import { eventually } from "./support";

jest.setTimeout(900_000);
let before: string;
let snapshot: string;
beforeAll(async () => {
  await enterLabEnvironment();
  before = (await saySomething("before-cuts")).words;
  snapshot = `SNAPSHOT=${(await snapshotNow()).slice(0, 8)}`;
});

// Bringing, proving, keeping, putting and starting take a minute and more here.
test.each(moments(75))("after %d ms", async (ms) => {
  const after = `after-${Date.now()}`;
  await writeMarker(after);
  const atWork = await restoreCutAfter(ms, snapshot);
  await power("clawkeep-prod", "off");
  await power("clawkeep-prod", "on");
  await eventually("ssh", 120, async () => void (await onVps("prod", "docker info >/dev/null")));
  await expectAnswering("after the power was cut");
  const found = (await readMarker()).trim();
  console.log(
    `${ms} ms: ${atWork ? "cut off" : "had ended"}; it has ${found === after ? "what it had" : "the snapshot's"}`,
  );
  expect([before, after]).toContain(found);
  const { integrity } = await whatIsKept("prod", []);
  expect(new Set(Object.values(integrity))).toEqual(new Set(["ok"]));
  await expectRestoredAgain(before, snapshot);
});
