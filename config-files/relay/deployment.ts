/** What the relay of a stack is called, and its files. */
import { servicePorts, type Addresses } from "../../config/addresses";
import { telegramSettings, type GatewaySettings } from "../../config/gateway-schema";
import { egressPort } from "../egress-proxy/squid-conf";
import type { Configuration, RelayedGateway } from "./configuration";

export { placeholderToken } from "./placeholder";

export const relayContainerName = "openclaw-relay";
export const relayPort = servicePorts.relay;
/** What a gateway's Telegram channel has as its `apiRoot`. */
export const relayUrl = `http://${relayContainerName}:${relayPort}`;
/** The one host that the relay sends to. */
export const telegramHost = "api.telegram.org";
/** uid and gid of the relay; nothing else has them. */
export const relayUser = 65533;

export interface RelayDeployment {
  readonly gateways: readonly Pick<GatewaySettings, "name" | "telegram">[];
  readonly addresses: Addresses;
  /** Host name of the egress proxy. */
  readonly egressProxy: string;
  /** Whether `extra-ca.pem` lies beside the configuration. */
  readonly extraCa: boolean;
}

/** The gateways that have a bot, each with its fixed address. */
export function relayedGateways({ gateways, addresses }: RelayDeployment): RelayedGateway[] {
  return gateways.flatMap((gateway, index) => {
    const address = addresses.gateways[index]?.openclaw;
    if (address === undefined) throw new Error(`gateway ${gateway.name} has no address`);
    return telegramSettings(gateway) ? [{ name: gateway.name, address }] : [];
  });
}

/** The relay's configuration file. */
export function relayConfiguration(args: RelayDeployment): string {
  const configuration: Configuration = {
    listen: { address: args.addresses.relay, port: relayPort },
    authority: `${relayContainerName}:${relayPort}`,
    proxy: { host: args.egressProxy, port: egressPort },
    upstream: { host: telegramHost, port: 443 },
    gateways: relayedGateways(args),
    tokenFile: "/run/secrets/relay/tokens.json",
    extraCaFile: args.extraCa ? "/etc/relay/extra-ca.pem" : null,
    limits: { connections: 32 },
  };
  return `${JSON.stringify(configuration, null, 2)}\n`;
}
