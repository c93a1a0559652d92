/** What a gateway's container sees, once: for the container that serves and for the canary that proves it. */
import { runWords, type Shape } from "../../config/container-shape";
import { releaseProfiles, type ReleaseLine } from "../../config/release-lines";
import type { Limits } from "../../config/services";
import { policyEnvironment } from "./hardening-policy";
import { gatewaySecretsDirectory, sandboxesDirectory, soulFile, stateDirectory } from "./paths";

interface GatewayOfLine {
  readonly name: string;
  readonly release: ReleaseLine;
}

/** @typeParam Text a path, or what becomes one when files are there */
export interface GatewayMount<Text> {
  readonly hostPath: Text | string;
  readonly containerPath: string;
  readonly writable: boolean;
  /** What the canary has there: the same, a copy of the state, made-up secrets, an empty directory. */
  readonly canary: "same" | "state" | "secrets" | "empty";
}

/** Places on the host of what is written for a gateway. */
export interface GatewayFiles<Text> {
  readonly configuration: Text;
  readonly soul: Text;
  readonly secrets: Text;
}

export function gatewayMounts<Text>(gateway: GatewayOfLine, files: GatewayFiles<Text>): GatewayMount<Text>[] {
  const home = `/opt/openclaw/gateways/${gateway.name}`;
  return [
    { hostPath: `${home}/of-gateway/state`, containerPath: stateDirectory, writable: true, canary: "state" },
    {
      hostPath: `${home}/of-gateway/workspaces`,
      containerPath: sandboxesDirectory(gateway),
      writable: true,
      canary: "empty",
    },
    // Without the filter's socket a canary makes no sandbox.
    { hostPath: `${home}/socket`, containerPath: "/run/openclaw", writable: false, canary: "empty" },
    { hostPath: files.configuration, containerPath: "/etc/openclaw", writable: false, canary: "same" },
    { hostPath: files.soul, containerPath: soulFile, writable: false, canary: "same" },
    { hostPath: files.secrets, containerPath: gatewaySecretsDirectory, writable: false, canary: "secrets" },
  ];
}

/** @param user of the gateway's process, `uid:gid` */
export const gatewayTmpfs = (user: string): Readonly<Record<string, string>> => {
  const [uid, gid] = user.split(":");
  return {
    "/tmp": "rw,nosuid,nodev,size=1024m,mode=1777",
    "/home/node": `rw,nosuid,nodev,size=64m,uid=${uid},gid=${gid},mode=0700`,
  };
};

export const gatewayEnvironment = (line: ReleaseLine): Readonly<Record<string, string>> => ({
  OPENCLAW_STATE_DIR: stateDirectory,
  // OpenClaw copies its databases there at each start, and does not start where they have no room: with a conversation of 64 MiB
  // the home directory, which is in memory, has none. No copy of the state and no backup takes this folder along.
  XDG_CACHE_HOME: `${stateDirectory}/tmp`,
  OPENCLAW_CONFIG_PATH: "/etc/openclaw/openclaw.json",
  DOCKER_HOST: "unix:///run/openclaw/docker.sock",
  ...policyEnvironment(line),
});

export interface CanaryArgs {
  readonly gateway: GatewayOfLine;
  readonly shape: Shape;
  readonly limits: Limits;
  readonly image: string;
  /** Directory of the gateway's configuration on the host. */
  readonly configuration: string;
  readonly timeoutSeconds: number;
  /** The secrets file, made up. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** What `gateway-canary` reads: the container of that gateway, without its network and its secrets. */
export const canaryOrder = ({ gateway, configuration, ...args }: CanaryArgs) => ({
  image: args.image,
  words: runWords(
    args.shape,
    args.limits,
    gatewayTmpfs(args.shape.user),
    gatewayEnvironment(gateway.release),
  ),
  mounts: gatewayMounts(gateway, { configuration, soul: `${configuration}/SOUL.md`, secrets: "" }).map(
    ({ hostPath, containerPath, writable, canary }) => ({
      target: containerPath,
      writable,
      canary,
      ...(canary === "same" ? { source: hostPath } : {}),
    }),
  ),
  timeoutSeconds: args.timeoutSeconds,
  secrets: args.secrets,
  // The weekly verification of backups asks it something.
  command: releaseProfiles[gateway.release].command,
});
