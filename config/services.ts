/**
 * Every container of a stack, one row each, and the one home of its name, its user, its addresses, its port and its
 * limits. Components, addresses, the firewall, tiers, the policy pack, `make verify`, the order of starts and the tests
 * read this table. A new sidecar is a row here, a component, its folder in config-files/ and its tests.
 */
import type { ImageName } from "./image-rules";

/** The three bridge networks: key in the configuration -> name on the host. */
export const networkNames = { openclaw: "openclaw-net", proxy: "proxy-net", egress: "egress-net" } as const;
export type NetworkName = keyof typeof networkNames;

/** Limits of one container. */
export interface Limits {
  /** Hard memory limit in MiB. */
  readonly memoryMiB: number;
  /** Memory in MiB that the kernel tries to leave the container under pressure; absent: none. */
  readonly memoryReservationMiB?: number;
  /** CPUs, fractions allowed. */
  readonly cpus: number;
  /** Processes and threads. */
  readonly pids: number;
}

/** How much of a host a stack takes: tiers.ts. */
export const tierNames = ["starter"] as const;
export type TierName = (typeof tierNames)[number];

/** How Docker asks inside a container whether it is healthy: config/healthcheck.ts has the words. */
export type Healthcheck =
  | {
      /** It answers 200 at `path` of its loopback, asked by what its image has. */
      readonly kind: "http";
      readonly by: "node" | "wget";
      readonly path: `/${string}`;
      /** @default the row's port */
      readonly port?: number;
    }
  | {
      /** A program ends with 0. Its arguments are its component's, which knows where its files lie. */
      readonly kind: "program";
      readonly program: string;
    };

interface Row {
  /**
   * Number of the user and of the group that its process runs as. Root's in one row alone, which says why. No two
   * containers have the same user: the kernel counts some things for each (epoll and inotify watches, for example). In a
   * gateway's row both are those of slot 0; every slot adds one.
   */
  readonly uid: number;
  readonly gid: number;
  /** Image it runs, or is built on. A gateway's is that of its release line. */
  readonly image?: ImageName;
  /** Networks it is a member of, exactly; none: it has no network at all. */
  readonly networks: readonly NetworkName[];
  /** Host part of its address on each of them. The first is Docker's own on every bridge; a gateway adds its slot. */
  readonly host?: number;
  /** TCP port at which other containers, or the published port, find it. */
  readonly port?: number;
  /** TCP port of the host that is handed on to `port`. */
  readonly publishes?: 443;
  /** Services it opens connections to, by their port on the network that both are on. */
  readonly opensTo?: readonly string[];
  /** Hosts outside that the egress proxy lets it reach, beside those that the configuration names. */
  readonly outsideHosts?: readonly string[];
  /** The one container that looks names up outside, and leaves through the host's firewall. */
  readonly resolvesNames?: true;
  /** Runs on a standby too, where backups are set: the newest snapshot comes in through it. */
  readonly bringsSnapshots?: true;
  /** Mounts the real Docker socket, and is in its group. */
  readonly dockerSocket?: true;
  /** The one capability it keeps. */
  readonly capability?: "CAP_NET_BIND_SERVICE" | "CAP_DAC_READ_SEARCH";
  /**
   * Docker, at creation and at every boot; a systemd unit, after a check of who is active; or a script of the host, for
   * the time of one command: that one is no resource, and nobody waits for its health.
   */
  readonly startedBy: "docker" | "systemd" | "script";
  /**
   * A new one is made beside the one that serves, under a name of its own and never started. gateway-activate moves the
   * name to it and removes the other once this one serves; the engine removes neither.
   */
  readonly handedOver?: true;
  /** Services that have to be healthy before it starts. */
  readonly needs?: readonly string[];
  /** There only where a gateway uses it. */
  readonly onlyWith?: "telegram";
  /** Absent where a script starts it: nobody waits for its health. */
  readonly healthcheck?: Healthcheck;
  /** Timeout of one probe of its health in seconds. @default 5 */
  readonly probeTimeoutSeconds?: number;
  /** Seconds from start to the first healthy probe before it counts as a fault. @default 60 */
  readonly readyWithinSeconds?: number;
  /** Seconds between SIGTERM and SIGKILL. @default 10 */
  readonly stopGraceSeconds?: number;
  readonly limits: Readonly<Record<TierName, Limits>>;
}

/** There once a stack, under this name; the name begins with `openclaw-`, as no gateway's does. */
export interface StackRow extends Row {
  readonly name: `openclaw-${string}`;
}
/** There once for each gateway, under the gateway's name with this behind it. */
export interface GatewayRow extends Row {
  readonly suffix: string;
}
export type ServiceRow = StackRow | GatewayRow;
export type Services = Readonly<Record<string, ServiceRow>>;

/**
 * Limits of the guide's Starter tier stand as they are (gateway 2 CPU 4 GiB with 2 GiB reserved, LiteLLM 1 CPU 1 GiB,
 * egress and socket proxy 0.25 CPU 128 MiB). It gives none for Caddy, Redis and the relay: theirs are about twice what
 * they were measured to use.
 */
export const services = {
  /** OpenClaw. */
  gateway: {
    suffix: "",
    uid: 59000,
    gid: 59000,
    networks: ["openclaw", "proxy"],
    host: 100,
    port: 18789,
    opensTo: ["litellm", "relay"],
    startedBy: "systemd",
    handedOver: true,
    needs: ["socketProxy", "egressProxy", "litellm", "relay"],
    healthcheck: { kind: "http", by: "node", path: "/healthz" },
    probeTimeoutSeconds: 10,
    // The guide's measure.
    readyWithinSeconds: 90,
    // OpenClaw finishes running work within 330 s.
    stopGraceSeconds: 340,
    limits: { starter: { memoryMiB: 4096, memoryReservationMiB: 2048, cpus: 2.0, pids: 512 } },
  },
  /** Our filter of the Docker API, the only holder of the real socket. */
  socketProxy: {
    suffix: "-docker-proxy",
    uid: 59200,
    // The gateway's: the socket that the filter makes gets this group.
    gid: 59000,
    image: "node",
    networks: [],
    dockerSocket: true,
    startedBy: "docker",
    healthcheck: { kind: "program", program: "node" },
    limits: { starter: { memoryMiB: 128, cpus: 0.25, pids: 64 } },
  },
  /** LiteLLM, the one place that holds providers' keys. */
  litellm: {
    name: "openclaw-litellm",
    // `nobody`: it needs no file but what is mounted for it.
    uid: 65534,
    gid: 65534,
    image: "litellm",
    networks: ["openclaw"],
    host: 20,
    port: 4000,
    opensTo: ["egressProxy"],
    startedBy: "docker",
    needs: ["redis", "egressProxy"],
    healthcheck: { kind: "program", program: "python3" },
    readyWithinSeconds: 120,
    limits: { starter: { memoryMiB: 1024, cpus: 1.0, pids: 256 } },
  },
  /** The store of what was spent; its socket lies in a directory that only LiteLLM shares. */
  redis: {
    name: "openclaw-redis",
    // `redis` of its image, in LiteLLM's group.
    uid: 999,
    gid: 65534,
    image: "redis",
    networks: [],
    startedBy: "docker",
    healthcheck: { kind: "program", program: "redis-cli" },
    limits: { starter: { memoryMiB: 64, cpus: 0.25, pids: 32 } },
  },
  /** Squid, the only way out of openclaw-net. */
  egressProxy: {
    name: "openclaw-egress",
    // `proxy` of its image.
    uid: 13,
    gid: 13,
    image: "squid",
    networks: ["openclaw", "egress"],
    host: 10,
    port: 3128,
    resolvesNames: true,
    bringsSnapshots: true,
    startedBy: "docker",
    healthcheck: { kind: "program", program: "/bin/bash" },
    limits: { starter: { memoryMiB: 128, cpus: 0.25, pids: 64 } },
  },
  /** Holds the bots' tokens, and puts them into the calls of gateways that do not have them. */
  relay: {
    name: "openclaw-relay",
    // Nothing else has them.
    uid: 65533,
    gid: 65533,
    image: "node",
    networks: ["openclaw"],
    host: 30,
    port: 8090,
    opensTo: ["egressProxy"],
    outsideHosts: ["api.telegram.org"],
    startedBy: "docker",
    needs: ["egressProxy"],
    onlyWith: "telegram",
    healthcheck: { kind: "program", program: "node" },
    limits: { starter: { memoryMiB: 96, cpus: 0.25, pids: 64 } },
  },
  /** Caddy behind Cloudflare. */
  reverseProxy: {
    name: "openclaw-caddy",
    // Nothing else has them.
    uid: 65532,
    gid: 65532,
    image: "caddy",
    networks: ["proxy", "egress"],
    host: 40,
    port: 8443,
    publishes: 443,
    opensTo: ["gateway"],
    // The published binary carries it as a file capability and cannot be executed where it is not allowed.
    capability: "CAP_NET_BIND_SERVICE",
    startedBy: "docker",
    // Its port for the public asks for Cloudflare's certificate.
    healthcheck: { kind: "http", by: "wget", path: "/healthz", port: 8081 },
    limits: { starter: { memoryMiB: 128, cpus: 0.5, pids: 128 } },
  },
  /** restic, and what copies for it: one at a time, each for one command. There only where backups are set. */
  backup: {
    name: "openclaw-backup",
    // restic alone is root in its container, without rights: a snapshot holds files of several users, which no user but root
    // can read by one capability (Docker gives a capability to no other). What copies has the uid of the files' owner.
    uid: 0,
    gid: 0,
    image: "restic",
    networks: ["openclaw"],
    host: 60,
    opensTo: ["egressProxy"],
    capability: "CAP_DAC_READ_SEARCH",
    startedBy: "script",
    // Its image has the Python that copies.
    needs: ["egressProxy", "litellm"],
    // What the guide's Starter tier leaves of 8 GiB, but for 64 MiB.
    limits: { starter: { memoryMiB: 160, cpus: 0.5, pids: 128 } },
  },
} as const satisfies Services;

export type Service = keyof typeof services;

export const isOfGateway = (row: ServiceRow): row is GatewayRow => "suffix" in row;

/** The row of that name. @throws Error where there is none */
export function rowOf(table: Services, service: string): ServiceRow {
  const row = table[service];
  if (row === undefined) throw new Error(`config/services.ts has no row ${service}`);
  return row;
}

/** Name and host name of the container; both are fixed and equal. @param gateway name of the gateway it belongs to */
export const containerName = (row: ServiceRow, gateway: string): string =>
  isOfGateway(row) ? gateway + row.suffix : row.name;

/** User and group of the service's process, as Docker is told. @param slot of its gateway, where each has one */
export const userOf = (row: ServiceRow, slot = 0): string => {
  const more = isOfGateway(row) ? slot : 0;
  return `${row.uid + more}:${row.gid + more}`;
};

/**
 * Owner of a gateway's files as they lie on the disk, in its copies and in its backups: `node` of OpenClaw's image. Nothing
 * runs for long with this uid. The gateway and its sandboxes see the same files as their own, by mounts that map the owner
 * (config-files/host/bin/gateway-storage): so a gateway can change its slot or its host, and its files stay as they are.
 */
export const filesOwner = 1000;

/** Users of one gateway: of its process, of its sandboxes', of its filter's. Each is its group's number too. */
export const usersOf = (slot: number) => ({
  gateway: services.gateway.uid + slot,
  sandbox: 59100 + slot,
  filter: services.socketProxy.uid + slot,
});

/** Docker's restart policy. */
export const restartPolicy = ({ startedBy }: Pick<ServiceRow, "startedBy">): "unless-stopped" | "no" =>
  startedBy === "docker" ? "unless-stopped" : "no";
