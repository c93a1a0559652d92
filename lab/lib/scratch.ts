import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheDir } from "./paths";

/**
 * A folder in the cache for the time of one piece of work, on the same file system as what it makes. Folders that a
 * killed process left behind go at the same time: their names hold its number.
 */
export async function withScratch<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const parent = join(cacheDir(), "scratch");
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    if (!existsSync(`/proc/${name.split("-")[0]}`))
      await rm(join(parent, name), { recursive: true, force: true });
  }
  const dir = await mkdtemp(join(parent, `${process.pid}-`));
  try {
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
