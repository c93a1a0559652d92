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

/** Hours of which each snapshot is shown, and of which the last of each hour is; before that, the last of each day. */
const [eachHours, hourlyHours] = [2, 24];
/** Lines at most, the newest first: whoever owns a host can make any number of snapshots, of any time. */
const mostLines = 200;
const hour = 3600_000;

const age = (milliseconds: number): string => {
  const minutes = Math.max(0, Math.round(milliseconds / 60_000));
  if (minutes < 120) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} days`;
};
const size = (bytes: number): string =>
  bytes < 1024 ** 3 ? `${(bytes / 1024 ** 2).toFixed(1)} MiB` : `${(bytes / 1024 ** 3).toFixed(1)} GiB`;

/** What stands for a snapshot in the list; undefined: it is shown anyway. */
function slot({ time }: Snapshot, now: number): string | undefined {
  const hours = (now - Date.parse(time)) / hour;
  if (hours <= eachHours) return undefined;
  return hours <= hourlyHours ? time.slice(0, 13) : time.slice(0, 10);
}

/**
 * The newest of each stack and epoch; then of all of them together those that somebody looks for who wants an earlier one.
 * @param snapshots what a restore takes first comes first
 */
export function choose(
  snapshots: readonly Snapshot[],
  now: number,
): { readonly newest: readonly Snapshot[]; readonly earlier: readonly Snapshot[] } {
  const newest = new Map<string, Snapshot>();
  for (const snapshot of snapshots) {
    const of = `${snapshot.stack} ${snapshot.epoch}`;
    if (!newest.has(of)) newest.set(of, snapshot);
  }
  const first = [...newest.values()].slice(0, mostLines);
  const shown = new Set(first);
  const taken = new Set<string>();
  const earlier = [...snapshots]
    .sort((one, two) => Date.parse(two.time) - Date.parse(one.time))
    .filter((snapshot) => {
      const own = slot(snapshot, now);
      // Each stack and epoch has slots of its own: one pushes out none of another.
      const key = own === undefined ? snapshot.id : `${snapshot.stack} ${snapshot.epoch} ${own}`;
      const isLast = !taken.has(key);
      taken.add(key);
      return isLast && !shown.has(snapshot);
    });
  return { newest: first, earlier: earlier.slice(0, mostLines) };
}

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
  const line = ({ id, time, stack, epoch, gateways, size: bytes }: Snapshot): string =>
    `${id.slice(0, 8)}  ${time.slice(0, 19)}Z  ${age(now - Date.parse(time)).padStart(8)}  ${size(bytes).padStart(10)}  ` +
    `${stack}, epoch ${epoch}: ${gateways.join(", ")}`;
  const { newest, earlier } = choose(snapshots, now);
  const more = snapshots.length - newest.length - earlier.length;
  const oldest = snapshots.map(({ time }) => time.slice(0, 19)).sort()[0];
  return [
    snapshots.length === 0
      ? "there is no snapshot"
      : `${snapshots.length} snapshots; the newest of each stack and epoch, the one that a restore takes first:`,
    ...newest.map(line),
    ...(earlier.length > 0
      ? [
          `earlier ones (all of ${eachHours} hours, the last of each hour of a day, of each day before); SNAPSHOT=ID takes one:`,
          ...earlier.map(line),
        ]
      : []),
    ...(more > 0
      ? [
          `${more} more are left out, the oldest of all is of ${oldest ?? ""}Z; on the host: /opt/openclaw/bin/backup-fetch list`,
        ]
      : []),
    verified === undefined ? "no verification has been made yet" : verification(verified, now),
  ];
}

/** What did not hold in a verification, a line each. */
export const notHeld = ({ failed, gateways }: Verified): string[] => [
  ...(failed === undefined ? [] : [failed]),
  ...Object.entries(gateways).flatMap(([name, own]) =>
    own.failed === undefined ? [] : [`${name}: ${own.failed}`],
  ),
];

function verification(verified: Verified, now: number): string {
  const problems = notHeld(verified);
  const what = `the last verification, ${age(now - verified.began * 1000)} ago, of snapshot ${verified.snapshot.slice(0, 8)},`;
  return problems.length === 0 ? `${what} held` : `${what} DID NOT HOLD: ${problems.join("; ")}`;
}
