/** The fixed tables of the emulated cloud: locations, server types, images. */

export interface ServerType {
  readonly id: number;
  readonly name: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly diskGiB: number;
  readonly cpuType: "shared" | "dedicated";
}

function serverType(id: number, name: string, cores: number, memoryGiB: number, diskGiB: number): ServerType {
  return { id, name, cores, memoryGiB, diskGiB, cpuType: name.startsWith("ccx") ? "dedicated" : "shared" };
}

export const serverTypes: readonly ServerType[] = [
  serverType(104, "cx22", 2, 4, 40),
  serverType(105, "cx32", 4, 8, 80),
  serverType(106, "cx42", 8, 16, 160),
  serverType(107, "cx52", 16, 32, 320),
  serverType(108, "cpx21", 3, 4, 80),
  serverType(109, "cpx31", 4, 8, 160),
  serverType(110, "cpx41", 8, 16, 240),
  serverType(111, "cpx51", 16, 32, 360),
  serverType(112, "ccx13", 2, 8, 80),
  serverType(113, "ccx23", 4, 16, 160),
  serverType(114, "ccx33", 8, 32, 240),
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
