/**
 * What a prune looks at before it deletes anything: whether what stays is what was saved. A host's key may overwrite what lies
 * in a bucket, by something of the same size too, and nobody else ever reads all of it.
 */
import { nameAndTime } from "../earlier-versions/choose";

/**
 * Of how many shares one is read in each run, unless it is told otherwise. By the day, so that nobody has to remember which one
 * was read last; a prime, so that also who prunes once a week comes round; and all of them well within the days that an earlier
 * version stays (lockedDays of config-files/backups/storage.ts).
 */
export const shares = 13;

/** The share of a day, as `restic check --read-data-subset` takes it. @param of how many @throws Error where that is no number */
export function shareOf(day: Date, of: string | number = shares): string {
  const count = Number(of);
  if (!Number.isInteger(count) || count < 1 || count > 256)
    throw new Error(`SHARES=${of} is no number from 1 to 256: of so many shares of the packs, one is read`);
  return `${(Math.floor(day.getTime() / 86_400_000) % count) + 1}/${count}`;
}

/** `rclone lsjson --s3-versions`, as far as it is read here. */
interface Listed {
  readonly Path: string;
}

/** The only file of a repository that is called by no hash. */
const configuration = "config";

export interface Overwritten {
  /** In the repository. */
  readonly name: string;
  /** Path of the first version, as rclone calls it. */
  readonly first: string;
}

/** What is there, and has been there in an earlier version: it was overwritten. What a prune has deleted is not there. */
export function overwritten(listing: string): Overwritten[] {
  const current = new Set<string>();
  const earlier = new Map<string, { path: string; time: string }>();
  for (const { Path: path } of JSON.parse(listing) as Listed[]) {
    if (/^locks\//.test(path)) continue;
    const { name, time } = nameAndTime(path);
    if (time === undefined) current.add(name);
    else if (time < (earlier.get(name)?.time ?? "9")) earlier.set(name, { path, time });
  }
  return [...earlier].flatMap(([name, { path }]) => (current.has(name) ? [{ name, first: path }] : []));
}

/** Paths whose hashes `forged` has to know. */
export const toHash = (files: readonly Overwritten[]): string[] =>
  files.flatMap(({ name, first }) => (name === configuration ? [name, first] : [name]));

/**
 * Those that are not what they are called by. An upload whose answer was lost is made again, and that leaves two versions of the
 * same; and one that was mended is good again.
 * @param sums `rclone hashsum SHA256` of them: a hash, two spaces, the path
 */
export function forged(files: readonly Overwritten[], sums: string): string[] {
  const hashes = new Map(sums.split("\n").map((line) => [line.slice(66), line.slice(0, 64)]));
  return files.flatMap(({ name, first }) => {
    const wanted = name === configuration ? hashes.get(first) : name.split("/").at(-1);
    return hashes.get(name) === wanted && wanted !== undefined ? [] : [name];
  });
}
