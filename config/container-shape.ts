/**
 * The one shape that every container has: read-only root, no capabilities, no new privileges, limits on memory (without
 * swap: what a container holds in memory never reaches a disk), CPU, open files and logs. Here it is written as the Docker
 * provider is told and as the daemon has to show it; the component, the policy pack and `make verify` read it.
 */
import { restartPolicy, userOf, type Limits, type ServiceRow } from "./services";

/** Most open files of a container, soft and hard: the guide's. Without a limit of its own one gets the daemon's. */
export const openFiles = 65536;

export const hardened = {
  readOnly: true,
  droppedCapabilities: ["ALL"],
  securityOpts: ["no-new-privileges"],
  logDriver: "json-file",
  logOpts: { "max-size": "10m", "max-file": "3" },
} as const;

/** What is different from service to service. */
export interface Shape {
  /** `uid:gid`. */
  readonly user: string;
  readonly hostname: string;
  readonly memoryMiB: number;
  /** Docker's restart policy. */
  readonly restart: string;
  /** Capabilities it keeps. */
  readonly capabilities: readonly string[];
  /** Control group that it lies below: its gateway's, or empty for Docker's own. */
  readonly cgroupParent: string;
}

/**
 * @param name name of the container, and so its host name
 * @param cgroupParent as config/cgroups.ts has it
 * @param slot of its gateway, where each has one
 */
export const shapeOf = (
  row: ServiceRow,
  name: string,
  { memoryMiB }: Limits,
  cgroupParent: string,
  slot: number,
): Shape => ({
  user: userOf(row, slot),
  hostname: name,
  memoryMiB,
  restart: restartPolicy(row),
  capabilities: row.capability === undefined ? [] : [row.capability],
  cgroupParent,
});

/** Inputs of the Docker provider. */
export const hardenedInputs = (shape: Shape, { memoryReservationMiB, cpus }: Limits) => ({
  hostname: shape.hostname,
  user: shape.user,
  readOnly: hardened.readOnly,
  capabilities: {
    drops: [...hardened.droppedCapabilities],
    ...(shape.capabilities.length === 0 ? {} : { adds: [...shape.capabilities] }),
  },
  securityOpts: [...hardened.securityOpts],
  memory: shape.memoryMiB,
  memorySwap: shape.memoryMiB,
  ...(memoryReservationMiB === undefined ? {} : { memoryReservation: memoryReservationMiB }),
  ulimits: [{ name: "nofile", soft: openFiles, hard: openFiles }],
  ...(shape.cgroupParent === "" ? {} : { cgroupParent: shape.cgroupParent }),
  // As the provider reads it back: "2" or "2.00" would be a change at every refresh.
  cpus: Number.isInteger(cpus) ? cpus.toFixed(1) : String(cpus),
  init: true,
  logDriver: hardened.logDriver,
  logOpts: { ...hardened.logOpts },
  restart: shape.restart,
});

/**
 * The same as arguments of `docker run`, with what the provider has no words for: the limit on processes.
 * @param tmpfs path -> mount options
 */
export const runWords = (
  shape: Shape,
  limits: Limits,
  tmpfs: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>>,
): string[] => {
  const inputs = hardenedInputs(shape, limits);
  const each = (word: string, values: readonly string[]) => values.flatMap((value) => [word, value]);
  const { logOpts } = inputs;
  return [
    ...["--hostname", inputs.hostname, "--user", inputs.user],
    ...(inputs.readOnly ? ["--read-only"] : []),
    ...each("--cap-drop", inputs.capabilities.drops),
    ...each("--cap-add", [...shape.capabilities]),
    ...each("--security-opt", inputs.securityOpts),
    ...["--memory", `${inputs.memory}m`, "--memory-swap", `${inputs.memorySwap}m`],
    ...(limits.memoryReservationMiB === undefined
      ? []
      : ["--memory-reservation", `${limits.memoryReservationMiB}m`]),
    ...each(
      "--ulimit",
      inputs.ulimits.map(({ name, soft, hard }) => `${name}=${soft}:${hard}`),
    ),
    ...["--cpus", inputs.cpus, "--pids-limit", String(limits.pids)],
    ...(shape.cgroupParent === "" ? [] : ["--cgroup-parent", shape.cgroupParent]),
    ...(inputs.init ? ["--init"] : []),
    ...["--log-driver", inputs.logDriver, "--restart", inputs.restart],
    ...each(
      "--log-opt",
      Object.entries(logOpts).map(([key, value]) => `${key}=${value}`),
    ),
    ...each(
      "--tmpfs",
      Object.entries(tmpfs).map(([path, options]) => `${path}:${options}`),
    ),
    ...each(
      "--env",
      Object.entries(environment).map(([key, value]) => `${key}=${value}`),
    ),
  ];
};

/** What `docker inspect` has to show: path -> value; in a list of things with names a step is a name. */
export const inspectedShape = (shape: Shape) => ({
  "HostConfig.ReadonlyRootfs": hardened.readOnly,
  "HostConfig.Privileged": false,
  "HostConfig.CapDrop": [...hardened.droppedCapabilities],
  "HostConfig.CapAdd": shape.capabilities.length === 0 ? null : [...shape.capabilities],
  "HostConfig.SecurityOpt": [...hardened.securityOpts],
  "HostConfig.Memory": shape.memoryMiB * 1024 * 1024,
  "HostConfig.MemorySwap": shape.memoryMiB * 1024 * 1024,
  "HostConfig.Ulimits.nofile": { Name: "nofile", Hard: openFiles, Soft: openFiles },
  "HostConfig.RestartPolicy.Name": shape.restart,
  "HostConfig.CgroupParent": shape.cgroupParent,
  "Config.User": shape.user,
  "Config.Hostname": shape.hostname,
});
