/** What a repository holds, said for a person. */

/** As `backup-fetch list` prints it. */
export interface Snapshot {
  readonly id: string;
  /** ISO time. */
  readonly time: string;
  readonly stack: string;
  readonly epoch: number;
  readonly gateways: readonly string[];
  /** Bytes. */
  readonly size: number;
}

/** What the weekly verification leaves, as far as it is read here. */
export interface Verified {
  /** Seconds since 1970. */
  readonly began: number;
  readonly snapshot: string;
  readonly failed?: string;
  readonly gateways: Readonly<Record<string, { readonly failed?: string }>>;
}

/** Snapshots that are shown one by one; the rest is counted. */
const shown = 12;

const age = (milliseconds: number): string => {
  const minutes = Math.max(0, Math.round(milliseconds / 60_000));
  if (minutes < 120) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} days`;
};
const size = (bytes: number): string =>
  bytes < 1024 ** 3 ? `${(bytes / 1024 ** 2).toFixed(1)} MiB` : `${(bytes / 1024 ** 3).toFixed(1)} GiB`;

/**
 * @param snapshots what a restore takes first comes first
 * @param verified undefined: there has been no verification
 * @param now milliseconds since 1970
 */
export function backupReport(
  snapshots: readonly Snapshot[],
  verified: Verified | undefined,
  now: number,
): string[] {
  const lines = snapshots
    .slice(0, shown)
    .map(
      ({ id, time, stack, epoch, gateways, size: bytes }) =>
        `${id.slice(0, 8)}  ${time.slice(0, 19)}Z  ${age(now - Date.parse(time)).padStart(8)}  ${size(bytes).padStart(10)}  ` +
        `${stack}, epoch ${epoch}: ${gateways.join(", ")}`,
    );
  const more = snapshots.length - lines.length;
  return [
    snapshots.length === 0
      ? "there is no snapshot"
      : `${snapshots.length} snapshots, the one that a restore takes first:`,
    ...lines,
    ...(more > 0 ? [`and ${more} more, the oldest of ${snapshots.at(-1)?.time.slice(0, 19) ?? ""}Z`] : []),
    verified === undefined ? "no verification has been made yet" : verification(verified, now),
  ];
}

function verification({ began, snapshot, failed, gateways }: Verified, now: number): string {
  const problems = [
    ...(failed === undefined ? [] : [failed]),
    ...Object.entries(gateways).flatMap(([name, own]) =>
      own.failed === undefined ? [] : [`${name}: ${own.failed}`],
    ),
  ];
  const what = `the last verification, ${age(now - began * 1000)} ago, of snapshot ${snapshot.slice(0, 8)},`;
  return problems.length === 0 ? `${what} held` : `${what} DID NOT HOLD: ${problems.join("; ")}`;
}
