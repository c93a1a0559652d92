/**
 * Which snapshots of a repository go. By the storage's own time of arrival, never by the time that a snapshot says of
 * itself, and never by count: whoever owns a host can write any number of snapshots with any time, and so would push out
 * the good ones.
 */

export interface Snapshot {
  readonly id: string;
  /** What it says of itself. */
  readonly time: Date;
  /** Stack that it is of; undefined where its tags do not say. */
  readonly stack: string | undefined;
  /** Bytes of all that is in it. */
  readonly size: number;
}

/** What is known of the repository: its snapshots, and when the storage has got the file of each, by id. */
export interface Repository {
  readonly snapshots: readonly Snapshot[];
  readonly arrivals: ReadonlyMap<string, Date>;
}

export interface Decision {
  /** Ids that go; none where something is wrong. */
  readonly forget: readonly string[];
  /** What is wrong. A person looks at it before anything goes. */
  readonly stops: readonly string[];
}

const day = 24 * 3600_000;
/** All of this time is kept. */
export const allDays = 2;
/** Then the last one of each day, up to this age. */
export const keptDays = 14;
/** A snapshot's own time and its arrival may differ by as much: the time that its upload takes, and clocks. */
const differenceMinutes = 10;
/**
 * A newest snapshot older than this is no reason to delete others. Of all stacks' together: of two that stand for each other
 * one alone makes them. The newest of each is kept, however old.
 */
const oldestNewestDays = 1;
/** A newest snapshot smaller than this share of the median of those before it has lost something. */
const smallestShare = 0.5;

export function decide({ snapshots, arrivals }: Repository, now: Date): Decision {
  const stops: string[] = [];
  const arrived = snapshots.flatMap((snapshot) => {
    const arrival = arrivals.get(snapshot.id);
    if (arrival === undefined) stops.push(`${short(snapshot)} is listed, and the storage has no file of it`);
    return arrival === undefined ? [] : [{ ...snapshot, arrival }];
  });
  for (const { id, time, arrival } of arrived) {
    const minutes = Math.abs(time.getTime() - arrival.getTime()) / 60_000;
    if (minutes > differenceMinutes)
      stops.push(
        `${short({ id })} says that it is of ${time.toISOString()}, and has arrived at ${arrival.toISOString()}`,
      );
    if (arrival.getTime() > now.getTime() + differenceMinutes * 60_000)
      stops.push(`${short({ id })} has arrived at ${arrival.toISOString()}, which is to come`);
  }
  const known = new Set(snapshots.map(({ id }) => id));
  const unread = [...arrivals.keys()].filter((id) => !known.has(id));
  if (unread.length > 0)
    stops.push(
      `${unread.length} files among the snapshots cannot be read, ${short({ id: unread[0] ?? "" })} first`,
    );
  const stacks = new Map<string, Arrived[]>();
  for (const one of arrived) stacks.set(one.stack ?? "", [...(stacks.get(one.stack ?? "") ?? []), one]);
  if (arrived.length === 0) stops.push("there is no snapshot");
  const byArrival = (one: Arrived, two: Arrived): number => two.arrival.getTime() - one.arrival.getTime();
  const newest = [...arrived].sort(byArrival)[0];
  if (newest !== undefined) stops.push(...tooOld(newest, now));
  const forget = [...stacks].flatMap(([stack, list]) => {
    const sorted = [...list].sort(byArrival);
    stops.push(...tooSmall(stack, sorted));
    return outdated(sorted, now);
  });
  return { forget: stops.length > 0 ? [] : forget, stops };
}

type Arrived = Snapshot & { readonly arrival: Date };
const short = ({ id }: Pick<Snapshot, "id">): string => id.slice(0, 8);

const of = (stack: string | undefined): string =>
  stack === undefined || stack === "" ? "of no stack" : `of stack ${stack}`;

function tooOld(newest: Arrived, now: Date): string[] {
  const days = (now.getTime() - newest.arrival.getTime()) / day;
  if (days <= oldestNewestDays) return [];
  return [
    `the newest snapshot, ${of(newest.stack)} (${short(newest)}), is ${days.toFixed(1)} days old: are backups made?`,
  ];
}

/** @param sorted newest first */
function tooSmall(stack: string, sorted: readonly Arrived[]): string[] {
  const [newest, ...others] = sorted;
  if (newest === undefined) return [];
  const sizes = others.map(({ size }) => size).sort((one, two) => one - two);
  const median = sizes[Math.floor(sizes.length / 2)] ?? 0;
  if (newest.size >= median * smallestShare) return [];
  return [
    `the newest snapshot ${of(stack)} (${short(newest)}) has ${newest.size} bytes, and those before it ${median}: what is missing?`,
  ];
}

/** Of the days between, each keeps what has arrived last. The newest of all stays. @param sorted newest first */
function outdated(sorted: readonly Arrived[], now: Date): string[] {
  const kept = new Set<string>();
  return sorted
    .filter(({ arrival }, index) => {
      if (index === 0) return false;
      const age = (now.getTime() - arrival.getTime()) / day;
      if (age <= allDays) return false;
      if (age > keptDays) return true;
      const date = arrival.toISOString().slice(0, 10);
      const isLast = !kept.has(date);
      kept.add(date);
      return !isLast;
    })
    .map(({ id }) => id);
}
