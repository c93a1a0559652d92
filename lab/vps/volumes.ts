import { existsSync } from "node:fs";
import { mkdir, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../lib/exec";
import { labDir } from "../lib/paths";

const gib = 1024 ** 3;

/** Device numbers of a block device. */
export interface DeviceNumbers {
  readonly major: number;
  readonly minor: number;
}

/**
 * Makes a volume: a sparse file in the lab directory behind a loop device of the outer machine.
 * A volume that is there already keeps its data and gets its loop device back.
 */
export async function createVolume(volumeId: number, sizeGiB: number, format?: "ext4"): Promise<void> {
  const file = volumeFile(volumeId);
  if (!existsSync(file)) {
    await mkdir(join(file, ".."), { recursive: true });
    const draft = `${file}.draft`;
    await writeFile(draft, "", { mode: 0o600 });
    await truncate(draft, sizeGiB * gib);
    if (format === "ext4")
      await run("mkfs.ext4", ["-q", "-F", "-E", "lazy_itable_init=1,lazy_journal_init=1", draft]);
    await rename(draft, file);
  }
  await loopDevice(volumeId);
}

/** Makes a volume larger, in use or not. The file system on it is its owner's to grow. */
export async function resizeVolume(volumeId: number, sizeGiB: number): Promise<void> {
  const device = await loopDevice(volumeId);
  await truncate(volumeFile(volumeId), sizeGiB * gib);
  await run("losetup", ["--set-capacity", device]);
}

/** Ends a volume and its data. */
export async function deleteVolume(volumeId: number): Promise<void> {
  const file = volumeFile(volumeId);
  if (!existsSync(file)) return;
  for (const device of await loopDevices(file)) await run("losetup", ["--detach", device]);
  await rm(file);
}

/**
 * Takes a volume's loop device away, and with it what that has cached; the next who asks for the volume gets a new one.
 * @throws Error when something still uses the volume after half a minute
 */
export async function releaseVolume(volumeId: number): Promise<void> {
  const file = volumeFile(volumeId);
  const deadline = Date.now() + 30_000;
  for (;;) {
    const [device] = await loopDevices(file);
    if (device === undefined) return;
    // In use it goes when its last user does.
    await run("losetup", ["--detach", device]);
    if (Date.now() > deadline) throw new Error(`${device} of volume ${volumeId} is still in use`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The numbers by which a server's own device node reaches the volume. */
export async function volumeDevice(volumeId: number): Promise<DeviceNumbers> {
  const device = await loopDevice(volumeId);
  const [major, minor] = (await run("stat", ["--format", "%Hr %Lr", device])).trim().split(" ").map(Number);
  if (major === undefined || minor === undefined) throw new Error(`${device} has no device numbers`);
  return { major, minor };
}

function volumeFile(volumeId: number): string {
  return join(labDir(), "volumes", `${volumeId}.img`);
}

async function loopDevice(volumeId: number): Promise<string> {
  const file = volumeFile(volumeId);
  if (!existsSync(file)) throw new Error(`volume ${volumeId} does not exist (no ${file}): create it first`);
  const [existing] = await loopDevices(file);
  if (existing !== undefined) return existing;
  return (await run("losetup", ["--find", "--show", file])).trim();
}

async function loopDevices(file: string): Promise<readonly string[]> {
  const listed = await run("losetup", ["--noheadings", "--output", "NAME", "--associated", file]);
  return listed
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
