/**
 * Disks that begin with something on them. They are subvolumes of a btrfs file system in a sparse file of the cache: a
 * server's disk is a snapshot of the template, there at once, and whatever is written on the one, in place too, the
 * template and every other server's disk keep what they had. (Hard links of the engine's layers would be safe only as
 * long as nothing writes a layer's file in place, take a second to make and several to remove, and show a number of
 * links that programs look at.)
 */
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from "node:fs";
import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { attempt, run } from "../lib/exec";
import { withLock } from "../lib/lock";
import { cacheDir } from "../lib/paths";

/** Most that all disks together may hold. The file is sparse, and what is deleted in it is given back. */
const poolGiB = 60;

/** A machine with several checkouts wants several. Each is about 2 GiB. */
const keptTemplates = 3;

const poolFile = (): string => join(cacheDir(), "disks.img");
const poolDir = (): string => join(cacheDir(), "disks");
const templates = (): string => join(poolDir(), "templates");
const servers = (): string => join(poolDir(), "servers");

/** Where a template is, if it was made; mounts the file system. */
export async function findTemplate(key: string): Promise<string | undefined> {
  await mountPool();
  const dir = join(templates(), key);
  return existsSync(dir) ? dir : undefined;
}

/** A new disk for a server; empty, or a copy of a template. @returns its directory */
export async function newDisk(server: string, template?: string): Promise<string> {
  await mountPool();
  await removeDisk(server);
  const dir = join(servers(), server);
  await run("btrfs", ["subvolume", ...(template === undefined ? ["create"] : ["snapshot", template]), dir]);
  return dir;
}

/** Ends a server's disk. One that is not there is no error. */
export async function removeDisk(server: string): Promise<void> {
  const dir = join(servers(), server);
  if (existsSync(dir)) await run("btrfs", ["subvolume", "delete", dir]);
}

/** Keeps what is on a server's disk as the template of that name, which nobody can write to; the oldest go. */
export async function keepAsTemplate(server: string, key: string): Promise<void> {
  const byAge = readdirSync(templates())
    .map((name) => join(templates(), name))
    .sort((a, b) => statSync(b).birthtimeMs - statSync(a).birthtimeMs);
  for (const old of byAge.slice(keptTemplates - 1)) await run("btrfs", ["subvolume", "delete", old]);
  await run("btrfs", ["subvolume", "snapshot", "-r", join(servers(), server), join(templates(), key)]);
}

/** Ends all servers' disks and unmounts the file system; the templates stay in the cache. */
export async function closePool(): Promise<void> {
  if (!(await isMounted())) return;
  for (const server of readdirSync(servers())) await removeDisk(server);
  await run("umount", [poolDir()]);
}

const isMounted = async (): Promise<boolean> =>
  (await attempt("mountpoint", ["--quiet", poolDir()])).code === 0;

async function mountPool(): Promise<void> {
  if (await isMounted()) return;
  await withLock("disks", async () => {
    if (await isMounted()) return;
    mkdirSync(poolDir(), { recursive: true });
    if (!existsSync(poolFile())) {
      const draft = `${poolFile()}.draft`;
      await writeFile(draft, "");
      await truncate(draft, poolGiB * 1024 ** 3);
      await run("mkfs.btrfs", ["--quiet", draft]);
      renameSync(draft, poolFile());
    }
    // What is on it can be made again: nothing is lost by its not being flushed to the machine's disk each time.
    const mounted = await attempt("mount", [
      ...["-o", "loop,noatime,discard,nobarrier", poolFile(), poolDir()],
    ]);
    if (mounted.code !== 0)
      throw new Error(`the lab's disks need btrfs in this machine's kernel: ${mounted.stderr.trim()}`);
    for (const dir of [templates(), servers()]) mkdirSync(dir, { recursive: true });
  });
}
