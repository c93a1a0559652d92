/** What `make backups` says of a repository. */
import { backupReport, type Snapshot } from "../../../tools/backups/report";

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
    "2 snapshots, the one that a restore takes first:",
    "abababab  2026-11-20T11:58:00Z     2 min     3.0 MiB  prod, epoch 1: openclaw",
    "abababab  2026-11-17T12:00:00Z    3 days     2.0 GiB  prod, epoch 1: openclaw",
    "the last verification, 3 days ago, of snapshot cdcdcdcd, held",
  ]);
});

it("says so where there is none, where the rest is not shown, and where the verification did not hold", () => {
  expect(backupReport([], undefined, now)).toEqual([
    "there is no snapshot",
    "no verification has been made yet",
  ]);
  const many = Array.from({ length: 20 }, () => snapshot("2026-11-20T11:00:00Z"));
  const failed = { began: now / 1000, snapshot: "cd", gateways: { openclaw: { failed: "damaged" } } };
  expect(backupReport(many, failed, now).slice(-2)).toEqual([
    "and 8 more, the oldest of 2026-11-20T11:00:00Z",
    "the last verification, 0 min ago, of snapshot cd, DID NOT HOLD: openclaw: damaged",
  ]);
});
