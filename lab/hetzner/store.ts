import { hetznerServers4, serverSubnet6 } from "../internet/addresses";
import { StateFile } from "../emulator/state-file";
import { noRoom, notFound } from "./errors";
import {
  emptyState,
  type Firewall,
  type PrimaryIp,
  type Server,
  type SshKey,
  type State,
  type Volume,
} from "./model";

const maxIpv6Subnets = 0xffff;

/** The emulator's state, in memory and on disk. Whoever changes it calls {@link save} before answering. */
export class Store {
  readonly state: State;
  private readonly file: StateFile<State>;

  constructor(file: string) {
    this.file = new StateFile<State>(file);
    this.state = this.file.load(structuredClone(emptyState));
  }

  save(): void {
    this.file.save(this.state);
  }

  nextId(): number {
    return this.state.nextId++;
  }

  sshKey(id: number): SshKey {
    return found(this.state.sshKeys, id, "SSH key");
  }

  firewall(id: number): Firewall {
    return found(this.state.firewalls, id, "firewall");
  }

  primaryIp(id: number): PrimaryIp {
    return found(this.state.primaryIps, id, "primary IP");
  }

  volume(id: number): Volume {
    return found(this.state.volumes, id, "volume");
  }

  server(id: number): Server {
    return found(this.state.servers, id, "server");
  }

  volumesOf(server: Server): Volume[] {
    return this.state.volumes.filter((volume) => volume.serverId === server.id);
  }

  isSoldOut(serverType: string, location: string): boolean {
    return this.state.soldOut?.includes(`${serverType}@${location}`) === true;
  }

  /** The next free address: freed ones come round again only after all others. */
  allocateIpv4(): string {
    const [a, b, c, d] = hetznerServers4.first.split(".").map(Number) as [number, number, number, number];
    const used = new Set(this.state.primaryIps.map((ip) => ip.ip));
    for (let tries = 0; tries < hetznerServers4.count; tries++) {
      const ip = `${a}.${b}.${c}.${d + (this.state.ipv4Count++ % hetznerServers4.count)}`;
      if (!used.has(ip)) return ip;
    }
    throw noRoom("IPv4 addresses");
  }

  allocateIpv6(): string {
    return serverSubnet6((this.state.ipv6Count++ % maxIpv6Subnets) + 1);
  }
}

function found<T extends { readonly id: number }>(items: readonly T[], id: number, kind: string): T {
  const item = items.find((candidate) => candidate.id === id);
  if (item === undefined) throw notFound(`${kind} with ID '${id}'`);
  return item;
}
