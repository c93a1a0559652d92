/** When backups are made: systemd's timers, whose times are the stack's. All of them in UTC, whatever the host's zone is. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { tar } from "../build-context";

/** Seconds that a run may begin later than it is due, so that two stacks do not ask one storage at the same moment. */
export const jitterSeconds = 10;

export interface BackupTimes {
  /** Minutes from one snapshot to the next. */
  readonly everyMinutes: number;
  /** HH:MM. */
  readonly dailyAt: string;
  /** HH:MM, on Sundays. */
  readonly verifyAt: string;
}

const often = ({
  everyMinutes,
}: BackupTimes): string => `# Every ${everyMinutes} minutes, from whenever the timer is started.
[Unit]
Description=Clawkeep: what has changed, off this host

[Timer]
OnActiveSec=${everyMinutes}min
OnUnitActiveSec=${everyMinutes}min
AccuracySec=1s
RandomizedDelaySec=${jitterSeconds}s

[Install]
WantedBy=timers.target
`;

const at = (calendar: string, what: string): string => `# After a boot, where the host was down then.
[Unit]
Description=Clawkeep: ${what}

[Timer]
OnCalendar=${calendar}:00 UTC
AccuracySec=1s
RandomizedDelaySec=${jitterSeconds}s
Persistent=true

[Install]
WantedBy=timers.target
`;

/** From the end of one run to the beginning of the next, on a standby: the longer one takes, the fewer there are. */
const following = ({
  everyMinutes,
}: BackupTimes): string => `# Every ${everyMinutes} minutes, from the end of the last.
[Unit]
Description=Clawkeep: the newest snapshot at hand

[Timer]
OnActiveSec=10s
OnUnitInactiveSec=${everyMinutes}min
AccuracySec=1s
RandomizedDelaySec=${jitterSeconds}s

[Install]
WantedBy=timers.target
`;

/** A standby's, in the place of the others. */
export const followTimer = "clawkeep-follow.timer";
export const followService = "clawkeep-follow.service";

const serviceFile = (name: string) =>
  [name, readFileSync(join(__dirname, "..", "host", "systemd", name), "utf8")] as const;

/** Tar of the standby's, base64. */
export const followUnitFiles = (times: BackupTimes): string =>
  tar([serviceFile(followService), [followTimer, following(times)] as const], 0o644).toString("base64");

/** The timers, and so what `systemctl` enables. */
export const backupTimers = [
  "clawkeep-backup.timer",
  "clawkeep-backup-daily.timer",
  "clawkeep-backup-verify.timer",
] as const;
export const backupServices = [
  "clawkeep-backup.service",
  "clawkeep-backup-daily.service",
  "clawkeep-backup-verify.service",
] as const;
/** Paths below /etc/systemd/system. */
export const backupUnits: readonly string[] = [...backupServices, ...backupTimers];

/** Tar of all of them, base64. */
export const backupUnitFiles = (times: BackupTimes): string =>
  tar(
    [
      ...backupServices.map(serviceFile),
      [backupTimers[0], often(times)] as const,
      [backupTimers[1], at(`*-*-* ${times.dailyAt}`, "the whole, off this host")] as const,
      [backupTimers[2], at(`Sun *-*-* ${times.verifyAt}`, "whether the newest snapshot restores")] as const,
    ],
    0o644,
  ).toString("base64");
