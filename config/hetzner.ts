/** What of Hetzner Cloud the program knows by name: locations, and the memory and architecture of server types. */

/** Locations that offer volumes and primary IPs. */
export const locations = ["fsn1", "nbg1", "hel1", "ash", "hil", "sin"] as const;

/** Nominal memory in MiB of the x86 server types a stack may name (the published images are built for x86-64). */
export const serverTypeMemoryMiB: Readonly<Record<string, number>> = {
  cx22: 4096,
  cx32: 8192,
  cx42: 16384,
  cx52: 32768,
  cpx21: 4096,
  cpx31: 8192,
  cpx41: 16384,
  cpx51: 32768,
  ccx13: 8192,
  ccx23: 16384,
  ccx33: 32768,
};

/** Operating systems the host scripts are written for. */
export const serverImages = ["debian-12", "debian-13", "ubuntu-24.04"] as const;
