/** Rules about backups that need more than one key. */
import { backupRoom, systemDiskReserveGiB } from "./backup-room";
import { serverTypes } from "./hetzner";
import { settingProblem, type Problem } from "./problems";
import { repositoryKind } from "./repository";
import type { UsableSettings } from "./schema";

/**
 * When a host reboots for its upgrades, by its own clock, and how far from that a job has to begin. The jobs' times are UTC. So
 * is the clock of a server made at Hetzner; that of another host nobody knows here.
 */
const [rebootMinute, beforeRebootMinutes] = [5 * 60, 30];
/** What the daily job may take before the weekly one begins. */
const dailyMinutes = 30;
/** Share of a disk that its ext4 keeps: tables and journal, and the 5 % that mkfs leaves root by default. */
const fileSystemShare = 0.08;

type Of = NonNullable<UsableSettings["backups"]>;
type Fault = readonly [path: string, message: string];

export function checkBackups(stack: string, settings: UsableSettings): Problem[] {
  const { backups } = settings;
  if (backups === undefined) return [];
  const faults = [...repositoryFaults(backups), ...timeFaults(backups, settings.host?.mode === "hcloud")];
  const { gateways } = settings;
  return [
    ...faults.map(([path, message]) => settingProblem(stack, "backups", [path], message)),
    ...(gateways ?? []).flatMap((gateway, index) =>
      gateway?.name === "litellm"
        ? [settingProblem(stack, "gateways", [index, "name"], "litellm is where a backup has what was spent")]
        : [],
    ),
    ...checkRoom(stack, settings),
  ];
}

function repositoryFaults(backups: Of): Fault[] {
  const { repository, hostKey, region } = backups;
  const kind = repositoryKind(repository);
  if (kind === undefined) return [];
  const faults: Fault[] = [];
  // One that is wrong has been taken out, and spoken of.
  if (kind === "ssh" && !("hostKey" in backups))
    faults.push([
      "hostKey",
      "is missing, and the machine would be taken on trust: ssh-keyscan -t ed25519 -p PORT HOST | cut -d' ' -f2,3 prints it " +
        "(compare it with what the provider has published)",
    ]);
  if (kind !== "ssh" && hostKey !== undefined)
    faults.push(["hostKey", `is of no use with ${kind}: it is for ssh:// alone`]);
  if (kind !== "s3" && region !== undefined)
    faults.push(["region", `is of no use with ${kind}: it is for s3: alone`]);
  return faults;
}

const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

function timeFaults({ dailyAt, verifyAt }: Of, clockIsUtc: boolean): Fault[] {
  const faults: Fault[] = [];
  for (const [path, time] of Object.entries({ dailyAt, verifyAt })) {
    const before = time === undefined ? NaN : rebootMinute - minuteOf(time);
    if (clockIsUtc && before > -beforeRebootMinutes && before < beforeRebootMinutes)
      faults.push([
        path,
        `${time} is less than ${beforeRebootMinutes} minutes from 05:00 UTC, when the server reboots`,
      ]);
  }
  if (dailyAt === undefined || verifyAt === undefined) return faults;
  const between = minuteOf(verifyAt) - minuteOf(dailyAt);
  if (between < dailyMinutes && between > -dailyMinutes)
    faults.push(["verifyAt", `${verifyAt} is less than ${dailyMinutes} minutes from dailyAt (${dailyAt})`]);
  return faults;
}

/** The disk of a host that is there already is looked at on the host. */
function checkRoom(stack: string, { host, storage, gateways }: UsableSettings): Problem[] {
  if (host?.mode !== "hcloud" || gateways === undefined || host.swapMiB === undefined) return [];
  if (storage?.stateGiB === undefined || storage.sandboxesGiB === undefined) return [];
  const disk = serverTypes[host.serverType ?? "unknown"]?.diskGiB;
  if (disk === undefined) return [];
  const { stateGiB, sandboxesGiB } = storage;
  const { lines, totalGiB } = backupRoom({ stateGiB, sandboxesGiB }, gateways.length);
  const all = totalGiB + systemDiskReserveGiB + host.swapMiB / 1024;
  const needed = Math.ceil(all / (1 - fileSystemShare));
  if (needed <= disk) return [];
  const table = lines.map(({ part, gib }) => `${part}: ${gib}`).join(", ");
  const message =
    `has a disk of ${disk} GiB, and ${needed} are needed: ${totalGiB} GiB for backups (${table}), ` +
    `${systemDiskReserveGiB} for the system and its images, the swap file, and what the file system keeps. ` +
    "Take a larger type or a smaller clawkeep:storage";
  return [settingProblem(stack, "host", ["serverType"], message)];
}
