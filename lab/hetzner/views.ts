import {
  diskOf,
  images,
  locations,
  lookUp,
  serverTypes,
  type Image,
  type Location,
  type ServerType,
} from "./catalog";
import type { Action, Firewall, PrimaryIp, Server, SshKey, Volume } from "./model";
import type { Store } from "./store";

/** From what the emulator remembers to what the Hetzner API answers. */

export function actionView(action: Action): unknown {
  const progress = action.status === "running" ? 0 : 100;
  return { ...action, progress };
}

/** As {@link actionView}, in the moment it was started, however quick its work was. */
export function startedActionView(action: Action): unknown {
  return { ...action, status: "running", progress: 0, finished: null, error: null };
}

export function sshKeyView(key: SshKey): unknown {
  const { id, name, labels, created, fingerprint } = key;
  return { id, name, fingerprint, public_key: key.publicKey, labels, created };
}

export function firewallView(store: Store, firewall: Firewall): unknown {
  const { id, name, labels, created } = firewall;
  const rules = firewall.rules.map((rule) => ({ ...rule, port: rule.port ?? null }));
  const appliedTo = store.state.servers
    .filter((server) => server.firewallIds.includes(id))
    .map((server) => ({ type: "server", server: { id: server.id } }));
  return { id, name, labels, created, rules, applied_to: appliedTo };
}

export function primaryIpView(ip: PrimaryIp): unknown {
  return {
    id: ip.id,
    name: ip.name,
    type: ip.type,
    ip: ip.ip,
    labels: ip.labels,
    created: ip.created,
    assignee_type: ip.assigneeId === null ? "unassigned" : "server",
    assignee_id: ip.assigneeId,
    auto_delete: ip.autoDelete,
    blocked: false,
    dns_ptr: [],
    location: locationView(lookUp(locations, ip.location)),
    protection: { delete: ip.protected },
  };
}

export function volumeView(volume: Volume): unknown {
  return {
    id: volume.id,
    name: volume.name,
    size: volume.sizeGiB,
    server: volume.serverId,
    status: "available",
    format: volume.format,
    linux_device: linuxDevice(volume.id),
    labels: volume.labels,
    created: volume.created,
    location: locationView(lookUp(locations, volume.location)),
    protection: { delete: volume.protected },
  };
}

export function linuxDevice(volumeId: number): string {
  return `/dev/disk/by-id/scsi-0HC_Volume_${volumeId}`;
}

export function serverView(store: Store, server: Server): unknown {
  const type = lookUp(serverTypes, server.serverType);
  return {
    id: server.id,
    name: server.name,
    status: server.status,
    created: server.created,
    labels: server.labels,
    public_net: {
      ipv4: { ...publicIp(store, server.ipv4Id), dns_ptr: "" },
      ipv6: server.ipv6Id === null ? null : { ...publicIp(store, server.ipv6Id), dns_ptr: [] },
      floating_ips: [],
      firewalls: server.firewallIds.map((id) => ({ id, status: "applied" })),
    },
    private_net: [],
    server_type: type === undefined ? null : serverTypeView(store, type),
    image: imageView(lookUp(images, server.imageId)),
    location: locationView(lookUp(locations, server.location)),
    iso: null,
    rescue_enabled: false,
    locked: false,
    backup_window: server.backups ? "22-02" : null,
    ingoing_traffic: 0,
    outgoing_traffic: 0,
    included_traffic: 0,
    load_balancers: [],
    placement_group: null,
    primary_disk_size: diskOf(server),
    protection: { delete: server.protectedDelete, rebuild: server.protectedRebuild },
    volumes: store.volumesOf(server).map((volume) => volume.id),
  };
}

/** Without its reverse name: that is a text for IPv4 and a list for IPv6. */
function publicIp(store: Store, id: number): { id: number; ip: string; blocked: boolean } {
  return { id, ip: store.primaryIp(id).ip, blocked: false };
}

const retirement = { announced: "2025-10-16T06:00:00+00:00", unavailable_after: "2025-12-31T23:59:59+00:00" };

export function serverTypeView(store: Store, type: ServerType): unknown {
  return {
    id: type.id,
    name: type.name,
    description: type.name.toUpperCase(),
    architecture: "x86",
    category: "",
    cores: type.cores,
    cpu_type: type.cpuType,
    memory: type.memoryGiB,
    disk: type.diskGiB,
    storage_type: "local",
    deprecated: type.retired,
    deprecation: type.retired ? retirement : null,
    prices: [],
    locations: locations.map(({ id, name }) => ({
      id,
      name,
      deprecation: type.retired ? retirement : null,
      available: !type.retired && !store.isSoldOut(type.name, name),
      recommended: !type.retired,
    })),
  };
}

export function imageView(image: Image | undefined): unknown {
  if (image === undefined) return null;
  return {
    id: image.id,
    name: image.name,
    type: "system",
    status: "available",
    description: `${image.name} (the lab boots Debian 13 for every image)`,
    architecture: "x86",
    os_flavor: image.osFlavor,
    os_version: image.osVersion,
    disk_size: 5,
    image_size: null,
    bound_to: null,
    created_from: null,
    created: "2025-01-01T00:00:00+00:00",
    deprecated: null,
    deleted: null,
    labels: {},
    rapid_deploy: false,
    protection: { delete: false },
  };
}

export function locationView(location: Location | undefined): unknown {
  if (location === undefined) return null;
  return { ...location, description: location.city, latitude: 0, longitude: 0, network_zone: "eu-central" };
}
