/** What the emulator remembers. Field names are ours; views.ts turns them into the API's. */

export type Labels = Readonly<Record<string, string>>;

interface Named {
  readonly id: number;
  name: string;
  labels: Labels;
  readonly created: string;
}

export interface SshKey extends Named {
  readonly publicKey: string;
  readonly fingerprint: string;
}

export interface Rule {
  readonly direction: "in" | "out";
  readonly protocol: "tcp" | "udp" | "icmp" | "esp" | "gre";
  /** "443", "8000-8100" or "any"; absent for protocols without ports. */
  readonly port?: string;
  readonly source_ips: readonly string[];
  readonly destination_ips: readonly string[];
  readonly description: string | null;
}

export interface Firewall extends Named {
  rules: readonly Rule[];
}

export interface PrimaryIp extends Named {
  readonly type: "ipv4" | "ipv6";
  /** An address, or a /64 network for IPv6. */
  readonly ip: string;
  readonly location: string;
  assigneeId: number | null;
  autoDelete: boolean;
  protected: boolean;
}

export interface Volume extends Named {
  sizeGiB: number;
  readonly location: string;
  readonly format: "ext4" | null;
  serverId: number | null;
  protected: boolean;
}

export interface Server extends Named {
  /** Name of the stand-in; stays what it was when the server is renamed. */
  readonly machine: string;
  /** What its disk holds when it is made. */
  readonly disk: "bare" | "warm";
  status: "initializing" | "running" | "off";
  serverType: string;
  /** Of the disk, once the type has been changed; before that its type says it. */
  diskGiB?: number;
  imageId: number;
  readonly location: string;
  readonly authorizedKeys: readonly string[];
  readonly userData: string | null;
  firewallIds: readonly number[];
  readonly ipv4Id: number;
  readonly ipv6Id: number | null;
  backups: boolean;
  protectedDelete: boolean;
  protectedRebuild: boolean;
}

export interface ActionResource {
  readonly id: number;
  readonly type: "server" | "volume" | "firewall" | "primary_ip";
}

export interface Action {
  readonly id: number;
  readonly command: string;
  status: "running" | "success" | "error";
  readonly started: string;
  finished: string | null;
  readonly resources: readonly ActionResource[];
  error: { readonly code: string; readonly message: string } | null;
}

export interface State {
  /** Next id of anything; ids are never used twice. */
  nextId: number;
  /** How many addresses were handed out; a freed one is not the next one again, as in the real cloud. */
  ipv4Count: number;
  ipv6Count: number;
  sshKeys: SshKey[];
  firewalls: Firewall[];
  primaryIps: PrimaryIp[];
  volumes: Volume[];
  servers: Server[];
  actions: Action[];
  /** What the disks of the next servers hold. */
  nextDisk: "bare" | "warm";
  /** `TYPE@LOCATION` of what the lab has sold out. Absent in a state of an older version. */
  soldOut?: string[];
  /** Stand-ins and volumes that are gone from the API but perhaps not yet from the machine. */
  doomedMachines: string[];
  doomedVolumes: number[];
}

export const emptyState: State = {
  nextId: 1_000_001,
  ipv4Count: 0,
  ipv6Count: 0,
  sshKeys: [],
  firewalls: [],
  primaryIps: [],
  volumes: [],
  servers: [],
  actions: [],
  nextDisk: "bare",
  doomedMachines: [],
  doomedVolumes: [],
};
