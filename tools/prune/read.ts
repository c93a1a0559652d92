/** What restic and rclone say of a repository, as the rule takes it. */
import type { Repository } from "./rule";

interface ListedSnapshot {
  readonly id: string;
  readonly time: string;
  readonly tags?: readonly string[];
  readonly summary?: { readonly total_bytes_processed?: number };
}
interface ListedFile {
  readonly Path: string;
  readonly ModTime: string;
}

/**
 * @param snapshots `restic snapshots --json`
 * @param files `rclone lsjson --use-server-modtime` of the folder of snapshots: a time that the writer has given does not count
 * @throws Error where one of them says something else
 */
export function readRepository(snapshots: string, files: string): Repository {
  return {
    snapshots: (JSON.parse(snapshots) as ListedSnapshot[]).map(({ id, time, tags, summary }) => ({
      id,
      time: date(time, `snapshot ${id}`),
      stack: tags?.find((tag) => tag.startsWith("stack="))?.slice("stack=".length),
      size: summary?.total_bytes_processed ?? 0,
    })),
    arrivals: new Map(
      (JSON.parse(files) as ListedFile[]).map(({ Path, ModTime }) => [Path, date(ModTime, `file ${Path}`)]),
    ),
  };
}

function date(text: string, of: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw new Error(`${of} has the time ${JSON.stringify(text)}, which is none`);
  return time;
}
