/** The scripts that components run on a host, as one archive. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { tar } from "../build-context";

const binDirectory = join(__dirname, "bin");

const script = (name: string): string => readFileSync(join(binDirectory, name), "utf8");

/** What is installed: scripts, and modules that they share. What Python leaves beside them while tests run is not. */
export const scriptNames = (): string[] =>
  readdirSync(binDirectory, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();

/**
 * Every script in bin/ as a tar, base64, behind the script that installs it: there is none on a bare host. What bin/ no
 * longer has is removed from a host: a script that the `delete` of a deployed command names keeps its name for good.
 */
export const hostTools = (): string => `${script("install-archive")}\n${hostToolsArchive()}`;

/** Tar of every script in bin/, base64. */
export function hostToolsArchive(): string {
  return tar(
    scriptNames().map((name) => [name, script(name)] as const),
    0o755,
  ).toString("base64");
}

/**
 * What a script was when a command ran it, modules that it imports included, for the command's standard input, which the
 * script leaves unread: a changed script runs again. In `triggers` it would replace the command, and a replaced command
 * runs its `delete`.
 */
export const scriptRevision = (name: string): string =>
  createHash("sha256")
    .update(withImports([name]).map(script).join("\0"))
    .digest("hex")
    .slice(0, 12);

/** The files of these names and the modules beside them that they import, at any depth, each once. */
function withImports(names: readonly string[]): string[] {
  const there = new Set(scriptNames());
  const found = new Set(names);
  // Grows while it is gone through.
  for (const name of found)
    for (const [, module = ""] of script(name).matchAll(/^(?:import|from) (\w+)/gm))
      if (there.has(`${module}.py`)) found.add(`${module}.py`);
  return [...found];
}

/** The script that waits for a first boot; as prepare-host it runs before any other is installed. */
export const awaitBootScript = (): string => script("await-boot");

/** The script that prepares a bare host; it runs before any other is installed. */
export const prepareHostScript = (): string => script("prepare-host");

const firewallUnits = [
  "clawkeep-firewall.service",
  "docker.service.d/clawkeep-firewall.conf",
  "nftables.service.d/clawkeep-firewall.conf",
] as const;

/** The firewall's unit and what it adds to others, as paths below /etc/systemd/system. */
export const firewallUnitPaths: readonly string[] = firewallUnits;

/** Tar of them, base64. */
export const firewallUnitFiles = (): string => units(firewallUnits);

/** What a package manager is told about updates. */
export const upgradeSettings = (): string =>
  readFileSync(join(__dirname, "apt", "52clawkeep-upgrades"), "utf8");

/** The unit template that runs gateways, those of a boot and its end, the swap file's, the lease's guard, what is added to Docker's socket and to the timer of updates, slices. */
const hostUnits = [
  "apt-daily-upgrade.timer.d/clawkeep.conf",
  "openclaw-gateway@.service",
  "clawkeep-boot.service",
  "clawkeep-lease.service",
  "clawkeep-stop.service",
  "clawkeep-swap.service",
  "clawkeep-traces.service",
  "docker.service.d/clawkeep.conf",
  "docker.socket.d/clawkeep.conf",
  "openclaw.slice",
  "openclaw-.slice.d/clawkeep.conf",
] as const;

/** Tar of them, base64. */
export const hostUnitFiles = (): string => units([...hostUnits]);

function units(paths: readonly string[]): string {
  const files = paths.map((path) => [path, readFileSync(join(__dirname, "systemd", path), "utf8")] as const);
  return tar(files, 0o644).toString("base64");
}
