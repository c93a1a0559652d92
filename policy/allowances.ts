/** Which container may what: the one table of the exceptions, by the container's fixed name. */
import { networkNames } from "../config/addresses";
import { at, unknown, type Resource, type Value } from "./rule";

export const containerType = "docker:index/container:Container";

export interface Allowance {
  /** Networks it is a member of, exactly. */
  readonly networks: readonly string[];
  /** Capability it keeps. */
  readonly capability?: "CAP_NET_BIND_SERVICE";
  /** TCP port it publishes on the host. */
  readonly publishes?: number;
  /** Looks names up outside. */
  readonly resolvesNames?: true;
  /** Mounts the Docker socket, and is in its group. */
  readonly dockerSocket?: true;
  /** Docker's restart policy; `no`: something else starts it, after a check. */
  readonly restart: "unless-stopped" | "no";
}

const { openclaw, proxy, egress } = networkNames;

const byName: Readonly<Record<string, Allowance>> = {
  "openclaw-caddy": {
    networks: [proxy, egress],
    // The published binary carries it as a file capability and cannot be executed without.
    capability: "CAP_NET_BIND_SERVICE",
    publishes: 443,
    restart: "unless-stopped",
  },
  "openclaw-egress": { networks: [openclaw, egress], resolvesNames: true, restart: "unless-stopped" },
  "openclaw-litellm": { networks: [openclaw], restart: "unless-stopped" },
  "openclaw-redis": { networks: [], restart: "unless-stopped" },
  "openclaw-relay": { networks: [openclaw], restart: "unless-stopped" },
};
/** Filter of the Docker API, one for each gateway. */
const filter: Allowance = { networks: [], dockerSocket: true, restart: "unless-stopped" };
const filterSuffix = "-docker-proxy";
/** A gateway, and whatever this table does not know: nothing is allowed to a stranger that a gateway may not do. */
const gateway: Allowance = { networks: [openclaw, proxy], restart: "no" };

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

export function allowanceOf(container: Resource): Allowance {
  const name = nameOf(container);
  if (typeof name !== "string") return gateway;
  return byName[name] ?? (name.endsWith(filterSuffix) ? filter : gateway);
}

/** The gateway whose directories below /opt/openclaw/gateways a container may mount. */
export function gatewayOf(container: Resource): string | undefined {
  const name = nameOf(container);
  if (typeof name !== "string" || name in byName) return undefined;
  return name.endsWith(filterSuffix) ? name.slice(0, -filterSuffix.length) : name;
}
