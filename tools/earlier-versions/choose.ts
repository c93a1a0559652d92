/**
 * Which version of a repository's file is the good one. All files of a restic repository but one are called by the SHA-256 of
 * what they hold, so whoever overwrote one cannot have made another good one, and no clock has to be believed: the times of
 * versions differ from storage to storage (versitygw 1.8.0 gives an earlier version the time at which it was replaced).
 */

/** A file as `rclone copy --s3-versions` has brought it: the current one has its name, an earlier one -vTIME behind it. */
export interface Version {
  /** Path below the folder, as brought. */
  readonly path: string;
  readonly sha256: string;
}

/** rclone's mark of an earlier version. */
const mark = /-v(\d{4}-\d{2}-\d{2}-\d{6}-\d{3})(?=\.[^/]*$|$)/;

/** @returns what it is called in the repository, and rclone's time of it; undefined: it is the current one */
export const nameAndTime = (path: string): { readonly name: string; readonly time: string | undefined } => ({
  name: path.replace(mark, ""),
  time: mark.exec(path)?.[1],
});

export interface Choice {
  /** Name in the repository -> path of the version that it gets. */
  readonly chosen: ReadonlyMap<string, string>;
  /** Names of which no version holds what it should. */
  readonly lost: readonly string[];
}

/** Locks are nobody's loss, and are left out. Of `config`, which is called by no hash, the earliest counts: it never changes. */
export function chooseVersions(versions: readonly Version[]): Choice {
  const byName = new Map<string, { path: string; sha256: string; time: string }[]>();
  for (const { path, sha256 } of versions) {
    const { name, time = "9" } = nameAndTime(path);
    if (/(^|\/)locks\//.test(name)) continue;
    // The current version is the latest.
    byName.set(name, [...(byName.get(name) ?? []), { path, sha256, time }]);
  }
  const chosen = new Map<string, string>();
  const lost: string[] = [];
  for (const [name, all] of byName) {
    const sorted = [...all].sort((one, two) => (one.time < two.time ? -1 : 1));
    const file = name.split("/").at(-1) ?? "";
    const good = file === "config" ? sorted[0] : sorted.find(({ sha256 }) => sha256 === file);
    if (good !== undefined) chosen.set(name, good.path);
    else lost.push(name);
  }
  return { chosen, lost };
}
