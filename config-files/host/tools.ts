/** The scripts that components run on a host, as one archive. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { tar } from "../build-context";

const binDirectory = join(__dirname, "bin");

/** Tar of every script in bin/, base64. */
export function hostTools(): string {
  const files = readdirSync(binDirectory)
    .sort()
    .map((name) => [name, readFileSync(join(binDirectory, name), "utf8")] as const);
  return tar(files, 0o755).toString("base64");
}

/** The systemd unit template that runs gateways. */
export const gatewayUnit = (): string =>
  readFileSync(join(__dirname, "systemd", "openclaw-gateway@.service"), "utf8");

/** The script that prepares a bare host; it runs before any other is installed. */
export const prepareHostScript = (): string => readFileSync(join(binDirectory, "prepare-host"), "utf8");

const firewallUnits = [
  "clawkeep-firewall.service",
  "docker.service.d/clawkeep-firewall.conf",
  "nftables.service.d/clawkeep-firewall.conf",
] as const;

/** The firewall's unit and what it adds to others, as paths below /etc/systemd/system. */
export const firewallUnitPaths: readonly string[] = firewallUnits;

/** Tar of them, base64. */
export function firewallUnitFiles(): string {
  const files = firewallUnits.map(
    (path) => [path, readFileSync(join(__dirname, "systemd", path), "utf8")] as const,
  );
  return tar(files, 0o644).toString("base64");
}
