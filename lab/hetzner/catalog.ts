/** The fixed tables of the emulated cloud: locations, server types, images. */

export interface ServerType {
  readonly id: number;
  readonly name: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly diskGiB: number;
  readonly cpuType: "shared" | "dedicated";
  /** No longer sold at the lab's locations: servers that have it keep it, nobody else gets it. */
  readonly retired: boolean;
}

const serverType =
  (retired: boolean) =>
  (id: number, name: string, cores: number, memoryGiB: number, diskGiB: number): ServerType => ({
    ...{ id, name, cores, memoryGiB, diskGiB, retired },
    cpuType: name.startsWith("ccx") ? "dedicated" : "shared",
  });
const sold = serverType(false);
const retired = serverType(true);

export const serverTypes: readonly ServerType[] = [
  sold(114, "cx23", 2, 4, 40),
  sold(115, "cx33", 4, 8, 80),
  sold(116, "cx43", 8, 16, 160),
  sold(117, "cx53", 16, 32, 320),
  sold(109, "cpx22", 2, 4, 80),
  sold(110, "cpx32", 4, 8, 160),
  sold(111, "cpx42", 8, 16, 320),
  sold(112, "cpx52", 12, 24, 480),
  sold(113, "cpx62", 16, 32, 640),
  sold(96, "ccx13", 2, 8, 80),
  sold(97, "ccx23", 4, 16, 160),
  sold(98, "ccx33", 8, 32, 240),
  retired(104, "cx22", 2, 4, 40),
  retired(105, "cx32", 4, 8, 80),
  retired(106, "cx42", 8, 16, 160),
  retired(107, "cx52", 16, 32, 320),
  retired(23, "cpx21", 3, 4, 80),
  retired(24, "cpx31", 4, 8, 160),
  retired(25, "cpx41", 8, 16, 240),
  retired(26, "cpx51", 16, 32, 360),
];

export interface Image {
  readonly id: number;
  readonly name: string;
  readonly osFlavor: string;
  readonly osVersion: string;
}

/** Whatever the image's name, the stand-in that boots is Debian 13: the description says so. */
export const images: readonly Image[] = [
  { id: 114690387, name: "debian-12", osFlavor: "debian", osVersion: "12" },
  { id: 310557660, name: "debian-13", osFlavor: "debian", osVersion: "13" },
  { id: 161547269, name: "ubuntu-24.04", osFlavor: "ubuntu", osVersion: "24.04" },
];

export interface Location {
  readonly id: number;
  readonly name: string;
  readonly city: string;
  readonly country: string;
}

export const locations: readonly Location[] = [
  { id: 1, name: "fsn1", city: "Falkenstein", country: "DE" },
  { id: 2, name: "nbg1", city: "Nuremberg", country: "DE" },
  { id: 3, name: "hel1", city: "Helsinki", country: "FI" },
];

/** The entry of that id or name. */
export function lookUp<T extends { readonly id: number; readonly name: string }>(
  table: readonly T[],
  idOrName: unknown,
): T | undefined {
  return table.find((entry) => entry.name === String(idOrName) || String(entry.id) === String(idOrName));
}

/** The server type of that id or name; of one that is no longer sold, undefined like of one that never was. */
export function lookUpSold(idOrName: unknown): ServerType | undefined {
  const type = lookUp(serverTypes, idOrName);
  return type?.retired === true ? undefined : type;
}

/** A server's disk: its type's, unless an earlier change of the type has left it smaller. */
export function diskOf(server: { readonly serverType: string; readonly diskGiB?: number }): number {
  return server.diskGiB ?? lookUp(serverTypes, server.serverType)?.diskGiB ?? 0;
}
