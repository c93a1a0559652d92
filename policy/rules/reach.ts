/** Who may talk to whom, and what of the host a container sees. */
import { parseIPv4Cidr } from "../../config/cidr";
import { networkNames } from "../../config/services";
import { filterSocketDirectory } from "../../config-files/host/docker-settings";
import { allowanceOf, containerType, gatewayOf } from "../allowances";
import {
  at,
  broken,
  each,
  isUnset,
  shown,
  undecided,
  unknown,
  want,
  type Finding,
  type Resource,
  type ResourceRule,
  type Value,
} from "../rule";

export const networkType = "docker:index/network:Network";
const types = [containerType];
const isText = (value: Value): value is string => typeof value === "string";

/** Networks of the design -> whether they are internal. */
const internal: Readonly<Record<string, boolean>> = {
  [networkNames.openclaw]: true,
  [networkNames.proxy]: true,
  [networkNames.egress]: false,
};

/** True when the address lies in the network that is written as a CIDR. */
function contains(cidr: Value, address: string): boolean {
  const network = isText(cidr) ? parseIPv4Cidr(cidr) : undefined;
  const single = parseIPv4Cidr(`${address}/32`);
  if (network === undefined || single === undefined) return false;
  return single.base >= network.base && single.base < network.base + 2 ** (32 - network.prefix);
}

/** Names of the declared networks that hold this address. */
function networksAt(address: string, earlier: readonly Resource[]): Value[] {
  return earlier
    .filter(({ type, inputs }) => {
      const pools = inputs["ipamConfigs"];
      return (
        type === networkType &&
        Array.isArray(pools) &&
        (pools as Value[]).some((pool) => contains(at(pool, "subnet"), address))
      );
    })
    .map(({ inputs }) => inputs["name"]);
}

/**
 * One membership: its fixed address, and the network that it is on. The name of a network is an output and unknown in
 * a first preview; its subnet is written down, and was judged before.
 */
function membership(item: Value, allowed: readonly string[], earlier: readonly Resource[]): Finding[] {
  const name = at(item, "name");
  const address = at(item, "ipv4Address");
  if (address === unknown) return [undecided("its address on a network is fixed")];
  if (!isText(address) || address === "") return [broken(`it has no fixed address on ${shown(name)}`)];
  const found = networksAt(address, earlier);
  if (found.length !== 1) return [broken(`${address} lies in no declared network`)];
  const [network] = found;
  if (isText(name) && name !== network) return [broken(`${address} does not lie in ${name}`)];
  return want(
    network,
    (value) => allowed.some((one) => one === value),
    `it is on ${shown(network)}, at ${address}`,
  );
}

export const reachRules: readonly ResourceRule[] = [
  {
    name: "network-internal",
    promise:
      "openclaw-net and proxy-net lead nowhere, egress-net alone leads out, and there is no other network.",
    mend: "Set internal on the two; a network that the design does not name has no place.",
    unknown: "refused",
    types: [networkType],
    check: ({ inputs }) => {
      const { name } = inputs;
      const wanted = isText(name) ? internal[name] : undefined;
      if (wanted === undefined) return want(name, () => false, `the design has no network ${shown(name)}`);
      return [
        ...want(
          inputs["internal"] ?? false,
          (value) => value === wanted,
          `internal is ${shown(inputs["internal"])}, not ${wanted}`,
        ),
        ...want(inputs["driver"], (value) => value === "bridge", `driver is ${shown(inputs["driver"])}`),
      ];
    },
  },
  {
    name: "network-subnet-fixed",
    promise:
      "Every network has one subnet that is written down: access lists and trusted proxies name addresses in it.",
    mend: "Give ipamConfigs exactly one IPv4 subnet.",
    unknown: "refused",
    types: [networkType],
    check: ({ inputs }) =>
      want(
        inputs["ipamConfigs"],
        (value) => {
          const subnet = Array.isArray(value) && value.length === 1 ? at(value[0] as Value, "subnet") : null;
          return isText(subnet) && parseIPv4Cidr(subnet) !== undefined;
        },
        `ipamConfigs is ${shown(inputs["ipamConfigs"])}`,
      ),
  },
  {
    name: "container-networks",
    promise:
      "Every container is on the networks of the design and no other, at a fixed address; gateways on the two internal ones.",
    mend: "Change the membership; a new part of the design is a row of config/services.ts.",
    unknown: "waits",
    types,
    check: (container, earlier) => {
      const networks = allowanceOf(container).networks.map((name) => networkNames[name]);
      const { networksAdvanced, networkMode } = container.inputs;
      if (networks.length === 0) {
        return [
          ...want(networkMode, (value) => value === "none", `networkMode is ${shown(networkMode)}, not none`),
          ...each(networksAdvanced, "networksAdvanced", (item) => [
            broken(`it is on ${shown(at(item, "name"))}`),
          ]),
        ];
      }
      const memberships = each(networksAdvanced, "networksAdvanced", (item) =>
        membership(item, networks, earlier),
      );
      const count = Array.isArray(networksAdvanced) ? networksAdvanced.length : 0;
      // Without any of its own a container is on Docker's default bridge, which leads out.
      if (count !== networks.length && networksAdvanced !== unknown)
        memberships.push(broken(`it is on ${count} networks, not on ${networks.join(" and ")}`));
      return memberships;
    },
  },
  {
    name: "container-names-not-resolved",
    promise: "Only the egress proxy looks names up outside: DNS is no way out for anything else.",
    mend: 'Set dns to ["127.0.0.1"], where nobody answers.',
    unknown: "refused",
    types,
    check: (container) => {
      const { dns, networkMode } = container.inputs;
      const { resolvesNames } = allowanceOf(container);
      if (networkMode === "none" || resolvesNames === true) return [];
      return want(dns, (value) => JSON.stringify(value) === '["127.0.0.1"]', `dns is ${shown(dns)}`);
    },
  },
  {
    name: "container-ports",
    promise: "One port is published on the whole host: 443, by the reverse proxy.",
    mend: "Take ports away: containers reach each other on their networks.",
    unknown: "refused",
    types,
    check: (container) => {
      const { publishes } = allowanceOf(container);
      return [
        ...want(container.inputs["publishAllPorts"], isUnset, "it publishes every port"),
        ...each(container.inputs["ports"], "ports", (port) =>
          want(
            port,
            (value) => at(value, "external") === publishes && (at(value, "protocol") ?? "tcp") === "tcp",
            `it publishes ${shown(at(port, "external"))}/${shown(at(port, "protocol"))}`,
          ),
        ),
      ];
    },
  },
  {
    name: "container-docker-socket",
    promise:
      "No container but the filter of the Docker API sees the real Docker socket, or a folder that holds it; the filter mounts the one that holds nothing else.",
    mend: "Mount the filter's socket from the gateway's own directory.",
    unknown: "waits",
    types,
    check: (container) =>
      each(container.inputs["volumes"], "volumes", (mount) =>
        want(
          at(mount, "hostPath"),
          (path) =>
            !isText(path) ||
            !/^\/+($|(var\/+)?run(\/+(docker\.sock|clawkeep-docker.*))?\/*$|var\/*$|proc|sys|dev)|docker\.sock|containerd/.test(
              path,
            ) ||
            (allowanceOf(container).dockerSocket === true &&
              path === filterSocketDirectory &&
              at(mount, "readOnly") === true),
          `it mounts ${shown(at(mount, "hostPath"))}`,
        ),
      ),
  },
  {
    name: "container-mounts",
    promise:
      "A container mounts directories below /opt/openclaw, of a gateway's only its own, and nothing else of the host.",
    mend: "Move what it needs there; volumes have a hostPath, and mounts and uploads are not used.",
    unknown: "waits",
    types,
    check: (container) => [
      ...["mounts", "uploads"].flatMap((name) =>
        want(container.inputs[name], isUnset, `it has ${name}, which no rule judges`),
      ),
      ...each(container.inputs["volumes"], "volumes", (mount) =>
        want(
          at(mount, "hostPath"),
          (path) => {
            if (allowanceOf(container).dockerSocket === true && path === filterSocketDirectory) return true;
            if (!isText(path) || path.split("/").includes("..")) return false;
            const [, kind, owner] = /^\/opt\/openclaw\/([a-z]+)\/([a-z][a-z0-9-]*)(\/|$)/.exec(path) ?? [];
            return owner !== undefined && (kind !== "gateways" || owner === gatewayOf(container));
          },
          `it mounts ${shown(at(mount, "hostPath"))}`,
        ),
      ),
    ],
  },
  {
    name: "container-configuration-read-only",
    promise: "Configuration and secrets are mounted read-only: no container switches its own policy off.",
    mend: "Set readOnly on the mount.",
    unknown: "waits",
    types,
    check: ({ inputs }) =>
      each(inputs["volumes"], "volumes", (mount) => {
        const path = at(mount, "hostPath");
        const readOnly = at(mount, "readOnly");
        if (readOnly === true) return [];
        return want(
          [path, readOnly],
          () =>
            isText(path) &&
            // The socket that Redis makes for LiteLLM.
            (!/^\/opt\/openclaw\/(config|secrets)(\/|$)/.test(path) ||
              path === "/opt/openclaw/config/redis-socket"),
          `it can write ${shown(path)}`,
        );
      }),
  },
];
