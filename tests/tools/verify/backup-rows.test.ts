/** Rows about backups: each fails for its own reason, and for no other. */
import { backupTimers } from "../../../config-files/backups/timers";
import { backupChecks, backupRows, readSeen, type Seen } from "../../../tools/verify/backups";
import type { DeployedStack } from "../../../tools/verify/deployed-stack";

const now = 1_790_000_000;
const copied = { "backup-collect": { stopped: null } };
const good: Seen = {
  now,
  last: {
    newest: { time: now - 120, size: 5 },
    parts: { "openclaw/state": copied, "litellm/audit": copied },
    spend: "saved",
    repository: { snapshots: 900, oldest: new Date((now - 13 * 86400) * 1000).toISOString() },
  },
  daily: {
    began: now - 20 * 3600,
    code: 0,
    audits: { openclaw: { "security audit --deep": 0, "doctor --non-interactive": 1 } },
  },
  timers: Object.fromEntries(backupTimers.map((timer) => [timer, "enabled active"])),
};
/** The rows that fail, and what they say. */
const failing = (seen: Seen): Record<string, string> =>
  Object.fromEntries(
    Object.entries(backupChecks).flatMap(([name, check]) => {
      try {
        check(seen, 2);
        return [];
      } catch (error) {
        return [[name, error instanceof Error ? error.message : String(error)]];
      }
    }),
  );
const but = (last: object): Seen => ({ ...good, last: { ...good.last, ...last } });

it("hold where a snapshot was just made", () => expect(failing(good)).toEqual({}));

test.each<[string, Seen, Record<string, RegExp>]>([
  ["none was ever made", { ...good, last: null }, { "the newest snapshot is new": /has made none/ }],
  [
    "the newest is old",
    but({ newest: { time: now - 40 * 60, size: 5 } }),
    { "the newest snapshot is new": /40 minutes old, and 36 are the most/ },
  ],
  [
    "the repository is away",
    but({ failed: "it did not end within 45 seconds", code: null }),
    { "the last run has made one": /45 seconds/, "the repository answers": /it did not: / },
  ],
  [
    "another password",
    but({ failed: "the repository has another password", code: 12 }),
    { "the last run has made one": /another password/ },
  ],
  [
    "a prune's lock",
    but({ failed: "the repository is locked", code: 11 }),
    { "the last run has made one": /locked/, "no lock is in the way": /a prune/ },
  ],
  [
    "a prune is overdue",
    but({ repository: { snapshots: 9000, oldest: new Date((now - 20 * 86400) * 1000).toISOString() } }),
    { "no prune is overdue": /oldest of 9000 snapshots is 20 days old.*make prune-backups/ },
  ],
  [
    "a part that a limit has stopped",
    but({
      parts: { "openclaw/state": { "backup-collect": { stopped: "it took longer than 300 seconds" } } },
    }),
    { "every part was copied": /openclaw\/state: it took longer/ },
  ],
  [
    "no dump of what was spent",
    but({ spend: "no such container" }),
    { "every part was copied": /what was spent: no/ },
  ],
  [
    "no audit for days",
    { ...good, daily: { began: now - 40 * 3600, code: 0, audits: {} } },
    { "the daily audits": /40 hours ago: journalctl/ },
  ],
  [
    "an audit that did not end, and a daily backup that failed",
    { ...good, daily: { began: now, code: 1, audits: { openclaw: { "security audit --deep": 124 } } } },
    { "the daily audits": /^openclaw: security audit --deep ended with 124\nthe whole backup ended with 1$/ },
  ],
  [
    "a timer that is off",
    { ...good, timers: { ...good.timers, "clawkeep-backup.timer": "disabled inactive" } },
    { "the timers run": /clawkeep-backup\.timer is disabled inactive/ },
  ],
])("%s: that is what is said", (_, seen, wanted) => {
  const found = failing(seen);
  expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort());
  for (const [name, words] of Object.entries(wanted)) expect(found[name]).toMatch(words);
});

it("what the host prints is read", () => {
  const said = `${now}\nclawkeep-backup.timer enabled active\nclawkeep-backup-daily.timer disabled inactive\n\n{"failed": "x\\n\\ny"}`;
  expect(readSeen(said)).toEqual({
    now,
    timers: { "clawkeep-backup.timer": "enabled active", "clawkeep-backup-daily.timer": "disabled inactive" },
    last: { failed: "x\n\ny" },
    daily: null,
  });
  const daily = { began: 1, code: 0, audits: {} };
  expect(readSeen(`${now}\n\nnull\n\n\n${JSON.stringify(daily)}\n\n`)).toEqual({
    now,
    timers: {},
    last: null,
    daily,
  });
});

it("what the audits find makes no row fail: it is said, and where all of it is", () => {
  const said = backupChecks["the daily audits"];
  expect(said?.(good, 2)).toMatch(
    /^20 hours ago; openclaw: security audit --deep ended with 0, openclaw: doctor --non-interactive ended with 1; see \S+backup-daily\.log$/,
  );
  expect(said?.({ ...good, daily: null }, 2)).toMatch(/still to come/);
});

it("without backups one row says that nothing is off the host", async () => {
  const [row, ...more] = backupRows({ settings: {} } as DeployedStack);
  expect(more).toEqual([]);
  expect(await row?.look({} as DeployedStack)).toMatch(/nothing is off the host/);
});
