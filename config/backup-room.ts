/**
 * Room on the host's own disk that backups need, all at its largest. What the host's scripts themselves ask for before they
 * begin (need_room in config-files/host/bin/backup-restore and backup-verify) is in it: a stack that a preview lets through is
 * not told by its host, when it has to be restored, that it has no room.
 */

export interface RoomLine {
  readonly part: string;
  readonly gib: number;
}

/** Sizes in GiB of each gateway's two file systems. */
export interface GatewayStorage {
  readonly stateGiB: number;
  readonly sandboxesGiB: number;
}

/** GiB for what is kept of LiteLLM: its spend and its audit. */
const recordsGiB = 1;
/** GiB of restic's cache: the repository's index, which grows with the number of snapshots. */
const cacheGiB = 1;

/** GiB that the host's scripts leave free beside what they bring. */
const spareGiB = 0.5;

/**
 * Staging is kept, so that a run costs what has changed; it is as large as what it is a copy of. Backups, a restore and the weekly
 * verification have one lock, so only the largest of them counts. A backup replaces a file while the old one is there, and the
 * largest file can be all of a state. A restore asks, gateway by gateway, for the whole snapshot, and for as much again or what
 * the gateway has, whichever is more: a copy that it is tried on goes before what it has is kept. What the gateways before it
 * had is kept meanwhile. A verification asks for the whole snapshot twice.
 * @param gateways how many the stack has
 */
export function backupRoom(
  { stateGiB, sandboxesGiB }: GatewayStorage,
  gateways: number,
): { lines: RoomLine[]; totalGiB: number } {
  const ofOne = stateGiB + sandboxesGiB;
  const snapshot = gateways * ofOne + recordsGiB;
  const work = {
    "a restore": (gateways - 1) * ofOne + snapshot + Math.max(snapshot, ofOne) + spareGiB,
    "a verification": 2 * snapshot + spareGiB,
    "a file that is replaced": Math.max(stateGiB, sandboxesGiB),
  };
  const [part, gib] = Object.entries(work).reduce((most, each) => (each[1] > most[1] ? each : most));
  const lines: RoomLine[] = [
    { part: `staging ${gateways} x (${stateGiB} + ${sandboxesGiB})`, gib: gateways * ofOne },
    { part, gib },
    { part: "spend and audit", gib: recordsGiB },
    { part: "restic's cache", gib: cacheGiB },
  ];
  return { lines, totalGiB: lines.reduce((sum, each) => sum + each.gib, 0) };
}

/** GiB of a server's own disk for its system, its logs, and its images twice, as they are while they are replaced. */
export const systemDiskReserveGiB = 24;
