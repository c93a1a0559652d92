/** Which containers a stack of these gateways has, and what each waits for and may talk to: all of it from the services' rows. */
import { placesOf, type Addresses } from "./addresses";
import { telegramSettings } from "./gateway-schema";
import { containerName, isOfGateway, rowOf, services, type ServiceRow, type Services } from "./services";

/** What of a gateway's settings decides it. */
interface GatewayNames {
  readonly name: string;
  readonly telegram?: unknown;
}

export interface StackContainer {
  readonly service: string;
  readonly row: ServiceRow;
  /** Its fixed name. */
  readonly name: string;
  /** Place of its gateway in the list; 0 for one that is there once. */
  readonly index: number;
}

const uses = (gateway: { readonly telegram?: unknown }, { onlyWith }: ServiceRow): boolean =>
  onlyWith === undefined || telegramSettings(gateway) !== undefined;

/** Every container that stays: each gateway's own, then those that are there once. */
export function containersOf(
  gateways: readonly GatewayNames[],
  table: Services = services,
): StackContainer[] {
  const rows = Object.entries(table);
  const named = (own: boolean, gateway: string, index: number) =>
    rows
      .filter(([, row]) => row.startedBy !== "script" && isOfGateway(row) === own)
      .filter(([, row]) => gateways.some((one) => uses(one, row)))
      .map(([service, row]) => ({ service, row, name: containerName(row, gateway), index }));
  return [...gateways.flatMap(({ name }, index) => named(true, name, index)), ...named(false, "", 0)];
}

type Needed = Omit<StackContainer, "index">;

/** What has to be healthy before one of the service starts. @param gateway whose it is, where each has one */
export function needsOf(service: string, gateway?: GatewayNames, table: Services = services): Needed[] {
  return (rowOf(table, service).needs ?? [])
    .map((need) => ({ service: need, row: rowOf(table, need) }))
    .filter(({ row }) => gateway === undefined || uses(gateway, row))
    .map(({ service: need, row }) => ({ service: need, row, name: containerName(row, gateway?.name ?? "") }));
}

/** The same without those that another of them needs itself: it has waited for them. */
export function directNeedsOf(...of: Parameters<typeof needsOf>): Needed[] {
  const all = needsOf(...of);
  return all.filter(({ service }) => !all.some(({ row }) => row.needs?.includes(service) === true));
}

/** A connection that one container may open to another, over TCP. */
export interface Flow {
  readonly from: string;
  readonly to: string;
  readonly port: number;
}

/**
 * Who may open a connection to whom: to and from each gateway, then among those that are there once. What two services of
 * a gateway say to each other stays within that gateway.
 */
export function containerFlows(addresses: Addresses, table: Services = services): Flow[] {
  const pairs = Object.entries(table).flatMap(([from, { opensTo = [] }]) =>
    opensTo.map((to) => ({
      from,
      to,
      own: [from, to].some((service) => isOfGateway(rowOf(table, service))),
    })),
  );
  const flow = ({ from, to }: { from: string; to: string }, gateway: number): Flow => {
    const [source = {}, target = {}] = [from, to].map((service) => {
      const places = placesOf(addresses, service, table);
      return places[isOfGateway(rowOf(table, service)) ? gateway : 0];
    });
    const { networks, port } = rowOf(table, to);
    const shared = networks.find((network) => source[network] !== undefined);
    const [here, there] = shared === undefined ? [] : [source[shared], target[shared]];
    if (here === undefined || there === undefined || port === undefined)
      throw new Error(`${from} cannot open a connection to ${to}: no network is both's, or it has no port`);
    return { from: here, to: there, port };
  };
  return [
    ...addresses.gateways.flatMap((_, index) =>
      pairs.filter(({ own }) => own).map((pair) => flow(pair, index)),
    ),
    ...pairs.filter(({ own }) => !own).map((pair) => flow(pair, 0)),
  ];
}
