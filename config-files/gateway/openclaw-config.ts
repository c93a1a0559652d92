/** The gateway's configuration file, `openclaw.json`: the hardening policy with what users vary. */
import { policyDocument, type PolicyArgs } from "./hardening-policy";

export type OpenClawConfigArgs = PolicyArgs;
export {
  gatewayPort,
  gatewaySecretNames,
  gatewaySecretsDirectory,
  stateDirectory,
  type GatewaySecretName,
} from "./paths";

/** `openclaw.json`. The file is mounted read-only: the gateway, and so the agent, cannot change it. */
export function openclawConfig(args: OpenClawConfigArgs): string {
  return `${JSON.stringify(policyDocument(args), null, 2)}\n`;
}
