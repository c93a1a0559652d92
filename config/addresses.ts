/**
 * Fixed addresses on the three bridge networks. Access lists and trusted proxies name one address, never a
 * range, so every container that has a network gets its address from its row of the services.
 */
import { addressAt } from "./cidr";
import {
  isOfGateway,
  networkNames,
  rowOf,
  services,
  type NetworkName,
  type Service,
  type ServiceRow,
  type Services,
  type StackRow,
} from "./services";

export { networkNames };

/** Subnets of the three bridge networks, IPv4 CIDRs of /24 or wider. Of openclaw and proxy no way leads out. */
export type Subnets = Readonly<Record<NetworkName, string>>;

/** A service's address: by network, or as it is where openclaw-net is its only one. */
type Place<R extends ServiceRow> = R["networks"] extends readonly ["openclaw"]
  ? string
  : { readonly [N in R["networks"][number]]: string };
type Addressed = {
  [S in Service]: (typeof services)[S] extends StackRow & { readonly host: number } ? S : never;
}[Service];

export type Addresses = { readonly [S in Addressed]: Place<(typeof services)[S]> } & {
  /** One entry a gateway, in the order of the configuration. */
  readonly gateways: readonly Place<typeof services.gateway>[];
};

/** What decides a gateway's addresses: its slot, or its place in the list where it has none. */
export interface Slotted {
  readonly slot?: number | undefined;
}
export const slotOf = (gateway: Slotted | undefined, index: number): number => gateway?.slot ?? index;
/** Slot of the gateway of that name; 0 where there is none. */
export const slotNamed = (
  gateways: readonly (Slotted & { readonly name: string })[],
  name: string,
): number => {
  const index = Math.max(
    0,
    gateways.findIndex((gateway) => gateway.name === name),
  );
  return slotOf(gateways[index], index);
};

/** By service; what each gateway has of its own by the plural, in the order of the configuration. */
const keyOf = (service: string, row: ServiceRow): string => (isOfGateway(row) ? `${service}s` : service);

/** @param gateways the stack's gateways, or how many there are */
export function fixedAddresses(
  subnets: Subnets,
  gateways: number | readonly Slotted[],
  table: Services = services,
): Addresses {
  const slots = typeof gateways === "number" ? [...Array(gateways).keys()] : gateways.map(slotOf);
  const places = Object.entries(table).flatMap(([service, row]) => {
    const { host, networks } = row;
    if (host === undefined) return [];
    const at = (slot: number) =>
      Object.fromEntries(networks.map((name) => [name, addressAt(subnets[name], host + slot)]));
    const own = isOfGateway(row) ? slots.map(at) : networks.join() === "openclaw" ? at(0)["openclaw"] : at(0);
    return [[keyOf(service, row), own]];
  });
  return Object.fromEntries(places) as Addresses;
}

/** Every container's addresses of a service, by network: one entry, or one a gateway. */
export function placesOf(
  addresses: Addresses,
  service: string,
  table: Services = services,
): Partial<Record<NetworkName, string>>[] {
  const at: unknown = Reflect.get(addresses, keyOf(service, rowOf(table, service)));
  return typeof at === "string" ? [{ openclaw: at }] : [at ?? []].flat();
}
