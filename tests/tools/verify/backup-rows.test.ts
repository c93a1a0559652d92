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
  verified: { began: now - 6 * 86400, snapshot: "ab".repeat(32), gateways: { openclaw: {} } },
  since: now - 60 * 86400,
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
    "a database that SQLite could not copy",
    but({
      parts: {
        "openclaw/state": {
          "backup-database": {
            stopped: null,
            asFiles: 1,
            leftOut: [
              {
                path: "memory/main.sqlite",
                why: "is copied as the files that it is, and may not open: it is locked",
              },
            ],
          },
        },
      },
    }),
    {
      "every part was copied":
        /^openclaw\/state: 1 databases could only be copied as files, .*; memory\/main\.sqlite .* locked$/,
    },
  ],
  [
    "the weekly verification did not hold",
    {
      ...good,
      verified: {
        began: now - 86400,
        snapshot: "ab".repeat(32),
        gateways: { openclaw: { failed: "1 damaged" } },
      },
    },
    {
      "the newest restores, weekly":
        /^the last did not hold \(1 days ago, of snapshot abababab\):\nopenclaw: 1 damaged\njournalctl -u clawkeep-backup-verify\.service; again: systemctl start/,
    },
  ],
  [
    "it found no snapshot",
    { ...good, verified: { began: now, snapshot: "", failed: "there is no snapshot", gateways: {} } },
    { "the newest restores, weekly": /of snapshot none\):\nthere is no snapshot/ },
  ],
  [
    "it is nine days old",
    { ...good, verified: { began: now - 9 * 86400, snapshot: "ab", gateways: { openclaw: {} } } },
    { "the newest restores, weekly": /^the last was 9 days ago/ },
  ],
  [
    "none was ever made on a host of nine days",
    { ...good, verified: null, since: now - 9 * 86400 },
    { "the newest restores, weekly": /^none was made, and this host saves for 9 days/ },
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

it("the newest of a stack that another took over from is no prune that is overdue", () => {
  const days = (age: number): string => new Date((now - age * 86400) * 1000).toISOString();
  const check = backupChecks["no prune is overdue"];
  const seen = (oldestToPrune: string | null): Seen =>
    but({ repository: { snapshots: 9000, oldest: days(20), oldestToPrune } });
  expect(check?.(seen(days(13)), 2)).toMatch(/13 days$/);
  expect(check?.(seen(null), 2)).toMatch(/0 days$/);
  expect(() => check?.(seen(days(18)), 2)).toThrow(/18 days old/);
});

it("the first verification of a new host is waited for", () => {
  const check = backupChecks["the newest restores, weekly"];
  expect(check?.({ ...good, verified: null, since: now - 7 * 86400 }, 2)).toMatch(/still to come/);
  expect(check?.({ ...good, verified: null, since: null }, 2)).toMatch(/still to come/);
  expect(check?.(good, 2)).toBe("6 days ago, of snapshot abababab: openclaw");
});

it("what the host prints is read", () => {
  const said = `${now}\nclawkeep-backup.timer enabled active\nclawkeep-backup-daily.timer disabled inactive\n\n{"failed": "x\\n\\ny"}`;
  expect(readSeen(said)).toEqual({
    now,
    timers: { "clawkeep-backup.timer": "enabled active", "clawkeep-backup-daily.timer": "disabled inactive" },
    last: { failed: "x\n\ny" },
    daily: null,
    verified: null,
    since: null,
  });
  const daily = { began: 1, code: 0, audits: {} };
  const verified = { began: 2, snapshot: "ab", gateways: {} };
  const [one, two] = [daily, verified].map((each) => JSON.stringify(each));
  expect(readSeen(`${now}\n\nnull\n\n\n${one}\n\n${two}\n\n1700000000\n`)).toEqual({
    now,
    timers: {},
    last: null,
    daily,
    verified,
    since: 1_700_000_000,
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
