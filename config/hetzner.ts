/**
 * What of Hetzner Cloud the program knows by name: locations, operating systems and server types.
 *
 * Hetzner sells two catalogues: cx and the second cpx generation in Europe (that cpx in Singapore too), the first cpx
 * generation in the United States, ccx everywhere. The second cx generation is gone since January 2026, and the first
 * cpx generation outside the United States. Sources, read in November 2026: Hetzner's changelog of 2025-10-16
 * ("Server Types deprecated") as hetznercloud/cli#1211, terraform-provider-hcloud#1233 and pulumi-hcloud#939 cite it,
 * and published listings of GET /server_types of 2026. What is out of stock today, only Hetzner knows.
 */

/** Locations that offer volumes and primary IPs. */
export const locations = ["fsn1", "nbg1", "hel1", "ash", "hil", "sin"] as const;
export type Location = (typeof locations)[number];

const europe: readonly Location[] = ["fsn1", "nbg1", "hel1"];
const states: readonly Location[] = ["ash", "hil"];

export interface ServerType {
  readonly cores: number;
  /** Nominal memory. */
  readonly memoryMiB: number;
  readonly diskGiB: number;
  /** Where it can be ordered. */
  readonly sold: readonly Location[];
  /** Where it is no longer sold, but servers made before run on. */
  readonly retired: readonly Location[];
}

const type = (
  cores: number,
  memoryGiB: number,
  diskGiB: number,
  sold: readonly Location[],
  retired: readonly Location[] = [],
): ServerType => ({ cores, memoryMiB: memoryGiB * 1024, diskGiB, sold, retired });

/** The x86 server types a stack may name; of the Arm types (cax…) none, because the images are built for x86-64. */
export const serverTypes: Readonly<Record<string, ServerType>> = {
  cx23: type(2, 4, 40, europe),
  cx33: type(4, 8, 80, europe),
  cx43: type(8, 16, 160, europe),
  cx53: type(16, 32, 320, europe),
  cpx22: type(2, 4, 80, [...europe, "sin"]),
  cpx32: type(4, 8, 160, [...europe, "sin"]),
  cpx42: type(8, 16, 320, [...europe, "sin"]),
  cpx52: type(12, 24, 480, [...europe, "sin"]),
  cpx62: type(16, 32, 640, [...europe, "sin"]),
  cpx21: type(3, 4, 80, states, [...europe, "sin"]),
  cpx31: type(4, 8, 160, states, [...europe, "sin"]),
  cpx41: type(8, 16, 240, states, [...europe, "sin"]),
  cpx51: type(16, 32, 360, states, [...europe, "sin"]),
  ccx13: type(2, 8, 80, locations),
  ccx23: type(4, 16, 160, locations),
  ccx33: type(8, 32, 240, locations),
  cx22: type(2, 4, 40, [], europe),
  cx32: type(4, 8, 80, [], europe),
  cx42: type(8, 16, 160, [], europe),
  cx52: type(16, 32, 320, [], europe),
};

/** Server types that can be ordered; of one location, or of any. */
export const soldTypes = (location?: Location): string[] =>
  Object.entries(serverTypes)
    .filter(([, { sold }]) => (location === undefined ? sold.length > 0 : sold.includes(location)))
    .map(([name]) => name);

/** Why a server type is not known at all; undefined for one that is. */
export function serverTypeProblem(name: string): string | undefined {
  if (Object.hasOwn(serverTypes, name)) return undefined;
  if (/^cax\d+$/.test(name))
    return `is an Arm server, the images are built for x86-64: take one of ${soldTypes().join(", ")}`;
  return `is not one of ${soldTypes().join(", ")}`;
}

/** Why no server of that type can be at that location; undefined where one may be, if only because it is there already. */
export function placementProblem(name: string, location: Location): string | undefined {
  const known = Object.hasOwn(serverTypes, name) ? serverTypes[name] : undefined;
  if (known === undefined || [...known.sold, ...known.retired].includes(location)) return undefined;
  return `${name} is not to be had in ${location}, which has ${soldTypes(location).join(", ")}`;
}

/** What to know of a server type that runs on but is no longer sold; undefined for one that is. */
export function retirementNotice(name: string, location: Location): string | undefined {
  if (serverTypes[name]?.retired.includes(location) !== true) return undefined;
  return (
    `${name} is no longer sold in ${location}: a server that is there runs on, a new one cannot be made. ` +
    `For a new one take one of ${soldTypes(location).join(", ")}`
  );
}

/** Operating systems the host scripts are written for, with a Docker Engine that speaks API 1.44 in their archives. */
export const serverImages = ["debian-13", "ubuntu-24.04"] as const;

/** Gateway of every server at Hetzner. It is on no network of the server's, so a bridge over it takes it away. */
export const hetznerGateway = "172.31.1.1";

/** Name of all that a stack has at Hetzner. */
export const serverNameOf = (stack: string): string => `clawkeep-${stack}`;

/** A host name as RFC 1123 has it, which is what Hetzner takes as the name of a server. */
export const serverName = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;
