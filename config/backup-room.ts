/** Room on the host's own disk that backups need, all at its largest. */

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

/**
 * Staging is kept, so that a run costs what has changed; it is as large as what it is a copy of. A file is replaced while
 * the old one is there, and the largest file can be all of a state. A restore (what it brings, beside what was there)
 * and the weekly verification (one gateway's restore) have one lock, so only the larger of them counts.
 * @param gateways how many the stack has
 */
export function backupRoom(
  { stateGiB, sandboxesGiB }: GatewayStorage,
  gateways: number,
): { lines: RoomLine[]; totalGiB: number } {
  const lines: RoomLine[] = [
    {
      part: `staging ${gateways} x (${stateGiB} + ${sandboxesGiB})`,
      gib: gateways * (stateGiB + sandboxesGiB),
    },
    { part: "a file that is replaced", gib: Math.max(stateGiB, sandboxesGiB) },
    { part: "restore or verification", gib: Math.max(2 * stateGiB, stateGiB + sandboxesGiB) },
    { part: "spend and audit", gib: recordsGiB },
    { part: "restic's cache", gib: cacheGiB },
  ];
  return { lines, totalGiB: lines.reduce((sum, { gib }) => sum + gib, 0) };
}

/** GiB of a server's own disk for its system, its logs, and its images twice, as they are while they are replaced. */
export const systemDiskReserveGiB = 24;
