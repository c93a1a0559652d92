/**
 * The standby takes over from a prod that is frozen: one poller at each moment, by the stand-in Bot API's own log; how long the
 * assistant is away, and what is lost, seen from outside. Ends with prod active and the standby following.
 */
import { docker } from "../../lab/lib/docker";
import { chatTurn } from "../../lab/rehearsal/public";
import { onVps } from "../../lab/rehearsal/vps";
import {
  addressOf,
  followingPair,
  lost,
  lying,
  make,
  onePoll,
  pollersSince,
  power,
  prodIsHome,
  said,
  Watch,
} from "./failover";
import { Messages } from "./failover-messages";
import { eventually } from "./support";

jest.setTimeout(1_500_000);
/** That a turn and a poll may take here. */
const inFlightSeconds = 15;

beforeAll(followingPair);
afterAll(prodIsHome);

test("unplanned, prod frozen: less than two minutes, at most what was said since the last snapshot; it comes back and stays down", async () => {
  await eventually("a snapshot of this epoch at the standby", 240, async () => {
    expect((await lying("standby")).seconds).toBeLessThan(90);
  });
  const began = Date.now() - onePoll;
  const messages = await Messages.begin();
  const watch = await Watch.begin();
  await docker(["pause", "clawkeep-vps-clawkeep-prod"]);
  const frozen = new Date();
  const outcome = await make("failover", "STACK=standby", `SINCE=${frozen.toISOString()}`);
  watch.end();
  // Of what was written to prod at most what was in flight: it was fetched, and not answered yet, or not confirmed. Of what was
  // written after it froze, nothing.
  const ago = (await messages.odd("standby")).map(({ at }) => (frozen.getTime() - at) / 1000);
  expect(ago.filter((seconds) => seconds < 0 || seconds > inFlightSeconds)).toEqual([]);
  expect(said(outcome)).toMatch(/^0\n/);
  expect(said(outcome)).toMatch(/prod does not do it itself.*power of clawkeep-prod is cut/s);
  expect(watch.outage.seconds).toBeLessThan(120);
  expect((await lost("standby", watch)).seconds).toBeLessThan(120);
  expect(await pollersSince(began)).toEqual([await addressOf("prod"), await addressOf("standby")]);

  // Somebody switches it on, and knows nothing.
  await power("poweron");
  await eventually("prod has looked at itself", 300, async () => {
    expect(await onVps("prod", "/opt/openclaw/bin/host-boot check")).toMatch(
      /gateways were fenced: standby is recorded as the active stack/,
    );
  });
  expect(await onVps("prod", "systemctl is-active openclaw-gateway@openclaw || true")).toMatch(/^inactive/);
  expect(await onVps("prod", "/opt/openclaw/bin/backup-run 2>&1 || true")).toMatch(/so prod saves nothing/);
  expect(await pollersSince(frozen.getTime())).toEqual([await addressOf("standby")]);
  expect(said(await make("failback", "STACK=prod"))).toMatch(/^0\n/);
  expect(await chatTurn("Say: home again")).toContain("home again");
});
