/** What the relay of a stack is called, and its files. */
import type { Addresses } from "../../config/addresses";
import { telegramSettings, type GatewaySettings } from "../../config/gateway-schema";
import { services } from "../../config/services";
import { clientConnections } from "../egress-proxy/squid-conf";
import type { RelayConfiguration, RelayedGateway } from "./configuration";

export { placeholderToken } from "./placeholder";

const { relay, egressProxy } = services;
/** Where the host says whose updates are withheld, by a file of the gateway's name (drain.py); and the same in the relay's container. */
export const withheld = { onHost: "/opt/openclaw/relay/withheld", inContainer: "/run/withheld" } as const;
/** What a gateway's Telegram channel has as its `apiRoot`. */
export const relayUrl = `http://${relay.name}:${relay.port}`;
/** The one host that the relay sends to. */
export const [telegramHost] = relay.outsideHosts;

/** Of the connections that the egress proxy allows to one client, those that the relay leaves free. */
const spareConnections = 16;
/** What a gateway needs: one poll, and a few messages and files at a time. */
const mostTunnels = 16;

/** Each gateway has its own share, so that none can use up another's, and all together stay below the proxy's limit. */
export const tunnelsOf = (gateways: number): number =>
  Math.max(1, Math.min(mostTunnels, Math.floor((clientConnections - spareConnections) / gateways)));

export interface RelayDeployment {
  readonly gateways: readonly Pick<GatewaySettings, "name" | "telegram">[];
  readonly addresses: Addresses;
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
  const gateways = relayedGateways(args);
  const configuration: RelayConfiguration = {
    listen: { address: args.addresses.relay, port: relay.port },
    authority: `${relay.name}:${relay.port}`,
    proxy: { host: egressProxy.name, port: egressProxy.port },
    upstream: { host: telegramHost, port: 443 },
    gateways,
    tokenFile: "/run/secrets/relay/tokens.json",
    extraCaFile: args.extraCa ? "/etc/relay/extra-ca.pem" : null,
    withheldDirectory: withheld.inContainer,
    limits: { connections: 32, tunnels: tunnelsOf(gateways.length) },
  };
  return `${JSON.stringify(configuration, null, 2)}\n`;
}
