import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Limits } from "../config/tiers";
import { openFiles } from "../config-files/host/docker-settings";
import { toolDirectory, type Host } from "./host";
import type { ImageOnHost } from "./image";

export interface Mount {
  readonly hostPath: pulumi.Input<string>;
  readonly containerPath: string;
  /** Read-only unless said otherwise. */
  readonly writable?: boolean;
}

export interface ServiceContainerArgs {
  /** Name and host name of the container; both are fixed and equal, the name of one that is `handedOver` in the end. */
  readonly containerName: string;
  readonly host: Host;
  readonly image: ImageOnHost;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  /** `uid:gid` the process runs as. Never root, but for the one container that holds the Docker socket. */
  readonly user: string;
  readonly supplementaryGroups?: readonly pulumi.Input<string>[];
  readonly limits: Limits;
  /** None: the container has no network at all. */
  readonly networks?: readonly { readonly network: docker.Network; readonly address: string }[];
  /** True for the one container that looks names up outside. @default false */
  readonly resolvesNames?: boolean;
  readonly mounts?: readonly Mount[];
  /** Path -> mount options; the root file system is read-only. */
  readonly tmpfs?: Readonly<Record<string, string>>;
  /** Environment, nothing secret: `docker inspect` shows it. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly { readonly internal: number; readonly external: number }[];
  /** Command of the healthcheck, exec form. */
  readonly healthcheck: readonly string[];
  /** Timeout of one probe in seconds. @default 5 */
  readonly healthcheckTimeoutSeconds?: number;
  /** Time from start to the first healthy probe before it counts as a fault. @default 60 */
  readonly readyWithinSeconds?: number;
  /** Time between SIGTERM and SIGKILL. @default 10 */
  readonly stopGraceSeconds?: number;
  /** Capability kept, with the reason at the place that asks for it. */
  readonly keepCapability?: "CAP_NET_BIND_SERVICE";
  /** Who starts it: Docker, at creation and at every boot; or something else, later. */
  readonly startedBy: "docker" | "other";
  /** False on a standby: created, in place, and down. */
  readonly running: boolean;
  /**
   * True: made beside the one that serves, under a name of its own and never started. gateway-activate moves the name
   * to it and removes the other once this one serves; the engine removes neither. @default false
   */
  readonly handedOver?: boolean;
  readonly dependsOn?: readonly pulumi.Resource[];
}

export interface ServiceContainer {
  readonly container: docker.Container;
  /** There once the container has its pids limit, the daemon holds all that was asked for, and it is healthy. */
  readonly settled: pulumi.Resource;
}

/**
 * Creates a container in the one shape that all of them have: read-only root, no capabilities, no new privileges,
 * limits on memory (without swap: what a container holds in memory never reaches a disk), CPU, processes and logs.
 */
export function serviceContainer(
  parent: pulumi.Resource,
  name: string,
  args: ServiceContainerArgs,
): ServiceContainer {
  const { host, limits } = args;
  const restart = args.startedBy === "docker" ? "unless-stopped" : "no";
  const starts = args.startedBy === "docker" && args.running;
  const handedOver = args.handedOver ?? false;
  const capabilities = args.keepCapability === undefined ? [] : [args.keepCapability];
  const container = new docker.Container(
    name,
    {
      ...(handedOver
        ? { labels: [{ label: "clawkeep.instance-of", value: args.containerName }] }
        : { name: args.containerName }),
      hostname: args.containerName,
      image: args.image.reference,
      ...(args.entrypoint === undefined ? {} : { entrypoints: [...args.entrypoint] }),
      ...(args.command === undefined ? {} : { command: [...args.command] }),
      user: args.user,
      ...(args.supplementaryGroups === undefined ? {} : { groupAdds: [...args.supplementaryGroups] }),
      readOnly: true,
      capabilities: { drops: ["ALL"], ...(capabilities.length === 0 ? {} : { adds: capabilities }) },
      securityOpts: ["no-new-privileges"],
      memory: limits.memoryMiB,
      memorySwap: limits.memoryMiB,
      ...(limits.memoryReservationMiB === undefined
        ? {}
        : { memoryReservation: limits.memoryReservationMiB }),
      // Without one of its own a container gets the daemon's, which may be 1024 or two thousand millions.
      ulimits: [{ name: "nofile", soft: openFiles, hard: openFiles }],
      // As the provider reads it back: "2" or "2.00" would be a change at every refresh.
      cpus: Number.isInteger(limits.cpus) ? limits.cpus.toFixed(1) : String(limits.cpus),
      init: true,
      logDriver: "json-file",
      logOpts: { "max-size": "10m", "max-file": "3" },
      ...networking(args),
      volumes: (args.mounts ?? []).map((mount) => ({
        hostPath: mount.hostPath,
        containerPath: mount.containerPath,
        readOnly: mount.writable !== true,
      })),
      ...(args.tmpfs === undefined ? {} : { tmpfs: { ...args.tmpfs } }),
      envs: Object.entries(args.environment ?? {}).map(([key, value]) => `${key}=${value}`),
      ports: (args.ports ?? []).map((port) => ({ ...port, protocol: "tcp" })),
      healthcheck: {
        tests: ["CMD", ...args.healthcheck],
        interval: "30s",
        timeout: `${args.healthcheckTimeoutSeconds ?? 5}s`,
        retries: 3,
        startPeriod: "2m0s",
        startInterval: "2s",
      },
      restart,
      stopTimeout: args.stopGraceSeconds ?? 10,
      destroyGraceSeconds: args.stopGraceSeconds ?? 10,
      start: starts,
      mustRun: starts,
    },
    host.options(parent, {
      provider: host.docker,
      dependsOn: [args.image.present, ...(args.dependsOn ?? [])],
      // The provider takes changes of these for updates in place and does nothing (terraform-provider-docker#988).
      replaceOnChanges: ["healthcheck", "tmpfs", "init", "stopTimeout"],
      ...(handedOver
        ? // Whichever the engine takes for the old one may be the one that serves.
          { deleteBeforeReplace: false, retainOnDelete: true }
        : // Names and addresses are fixed, so old and new cannot be there together.
          { deleteBeforeReplace: true }),
    }),
  );
  const order = {
    pidsLimit: limits.pids,
    started: starts,
    mustNotRun: !args.running,
    timeoutSeconds: args.readyWithinSeconds ?? 60,
    expect: {
      "HostConfig.ReadonlyRootfs": true,
      "HostConfig.Privileged": false,
      "HostConfig.CapDrop": ["ALL"],
      "HostConfig.CapAdd": capabilities.length === 0 ? null : capabilities,
      "HostConfig.SecurityOpt": ["no-new-privileges"],
      "HostConfig.Memory": limits.memoryMiB * 1024 * 1024,
      "HostConfig.MemorySwap": limits.memoryMiB * 1024 * 1024,
      "HostConfig.Ulimits.nofile": { Name: "nofile", Hard: openFiles, Soft: openFiles },
      "HostConfig.RestartPolicy.Name": restart,
      "Config.User": args.user,
      "Config.Hostname": args.containerName,
    },
  };
  const settled = host.command(parent, `${name}-settled`, {
    create: pulumi.interpolate`${toolDirectory}/settle-container ${container.id}`,
    stdin: JSON.stringify(order),
  });
  return { container, settled };
}

function networking(
  args: ServiceContainerArgs,
): Pick<docker.ContainerArgs, "networkMode" | "networksAdvanced" | "dns"> {
  const networks = args.networks ?? [];
  if (networks.length === 0) return { networkMode: "none" };
  return {
    networkMode: "bridge",
    networksAdvanced: networks.map(({ network, address }) => ({ name: network.name, ipv4Address: address })),
    // Docker before 26 forwards names it does not know even from internal networks; nobody answers here.
    ...(args.resolvesNames === true ? {} : { dns: ["127.0.0.1"] }),
  };
}
