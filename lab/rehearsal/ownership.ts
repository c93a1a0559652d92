/** One lab at a time on a machine: containers, addresses and ports are there once. The last checkout that asks has it. */
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { docker, labLabel } from "../lib/docker";
import { attempt } from "../lib/exec";
import { cacheDir, labDir } from "../lib/paths";
import { closePool } from "../vps/disks";
import { stop } from "./processes";

const ownerFile = (): string => join(cacheDir(), "lab-owner");

/**
 * What tells this lab from every other one: its directory and a mark inside it. A fresh checkout at the path of an older
 * one has no mark yet, so what the older one left running is not taken for its own.
 */
function mark(): string {
  const file = join(labDir(), "mark");
  if (!existsSync(file)) {
    mkdirSync(labDir(), { recursive: true });
    writeFileSync(file, randomUUID());
  }
  return `${labDir()}\n${readFileSync(file, "utf8")}`;
}

/** Takes the machine's lab over from another checkout, whose stand-ins are removed. @returns that checkout's lab, if any */
export async function takeOver(): Promise<string | undefined> {
  const owner = existsSync(ownerFile()) ? readFileSync(ownerFile(), "utf8").trim() : undefined;
  const other = owner !== undefined && owner !== mark() ? owner.split("\n")[0] : undefined;
  if (other !== undefined) await removeLab(other);
  mkdirSync(cacheDir(), { recursive: true });
  writeFileSync(ownerFile(), mark());
  return other;
}

/** Removes every container, volume, network and process of a lab; not its directory and not the cache. */
export async function removeLab(lab = labDir()): Promise<void> {
  for (const name of ["hetzner", "cloudflare"]) stop(name);
  const filter = `label=${labLabel}`;
  const containers = (await docker(["ps", "-aq", "--filter", filter])).split("\n").filter(Boolean);
  if (containers.length > 0) await docker(["rm", "--force", "--volumes", ...containers]);
  const volumes = (await docker(["volume", "ls", "-q", "--filter", filter])).split("\n").filter(Boolean);
  if (volumes.length > 0) await docker(["volume", "rm", "--force", ...volumes]);
  const networks = (await docker(["network", "ls", "-q", "--filter", filter])).split("\n").filter(Boolean);
  if (networks.length > 0) await docker(["network", "rm", ...networks]);
  await closePool();
  // Volumes of servers are files of the lab behind loop devices.
  const loops = await attempt("losetup", ["--list", "--noheadings", "--output", "NAME,BACK-FILE"]);
  for (const line of loops.stdout.split("\n")) {
    const [device, file] = line.trim().split(/\s+/);
    if (device !== undefined && file?.startsWith(`${lab}/`) === true)
      await attempt("losetup", ["--detach", device]);
  }
  rmSync(join(lab, "run"), { recursive: true, force: true });
}
