/** The filter's configuration file for one gateway of a stack. */
import type { SandboxLimits } from "../../config/tiers";
import { measuredEnvironment, type FilterConfiguration } from "./configuration";
import { deployedLimits } from "./limits";

/** Where the filter finds the directory of the daemon's socket. */
export const upstreamDirectory = "/run/docker";

export interface FilterDeployment {
  readonly gateway: string;
  readonly sandbox: SandboxLimits;
  readonly image: string;
  /** `sha256:…` */
  readonly imageId: string;
  /** The sandboxes directory as the gateway names it. */
  readonly hostDirectory: string;
  /** The same as sandboxes get it. */
  readonly sourceDirectory: string;
  /** Number of the sandboxes' user and group. */
  readonly user: number;
  /** The gateway's control group, as config/cgroups.ts has it. */
  readonly cgroupParent: string;
}

/** Most open files of one sandbox; OpenClaw asks for the same. */
const sandboxOpenFiles = 1024;

export function filterConfiguration(args: FilterDeployment): string {
  const configuration: FilterConfiguration = {
    gateway: { name: args.gateway, container: args.gateway, nodePath: "/usr/local/bin/node" },
    listen: "/run/openclaw/docker.sock",
    upstream: `${upstreamDirectory}/docker.sock`,
    sandbox: {
      image: args.image,
      imageId: args.imageId,
      hostDirectory: args.hostDirectory,
      sourceDirectory: args.sourceDirectory,
      uid: args.user,
      gid: args.user,
      environment: measuredEnvironment,
      cgroupParent: args.cgroupParent,
    },
    limits: {
      memoryMiB: args.sandbox.memoryMiB,
      milliCpus: Math.round(args.sandbox.cpus * 1000),
      pids: args.sandbox.pids,
      openFiles: sandboxOpenFiles,
      sandboxes: args.sandbox.count,
      tmpfsMiB: { "/tmp": 64, "/var/tmp": 16, "/run": 16 },
      ...deployedLimits,
    },
  };
  return `${JSON.stringify(configuration, null, 2)}\n`;
}
