import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { addresses, network } from "../internet/addresses";
import { debianCertificate } from "../internet/debian/debian";
import { ensureCa } from "../lib/ca";
import { labDir } from "../lib/paths";
import type { Engine } from "./engines";
import { firewallScript, type FirewallRule } from "./firewall";
import { volumeDevice } from "./volumes";

/** A server to be. */
export interface StandInSpec {
  /** Host name; the container is called clawkeep-vps-<name>. */
  readonly name: string;
  /** Address on the small internet. */
  readonly ipv4: string;
  readonly ipv6?: string;
  /**
   * What is on its disk at first. `bare`: what the provider's image holds. `warm`: the same after the product's own
   * prepare-host, with every published image in the engine; for what does not look at how a host becomes ready.
   */
  readonly disk: "bare" | "warm";
  /** A Docker engine that is there before prepare-host comes; on a bare disk only. Absent: none. */
  readonly engine?: Engine;
  /** Public keys that the provider puts in for root, in authorized_keys format. */
  readonly authorizedKeys: readonly string[];
  /** A cloud-config or script, handed to cloud-init as it is. */
  readonly userData?: string;
  /** Cap on the server's memory, its own containers included. Absent: the machine's. */
  readonly memoryMiB?: number;
}

/** What the provider remembers of a server while it is off. */
export interface ServerRecord {
  readonly spec: StandInSpec;
  /** cloud-init does its first-boot work once for each value. */
  readonly instanceId: string;
  /** Undefined: none attached, everything may come in. */
  readonly firewall?: readonly FirewallRule[] | undefined;
  readonly volumeIds: readonly number[];
}

const serverDir = (name: string): string => join(labDir(), "vps", name);
const recordFile = (name: string): string => join(serverDir(name), "server.json");

/** The folder that the server's first process reads at each start. */
export const guestDir = (name: string): string => join(serverDir(name), "guest");

export async function readRecord(name: string): Promise<ServerRecord | undefined> {
  if (!existsSync(recordFile(name))) return undefined;
  return JSON.parse(await readFile(recordFile(name), "utf8")) as ServerRecord;
}

/** @throws Error when no such server was booted in this lab */
export async function mustKnow(name: string): Promise<ServerRecord> {
  const record = await readRecord(name);
  if (record === undefined) throw new Error(`there is no server ${name} in ${labDir()}: boot it first`);
  return record;
}

/** Remembers a server and brings up to date what it will read at its next start. */
export async function writeRecord(record: ServerRecord): Promise<void> {
  const { spec } = record;
  const guest = guestDir(spec.name);
  // User data holds the server's private host key.
  await mkdir(join(guest, "seed"), { recursive: true, mode: 0o700 });
  await put(recordFile(spec.name), JSON.stringify(record, undefined, 2));
  await put(join(guest, "ca.pem"), await readFile((await ensureCa()).cert));
  await put(join(guest, "debian.pem"), await readFile((await debianCertificate()).cert));
  await put(join(guest, "firewall.nft"), firewallScript(record.firewall));
  await put(join(guest, "resolved.conf"), resolved);
  await put(join(guest, "routes"), routes(spec));
  await put(join(guest, "volumes"), await volumeLines(record.volumeIds));
  await put(join(guest, "seed", "meta-data"), metaData(record));
  await put(join(guest, "seed", "user-data"), spec.userData ?? "#cloud-config\n{}\n");
}

export async function forget(name: string): Promise<void> {
  await rm(serverDir(name), { recursive: true, force: true });
}

// At the provider no other machine is on the server's link. Here all are, and resolved would ask them by LLMNR, and nobody
// else, for the reverse names of their addresses.
const resolved = `[Resolve]\nDNS=${addresses.dns}\nDomains=~${network.subnet4.split(".")[0]}.in-addr.arpa\n`;

function routes(spec: StandInSpec): string {
  const four = `4 gateway ${addresses.admin}\n`;
  if (spec.ipv6 === undefined) return four;
  // Neighbours on the bridge are reached directly, so the address carries the bridge's prefix and not the server's /64.
  const prefix = network.subnet6.split("/")[1];
  return `${four}6 address ${spec.ipv6}/${prefix}\n6 gateway ${network.gateway6}\n`;
}

async function volumeLines(ids: readonly number[]): Promise<string> {
  const lines: string[] = [];
  for (const id of ids) {
    const { major, minor } = await volumeDevice(id);
    lines.push(`${id} ${major} ${minor}\n`);
  }
  return lines.join("");
}

// JSON is YAML.
function metaData({ spec, instanceId }: ServerRecord): string {
  return JSON.stringify({
    "instance-id": instanceId,
    "local-hostname": spec.name,
    "public-keys": spec.authorizedKeys,
  });
}

async function put(file: string, content: string | Buffer): Promise<void> {
  const draft = `${file}.draft`;
  await writeFile(draft, content, { mode: 0o600 });
  await rename(draft, file);
}
