/**
 * The standby takes over and loses nothing, and prod comes home: one poller at each moment, by the stand-in Bot API's own log; how
 * long the assistant is away, what is lost, and what is answered twice, seen from outside. Ends with prod active and the standby
 * following.
 */
import { onVps } from "../../lab/rehearsal/vps";
import {
  active,
  addressOf,
  conflicts,
  followingPair,
  lost,
  lying,
  make,
  onePoll,
  pollersSince,
  prodIsHome,
  said,
  Watch,
} from "./failover";
import { Messages } from "./failover-messages";
import { eventually } from "./support";

jest.setTimeout(1_500_000);
beforeAll(followingPair);
afterAll(prodIsHome);

test("the standby has the newest snapshot in its place, and says how old it is", async () => {
  await eventually("a snapshot at the standby", 240, async () => {
    expect((await lying("standby")).seconds).toBeLessThan(180);
  });
  // Nothing of it has been started.
  expect(await onVps("standby", "docker inspect --format '{{.State.Status}}' openclaw")).toMatch(
    /^created|^exited/,
  );
  // It saves nothing itself.
  expect(await onVps("standby", "/opt/openclaw/bin/backup-run 2>&1 || true")).toMatch(
    /so standby saves nothing/,
  );
});

test("planned: away for less than a minute, nothing is lost, one poller; the other becomes a standby, and stays down", async () => {
  const [before, began] = [await conflicts(), Date.now() - onePoll];
  const messages = await Messages.begin();
  const watch = await Watch.begin();
  const outcome = await make("failover", "STACK=standby", "PLANNED=1");
  watch.end();
  // None is answered twice, and none is lost.
  expect(await messages.odd("standby")).toEqual([]);
  expect(said(outcome)).toMatch(/^0\n/);
  const { seconds } = watch.outage;
  expect(await lost("standby", watch)).toEqual({ seconds: 0, words: [] });
  expect(seconds).toBeLessThan(60);
  // Two that poll at once end each other's polls.
  expect((await conflicts()) - before).toBe(0);
  expect(await pollersSince(began)).toEqual([await addressOf("prod"), await addressOf("standby")]);
  expect(said(outcome)).toMatch(/commit Pulumi\.standby\.yaml and Pulumi\.prod\.yaml/);
  // By hand, as somebody might.
  await onVps("prod", "systemctl start openclaw-gateway@openclaw || true; sleep 2");
  expect(await onVps("prod", "systemctl is-active openclaw-gateway@openclaw || true")).toMatch(/^inactive/);
});

test("home again: away for less than a minute, nothing is lost", async () => {
  const watch = await Watch.begin();
  const outcome = await make("failback", "STACK=prod");
  watch.end();
  expect(said(outcome)).toMatch(/^0\n/);
  expect(await lost("prod", watch)).toEqual({ seconds: 0, words: [] });
  expect(watch.outage.seconds).toBeLessThan(60);
  expect(await active()).toBe("prod");
});
