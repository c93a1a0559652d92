import { readFileSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { contentKey, folderParts } from "../images/content-key";
import { debianMirrors } from "../images/debian";
import { run } from "../lib/exec";
import { cacheDir } from "../lib/paths";
import { withScratch } from "../lib/scratch";

const rootfs = join(__dirname, "rootfs");
const script = join(__dirname, "build-disk");

/** What a rented server holds and no more, and what a container has no use for: the kernel and what boots it. */
function packages(): string[] {
  const bare = readFileSync(join(__dirname, "..", "vps", "image", "packages.txt"), "utf8");
  const names = bare.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  // debootstrap finds nobody who merely provides a name (dbus-system-bus).
  return [...names, "dbus", "linux-image-cloud-amd64", "initramfs-tools", "e2fsprogs", "udev"];
}

/**
 * Folder with `disk.img`, `vmlinuz`, `initrd`, `id_ed25519` and `known_hosts` (lab/kernel/build-disk): Debian 13 as bare as
 * its cloud image. Made once for its inputs, in a minute or two; needs root and debootstrap.
 */
export async function bareDisk(): Promise<string> {
  const wanted = packages();
  const key = contentKey([readFileSync(script), ...folderParts(rootfs), ...wanted]);
  const shelf = join(cacheDir(), "kernel");
  const folder = join(shelf, key);
  if ((await stat(folder).catch(() => undefined)) !== undefined) return folder;
  const debs = join(cacheDir(), "debs", "trixie");
  await mkdir(debs, { recursive: true });
  await mkdir(shelf, { recursive: true });
  await withScratch(async (scratch) => {
    const made = join(scratch, "kernel");
    await mkdir(made);
    await run(script, [made, (await debianMirrors()).debian, debs, rootfs, ...wanted]);
    for (const older of await readdir(shelf)) await rm(join(shelf, older), { recursive: true });
    await rename(made, folder);
  });
  return folder;
}
