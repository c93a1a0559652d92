/** Rows about backups: how old the newest is, whether the last run has made one, what is in the way of the next. */
import { backupTimers } from "../../config-files/backups/timers";
import { notHeld, type Verified } from "../backups/report";
import type { Row } from "./row";
import type { DeployedStack } from "./deployed-stack";

/** What backup-run leaves in last.json, as far as it is read here. */
interface Last {
  readonly newest?: { readonly time: number; readonly size: number };
  readonly failed?: string;
  /** restic's own code for it; null where it has not ended by itself. */
  readonly code?: number | null;
  readonly parts?: Readonly<Record<string, Readonly<Record<string, Copied>>>>;
  readonly spend?: string;
  readonly repository?: {
    readonly snapshots: number;
    readonly oldest: string | null;
    /** The same without the newest of each stack, which a prune keeps however old it is; absent: an older host's. */
    readonly oldestToPrune?: string | null;
  };
}
interface Copied {
  readonly failed?: string;
  readonly stopped?: string | null;
  /** Databases that SQLite itself could not copy. */
  readonly asFiles?: number;
  readonly leftOut?: readonly { readonly path: string; readonly why: string }[];
}

/** What backup-daily leaves in daily.json. */
interface Daily {
  /** Seconds since 1970. */
  readonly began: number;
  /** Exit code of the whole backup. */
  readonly code: number;
  /** Gateway -> audit -> its exit code. */
  readonly audits: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface Seen {
  /** Seconds since 1970 on the host. */
  readonly now: number;
  readonly last: Last | null;
  /** null: the first is still to come. */
  readonly daily: Daily | null;
  /** null: the first is still to come, or never came. */
  readonly verified: Verified | null;
  /** Seconds since 1970: when this host has first saved anything, or has last been restored; null where it has not. */
  readonly since: number | null;
  /** Timer -> `enabled active`. */
  readonly timers: Readonly<Record<string, string>>;
}

/** Minutes that a run may take beside the time between two: the whole of a day is copied meanwhile. */
const patienceMinutes = 30;
const auditLog = "/opt/openclaw/monitoring/logs/backup-daily.log";
/** What a prune keeps is 14 days old at most; two days later it is overdue. */
const oldestDays = 16;
/** A day, the hours that a daily run may take, and one more. */
const dailyHours = 33;
/** From one Sunday to the next, and a day. */
const verificationDays = 8;
/** A run that found another at work, or had nothing to save, has done what it was to do. */
const fine = [0, 75];
/** Exit codes of timeout, docker exec and the shell: the audit itself has said nothing. */
const notAudited = (code: number): boolean => code < 0 || (code >= 124 && code <= 127) || code === 137;
/** restic's codes that say more than that the repository is away. */
const [incomplete, noRepository, locked, anotherPassword] = [3, 10, 11, 12];

const script = `date +%s
for timer in "$@"; do echo "$timer $(systemctl is-enabled "$timer" 2>&1 | head -1) $(systemctl is-active "$timer" 2>&1 | head -1)"; done
echo
for file in backup/last backup/daily backups/verified; do cat "/var/lib/clawkeep/$file.json" 2>/dev/null || echo null; echo; echo; done
stat -c %Y /var/lib/clawkeep/backup/since 2>/dev/null || echo null`;

/** @param said what the script prints */
export function readSeen(said: string): Seen {
  // JSON of one line each, with a break behind it or not.
  const [head = "", ...files] = said.split(/\n\n+/);
  const [last, daily, verified, since] = files.map((text) => JSON.parse(text.trim() || "null") as unknown);
  const [now, ...timers] = head.trim().split("\n");
  return {
    now: Number(now),
    timers: Object.fromEntries(
      timers.map((line) => [line.split(" ")[0] ?? "", line.slice(line.indexOf(" ") + 1)]),
    ),
    last: last ?? null,
    daily: (daily ?? null) as Daily | null,
    verified: (verified ?? null) as Verified | null,
    since: (since ?? null) as number | null,
  };
}

const looks = new WeakMap<DeployedStack, Promise<Seen>>();

function seen(deployed: DeployedStack): Promise<Seen> {
  const known = looks.get(deployed) ?? deployed.shell(script, backupTimers).then(readSeen);
  looks.set(deployed, known);
  return known;
}

/** @returns what SQLite could not copy; undefined where there is nothing of it */
function asFiles({ asFiles: count = 0, leftOut = [] }: Copied): string | undefined {
  if (count === 0) return undefined;
  const named = leftOut.filter(({ why }) => why.startsWith("is copied as the files"));
  return (
    `${count} databases could only be copied as files, and may not open` +
    named
      .slice(0, 3)
      .map(({ path, why }) => `; ${path} ${why}`)
      .join("")
  );
}

const nothingSeen: NonNullable<Last["repository"]> = { snapshots: 0, oldest: null };

/** Name -> what is seen. @throws Error saying what was found instead */
export const backupChecks: Readonly<Record<string, (seen: Seen, everyMinutes: number) => string>> = {
  "the newest snapshot is new": ({ last, now }, everyMinutes) => {
    if (last?.newest === undefined)
      throw new Error("this host has made none: journalctl -u clawkeep-backup.service");
    const minutes = Math.round((now - last.newest.time) / 60);
    const most = 3 * everyMinutes + patienceMinutes;
    if (minutes > most)
      throw new Error(
        `it is ${minutes} minutes old, and ${most} are the most: journalctl -u clawkeep-backup.service`,
      );
    return `${minutes} minutes, ${last.newest.size} bytes`;
  },
  "the last run has made one": ({ last }) => {
    if (last?.failed !== undefined) throw new Error(last.failed);
    return last === null ? "none has run yet" : "it has";
  },
  "the repository answers": ({ last }) => {
    const codes = [incomplete, noRepository, locked, anotherPassword];
    const said = last?.failed === undefined || codes.includes(last.code ?? -1);
    if (!said) throw new Error(`it did not: ${last.failed}`);
    return "it has answered the last run";
  },
  "no lock is in the way": ({ last }) => {
    if (last?.code === locked)
      throw new Error(`a prune, or one that was cut off, has it locked: ${last.failed}`);
    return "none";
  },
  "no prune is overdue": ({ last, now }) => {
    const { oldest: first, snapshots, oldestToPrune = first } = last?.repository ?? nothingSeen;
    if (first === null) return "the first whole run has not been yet";
    const oldest = oldestToPrune ?? new Date(now * 1000).toISOString();
    const days = Math.floor((now - Date.parse(oldest) / 1000) / 86400);
    if (days > oldestDays)
      throw new Error(
        `the oldest of ${snapshots} snapshots is ${days} days old, and a prune leaves none of ${oldestDays} but each stack's newest: make prune-backups`,
      );
    return `${snapshots} snapshots, the oldest that is not its stack's newest ${days} days`;
  },
  "every part was copied": ({ last }) => {
    const parts = Object.entries(last?.parts ?? {}).flatMap(([part, scripts]) =>
      Object.values(scripts).flatMap((copied) => {
        const why = copied.failed ?? copied.stopped ?? asFiles(copied);
        return why === undefined || why === null ? [] : [`${part}: ${why}`];
      }),
    );
    if (last?.spend !== undefined && last.spend !== "saved") parts.push(`what was spent: ${last.spend}`);
    if (parts.length > 0) throw new Error(parts.join("\n"));
    return `${Object.keys(last?.parts ?? {}).length} parts and what was spent`;
  },
  "the newest restores, weekly": ({ verified, since, now }) => {
    const look =
      "journalctl -u clawkeep-backup-verify.service; again: systemctl start clawkeep-backup-verify.service";
    const days = (from: number): number => Math.floor((now - from) / 86400);
    if (verified === null) {
      if (since === null || days(since) <= verificationDays) return "the first is still to come";
      throw new Error(`none was made, and this host saves for ${days(since)} days: ${look}`);
    }
    const problems = notHeld(verified);
    const what = `${days(verified.began)} days ago, of snapshot ${verified.snapshot.slice(0, 8) || "none"}`;
    if (problems.length > 0)
      throw new Error(`the last did not hold (${what}):\n${problems.join("\n")}\n${look}`);
    if (days(verified.began) > verificationDays) throw new Error(`the last was ${what}: ${look}`);
    return `${what}: ${Object.keys(verified.gateways).join(", ")}`;
  },
  "the daily audits": ({ daily, now }) => {
    if (daily === null) return "the first are still to come";
    const hours = Math.round((now - daily.began) / 3600);
    if (hours > dailyHours)
      throw new Error(`the last were ${hours} hours ago: journalctl -u clawkeep-backup-daily.service`);
    const ended = Object.entries(daily.audits).flatMap(([gateway, codes]) =>
      Object.entries(codes).map(([audit, code]) => ({
        said: `${gateway}: ${audit} ended with ${code}`,
        code,
      })),
    );
    const missing = ended.filter(({ code }) => notAudited(code));
    if (!fine.includes(daily.code))
      missing.push({ said: `the whole backup ended with ${daily.code}`, code: 1 });
    if (missing.length > 0) throw new Error(missing.map(({ said }) => said).join("\n"));
    return `${hours} hours ago; ${ended.map(({ said }) => said).join(", ")}; see ${auditLog}`;
  },
  "the timers run": ({ timers }) => {
    const down = backupTimers.filter((timer) => timers[timer] !== "enabled active");
    if (down.length > 0)
      throw new Error(
        `${down.map((timer) => `${timer} is ${timers[timer] ?? "missing"}`).join(", ")}: pulumi up, or systemctl enable --now`,
      );
    return backupTimers.join(", ");
  },
};

export function backupRows({ settings }: Pick<DeployedStack, "settings">): Row[] {
  const group = "backups";
  const { backups } = settings;
  if (backups === undefined)
    return [
      {
        name: "backups off the host",
        group,
        look: () => Promise.resolve("NONE: clawkeep:backups is not set, so nothing is off the host"),
      },
    ];
  return Object.entries(backupChecks).map(([name, check]) => ({
    name,
    group,
    look: async (deployed) => check(await seen(deployed), backups.everyMinutes),
  }));
}
