/** Where things are inside the gateway's container, and its secrets by name. */
import { telegramSettings, type GatewaySettings } from "../../config/gateway-schema";
import { services } from "../../config/services";
import { releaseProfiles, type ReleaseLine } from "../../config/release-lines";
import type { Json } from "./policy/row";

export const gatewayPort = services.gateway.port;
/** Where the gateway's state is inside its container: the image's own home. */
export const stateDirectory = "/home/node/.openclaw";
/** The agent's files: SOUL.md is mounted into it read-only. */
export const workspaceDirectory = `${stateDirectory}/workspace`;
export const soulFile = `${workspaceDirectory}/SOUL.md`;
export const logFile = `${stateDirectory}/logs/openclaw.log`;
/** Folder of the gateway's secrets inside its container. */
export const gatewaySecretsDirectory = "/run/secrets/gateway";

/** Where the sandboxes' workspaces are inside the gateway's container. */
export const sandboxesDirectory = (gateway: Pick<GatewaySettings, "name" | "release">): string =>
  releaseProfiles[gateway.release].workspacesAt === "host"
    ? `/opt/openclaw/gateways/${gateway.name}/of-gateway/workspaces`
    : `${stateDirectory}/sandboxes`;

/** Keys of the gateway's secrets file; the canary gets the same keys with made-up values. */
export type GatewaySecretName = "gatewayToken" | "litellmKey" | "telegramBotToken";

export const gatewaySecretNames = (gateway: Pick<GatewaySettings, "telegram">): GatewaySecretName[] => [
  "gatewayToken",
  "litellmKey",
  ...(telegramSettings(gateway) === undefined ? [] : (["telegramBotToken"] as const)),
];

/** A value that names a secret. */
export function secretValue(line: ReleaseLine, name: GatewaySecretName): Json {
  if (releaseProfiles[line].secretsBy === "file")
    return { source: "file", provider: "gateway", id: `/${name}` };
  return `\${${secretVariable(name)}}`;
}

/** `litellmKey` -> `CLAWKEEP_LITELLM_KEY`: names of our own, because well-known ones switch providers on. */
export const secretVariable = (name: GatewaySecretName): string =>
  `CLAWKEEP_${name.replace(/[A-Z]/g, "_$&").toUpperCase()}`;
