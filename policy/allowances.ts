/** Which container may what: what its row of the services says, found by its fixed name. */
import { isOfGateway, services, type ServiceRow, type Services } from "../config/services";
import { at, unknown, type Resource, type Value } from "./rule";

export const containerType = "docker:index/container:Container";

/** What a row allows beyond what every container has. */
export type Allowance = Pick<
  ServiceRow,
  "networks" | "capability" | "publishes" | "resolvesNames" | "dockerSocket" | "startedBy"
>;

/** Label of a container that gets its name only when it takes over from the one that serves. */
const instanceLabel = "clawkeep.instance-of";

/** The name a container is known by: the one it stands in line for (its own is made up then), or its own. */
export function nameOf(container: Resource): Value {
  const labels = at(container.inputs, "labels");
  if (labels === unknown) return unknown;
  const standsFor = Array.isArray(labels)
    ? at(
        (labels as readonly Value[]).find((label) => at(label, "label") === instanceLabel),
        "value",
      )
    : undefined;
  return standsFor ?? at(container.inputs, "name");
}

/** The row of that name, and the gateway it belongs to, where it belongs to one. */
function known(name: string, table: Services): { row: ServiceRow; gateway?: string } | undefined {
  const rows = Object.values(table);
  const shared = rows.find((row) => !isOfGateway(row) && row.name === name);
  if (shared !== undefined) return { row: shared };
  const own = rows.filter(isOfGateway).find(({ suffix }) => suffix !== "" && name.endsWith(suffix));
  return own === undefined ? undefined : { row: own, gateway: name.slice(0, -own.suffix.length) };
}

/** Nothing is allowed to a stranger that a gateway may not do. */
export function allowanceOf(container: Resource, table: Services = services): Allowance {
  const name = nameOf(container);
  return (typeof name === "string" ? known(name, table)?.row : undefined) ?? services.gateway;
}

/** The gateway whose directories below /opt/openclaw/gateways a container may mount. */
export function gatewayOf(container: Resource): string | undefined {
  const name = nameOf(container);
  if (typeof name !== "string") return undefined;
  const found = known(name, services);
  return found === undefined ? name : found.gateway;
}
