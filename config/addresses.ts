/**
 * Fixed addresses on the three bridge networks. Access lists and trusted proxies name one address, never a
 * range, so every container that is named in one gets its address from here.
 */
import { addressAt } from "./cidr";

/** Subnets of the three bridge networks, IPv4 CIDRs of /24 or wider. */
export interface Subnets {
  /** openclaw-net (internal): gateways, LiteLLM, egress proxy, relay. */
  readonly openclaw: string;
  /** proxy-net (internal): gateways, reverse proxy. */
  readonly proxy: string;
  /** egress-net: egress proxy, reverse proxy. */
  readonly egress: string;
}

/** Host part of each fixed address; the first is Docker's own on every bridge. */
const offsets = { egressProxy: 10, litellm: 20, relay: 30, reverseProxy: 40, firstGateway: 100 } as const;

export const networkNames = { openclaw: "openclaw-net", proxy: "proxy-net", egress: "egress-net" } as const;

export interface Addresses {
  readonly litellm: string;
  readonly egressProxy: { readonly openclaw: string; readonly egress: string };
  readonly relay: string;
  readonly reverseProxy: { readonly proxy: string; readonly egress: string };
  /** One entry a gateway, in the order of the configuration. */
  readonly gateways: readonly { readonly openclaw: string; readonly proxy: string }[];
}

/** What decides a gateway's addresses: its slot, or its place in the list where it has none. */
export interface Slotted {
  readonly slot?: number | undefined;
}
export const slotOf = (gateway: Slotted | undefined, index: number): number => gateway?.slot ?? index;

/** @param gateways the stack's gateways, or how many there are */
export function fixedAddresses(subnets: Subnets, gateways: number | readonly Slotted[]): Addresses {
  const slots = typeof gateways === "number" ? [...Array(gateways).keys()] : gateways.map(slotOf);
  return {
    litellm: addressAt(subnets.openclaw, offsets.litellm),
    egressProxy: {
      openclaw: addressAt(subnets.openclaw, offsets.egressProxy),
      egress: addressAt(subnets.egress, offsets.egressProxy),
    },
    relay: addressAt(subnets.openclaw, offsets.relay),
    reverseProxy: {
      proxy: addressAt(subnets.proxy, offsets.reverseProxy),
      egress: addressAt(subnets.egress, offsets.reverseProxy),
    },
    gateways: slots.map((slot) => ({
      openclaw: addressAt(subnets.openclaw, offsets.firstGateway + slot),
      proxy: addressAt(subnets.proxy, offsets.firstGateway + slot),
    })),
  };
}

/** TCP ports that services listen on for other containers, where no file of the service's own says so. */
export const servicePorts = { litellm: 4000, relay: 8090 } as const;
