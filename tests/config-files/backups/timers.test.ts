/** When backups are made: in the guide's order, in UTC, and each unit with its limits. */
import {
  backupServices,
  backupTimers,
  backupUnitFiles,
  backupUnits,
} from "../../../config-files/backups/timers";

const archive = Buffer.from(
  backupUnitFiles({ everyMinutes: 7, dailyAt: "03:00", verifyAt: "03:30" }),
  "base64",
).toString();

it("every so many minutes, daily, and on Sundays half an hour later, with at most ten seconds of jitter", () => {
  expect(archive).toContain("OnUnitActiveSec=7min\n");
  expect(archive).toContain("OnCalendar=*-*-* 03:00:00 UTC\n");
  expect(archive).toContain("OnCalendar=Sun *-*-* 03:30:00 UTC\n");
  expect(archive.match(/^RandomizedDelaySec=10s$/gm)).toHaveLength(backupTimers.length);
});

it("each timer has its service, which ends in time and is in nobody's way", () => {
  expect(backupTimers.map((timer) => timer.replace(/timer$/, "service"))).toEqual([...backupServices]);
  expect(backupUnits).toHaveLength(2 * backupTimers.length);
  for (const line of [
    /^TimeoutStartSec=\d+$/gm,
    /^CPUWeight=20$/gm,
    /^IOWeight=20$/gm,
    /^LogRateLimitBurst=\d+$/gm,
  ])
    expect(archive.match(line)).toHaveLength(backupServices.length);
});
