/** What `make backups` says of a repository. */
import { backupReport, choose, type Snapshot } from "../../../tools/backups/report";

const now = Date.parse("2026-11-20T12:00:00Z");
const snapshot = (time: string, size = 3 * 1024 ** 2): Snapshot => ({
  id: "ab".repeat(32),
  ...{ time, stack: "prod", epoch: 1, gateways: ["openclaw"], size },
});

it("names each with its age and its size, and says whether the last verification held", () => {
  const verified = { began: now / 1000 - 3 * 86400, snapshot: "cd".repeat(32), gateways: { openclaw: {} } };
  const lines = backupReport(
    [snapshot("2026-11-20T11:58:00Z"), snapshot("2026-11-17T12:00:00Z", 2 * 1024 ** 3)],
    verified,
    now,
  );
  expect(lines).toEqual([
    "2 snapshots; the newest of each stack and epoch, the one that a restore takes first:",
    "abababab  2026-11-20T11:58:00Z     2 min     3.0 MiB  prod, epoch 1: openclaw",
    "earlier ones (all of 2 hours, the last of each hour of a day, of each day before); SNAPSHOT=ID takes one:",
    "abababab  2026-11-17T12:00:00Z    3 days     2.0 GiB  prod, epoch 1: openclaw",
    "the last verification, 3 days ago, of snapshot cdcdcdcd, held",
  ]);
});

/** Every two minutes, for a fortnight, as they are with the defaults. */
const fortnight = Array.from({ length: 14 * 720 }, (_, index) => ({
  ...snapshot(new Date(now - index * 120_000).toISOString()),
  id: String(index).padStart(64, "0"),
}));

it("of a fortnight with the defaults: two hours whole, a day by its hours, the rest by its days", () => {
  const { newest, earlier } = choose(fortnight, now);
  const hours = [...newest, ...earlier].map(({ time }) => (now - Date.parse(time)) / 3600_000);
  expect(hours.filter((age) => age <= 2)).toHaveLength(61);
  // 09:58, 08:58 and so on to 12:58 of the day before.
  expect(hours.filter((age) => age > 2 && age <= 24)).toHaveLength(22);
  const days = hours.filter((age) => age > 24);
  expect(days.length).toBeGreaterThanOrEqual(13);
  expect(days.length).toBeLessThanOrEqual(15);
  expect(hours).toEqual([...hours].sort((one, two) => one - two));
  const left = fortnight.length - hours.length;
  expect(backupReport(fortnight, undefined, now).at(-2)).toMatch(
    new RegExp(
      `^${left} more are left out, the oldest of all is of 2026-11-06T12:02:00Z; .*backup-fetch list$`,
    ),
  );
});

it("after a takeover the newest of each stack and epoch come first, and none is pushed out, by forged ones neither", () => {
  const before = { ...snapshot("2026-11-18T12:00:00Z"), id: "cd".repeat(32) };
  const taken = { ...snapshot("2026-11-20T11:00:00Z"), stack: "standby", epoch: 2, gateways: ["one", "two"] };
  const forged = Array.from({ length: 3000 }, (_, index) => ({
    ...snapshot(new Date(now - index * 1000).toISOString()),
    stack: "prod",
  }));
  const lines = backupReport([taken, ...forged, before], undefined, now);
  expect(lines[1]).toMatch(/^abababab {2}2026-11-20T11:00:00Z {4}60 min .* standby, epoch 2: one, two$/);
  expect(lines[2]).toMatch(/prod, epoch 1: openclaw$/);
  expect(lines.length).toBeLessThan(210);
});

it("says so where there is none, and where the verification did not hold", () => {
  expect(backupReport([], undefined, now)).toEqual([
    "there is no snapshot",
    "no verification has been made yet",
  ]);
  const failed = { began: now / 1000, snapshot: "cd", gateways: { openclaw: { failed: "damaged" } } };
  expect(backupReport([], failed, now).slice(-1)).toEqual([
    "the last verification, 0 min ago, of snapshot cd, DID NOT HOLD: openclaw: damaged",
  ]);
});
