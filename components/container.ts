import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { placesOf, slotNamed } from "../config/addresses";
import { cgroupParentOf } from "../config/cgroups";
import { hardenedInputs, inspectedShape, shapeOf } from "../config/container-shape";
import { directNeedsOf } from "../config/containers";
import type { GatewaySettings } from "../config/gateway-schema";
import { healthcheckWords } from "../config/healthcheck";
import type { Configuration } from "../config/load";
import { containerName as nameFor, services, type Service, type ServiceRow } from "../config/services";
import { toolDirectory, type Host } from "./host";
import type { ImageOnHost } from "./image";
import type { Networks } from "./networks";

export interface Mount {
  readonly hostPath: pulumi.Input<string>;
  readonly containerPath: string;
  /** Read-only unless said otherwise. */
  readonly writable?: boolean;
}

/** What every component of a stack stands on. */
export interface Place {
  readonly configuration: Configuration;
  readonly host: Host;
  readonly networks: Networks;
  /** What has settled so far, by the name of its container. */
  readonly settled: Map<string, pulumi.Resource>;
}

export interface ServiceContainerArgs {
  readonly place: Place;
  /** Its row says all that is not here: name, user, networks, port, limits, who starts it. */
  readonly service: Service;
  /** Name of the gateway it belongs to; of a service that is there once for each. */
  readonly gateway?: string;
  readonly image: ImageOnHost;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly supplementaryGroups?: readonly pulumi.Input<string>[];
  readonly mounts?: readonly Mount[];
  /** Path -> mount options; the root file system is read-only. */
  readonly tmpfs?: Readonly<Record<string, string>>;
  /** Environment, nothing secret: `docker inspect` shows it. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Behind the program of its row's healthcheck. */
  readonly healthcheckArguments?: readonly string[];
  readonly dependsOn?: readonly pulumi.Resource[];
}

export interface ServiceContainer {
  readonly container: docker.Container;
  /** There once the container has its pids limit, the daemon holds all that was asked for, and it is healthy. */
  readonly settled: pulumi.Resource;
}

/** Creates a container in the one shape that all of them have, as its row says. */
export function serviceContainer(
  parent: pulumi.Resource,
  name: string,
  args: ServiceContainerArgs,
): ServiceContainer {
  const { host, configuration, settled: all } = args.place;
  const row: ServiceRow = services[args.service];
  const containerName = nameFor(row, args.gateway ?? "");
  const limits = configuration.tier.services[args.service];
  // A standby has every container in its place, and down, but for the way by which snapshots come in.
  const { role, backups } = configuration.settings;
  const running = role === "active" || (row.bringsSnapshots === true && backups !== undefined);
  const starts = running && row.startedBy === "docker";
  const handedOver = row.handedOver ?? false;
  const stopSeconds = row.stopGraceSeconds ?? 10;
  const { cgroupDriver } = configuration.settings.host;
  const cgroupParent = cgroupParentOf(row, args.gateway ?? "", cgroupDriver);
  const slot = slotNamed(configuration.settings.gateways, args.gateway ?? "");
  const shape = shapeOf(row, containerName, limits, cgroupParent, slot);
  const container = new docker.Container(
    name,
    {
      ...(handedOver
        ? { labels: [{ label: "clawkeep.instance-of", value: containerName }] }
        : { name: containerName }),
      ...hardenedInputs(shape, limits),
      image: args.image.reference,
      ...(args.entrypoint === undefined ? {} : { entrypoints: [...args.entrypoint] }),
      ...(args.command === undefined ? {} : { command: [...args.command] }),
      ...(args.supplementaryGroups === undefined ? {} : { groupAdds: [...args.supplementaryGroups] }),
      ...networking(row, args),
      volumes: (args.mounts ?? []).map((mount) => ({
        hostPath: mount.hostPath,
        containerPath: mount.containerPath,
        readOnly: mount.writable !== true,
      })),
      ...(args.tmpfs === undefined ? {} : { tmpfs: { ...args.tmpfs } }),
      envs: Object.entries(args.environment ?? {}).map(([key, value]) => `${key}=${value}`),
      ports:
        row.port === undefined || row.publishes === undefined
          ? []
          : [{ internal: row.port, external: row.publishes, protocol: "tcp" }],
      healthcheck: {
        tests: [...healthcheckWords(row), ...(args.healthcheckArguments ?? [])],
        interval: "30s",
        timeout: `${row.probeTimeoutSeconds ?? 5}s`,
        retries: 3,
        startPeriod: "2m0s",
        startInterval: "2s",
      },
      stopTimeout: stopSeconds,
      destroyGraceSeconds: stopSeconds,
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
    mustNotRun: !running,
    timeoutSeconds: row.readyWithinSeconds ?? 60,
    expect: inspectedShape(shape),
  };
  const settled = host.command(parent, `${name}-settled`, {
    create: pulumi.interpolate`${toolDirectory}/settle-container ${container.id}`,
    stdin: JSON.stringify(order),
  });
  all.set(containerName, settled);
  return { container, settled };
}

/** What a container of the service waits for, of all that has to be healthy before it starts. */
export const settledBefore = (
  { settled }: Place,
  service: Service,
  gateway?: GatewaySettings,
): pulumi.Resource[] =>
  directNeedsOf(service, gateway).map(({ name }) => {
    const resource = settled.get(name);
    if (resource === undefined) throw new Error(`${service} needs ${name}, which is declared after it`);
    return resource;
  });

function networking(
  row: ServiceRow,
  { place: { configuration, networks }, service, gateway }: ServiceContainerArgs,
): Pick<docker.ContainerArgs, "networkMode" | "networksAdvanced" | "dns"> {
  const { settings, addresses } = configuration;
  if (row.networks.length === 0) return { networkMode: "none" };
  const index = gateway === undefined ? 0 : settings.gateways.findIndex(({ name }) => name === gateway);
  const own = placesOf(addresses, service)[index];
  return {
    networkMode: "bridge",
    networksAdvanced: row.networks.map((key) => {
      const ipv4Address = own?.[key];
      if (ipv4Address === undefined) throw new Error(`${gateway ?? service} has no address on ${key}`);
      return { name: networks[key].name, ipv4Address };
    }),
    // Docker before 26 forwards names it does not know even from internal networks; nobody answers here.
    ...(row.resolvesNames === true ? {} : { dns: ["127.0.0.1"] }),
  };
}
