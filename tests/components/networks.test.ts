/** Who may talk to whom: three networks of fixed subnets, and the members that the design names, each at its address. */
import { fixedAddresses } from "../../config/addresses";
import { existing, prod, rawConfiguration, standby, twoGateways } from "../fixtures/stack-configuration";
import { containers, nameOnHost, ofType, opened, programRun, recordGraphs, type Graph } from "./graph";

const moved = { openclaw: "10.20.0.0/24", proxy: "10.21.0.0/20", egress: "10.22.0.0/16" };
const subnets = { openclaw: "172.30.1.0/24", proxy: "172.30.2.0/24", egress: "172.30.3.0/24" };
const graphs = recordGraphs({
  prod: programRun(rawConfiguration(prod)),
  standby: programRun(rawConfiguration(standby)),
  existing: programRun(rawConfiguration(existing)),
  twoGateways: programRun(rawConfiguration(twoGateways)),
  moved: programRun(rawConfiguration(prod, { "clawkeep:networks": moved })),
});

/** Container -> network -> address. A part that a stack has no use for may be absent (the relay without a channel). */
function table(networks: typeof subnets, gateways: readonly string[]) {
  const addresses = fixedAddresses(networks, gateways.length);
  return {
    "openclaw-litellm": { "openclaw-net": addresses.litellm },
    "openclaw-egress": {
      "openclaw-net": addresses.egressProxy.openclaw,
      "egress-net": addresses.egressProxy.egress,
    },
    "openclaw-relay": { "openclaw-net": addresses.relay },
    "openclaw-caddy": {
      "proxy-net": addresses.reverseProxy.proxy,
      "egress-net": addresses.reverseProxy.egress,
    },
    "openclaw-redis": {},
    ...Object.fromEntries(
      gateways.flatMap((name, index) => [
        [
          name,
          {
            "openclaw-net": addresses.gateways[index]?.openclaw,
            "proxy-net": addresses.gateways[index]?.proxy,
          },
        ],
        [`${name}-docker-proxy`, {}],
      ]),
    ),
  } as Record<string, Record<string, string>>;
}

const memberships = (graph: Graph): Record<string, Record<string, string>> =>
  Object.fromEntries(
    containers(graph).map((container) => {
      const networks = (opened(container.inputs["networksAdvanced"]) ?? []) as {
        name: string;
        ipv4Address: string;
      }[];
      return [
        nameOnHost(container),
        Object.fromEntries(networks.map(({ name, ipv4Address }) => [name, ipv4Address])),
      ];
    }),
  );

describe.each([
  ["prod", subnets, ["openclaw"]],
  ["standby", subnets, ["openclaw"]],
  ["existing", subnets, ["openclaw"]],
  ["twoGateways", subnets, ["openclaw", "second"]],
  ["moved", moved, ["openclaw"]],
] as const)("%s", (stack, ranges, gateways) => {
  const graph = graphs[stack];
  const expected = table(ranges, gateways);

  it("has the three networks, of which one leads out", () => {
    const networks = ofType(graph, "docker:index/network:Network").map(({ inputs }) => opened(inputs));
    const bridge = (name: string, internal: boolean, subnet: string) => ({
      name,
      driver: "bridge",
      internal,
      ipamConfigs: [{ subnet, gateway: expect.stringMatching(/\.0?\.?1$|\.1$/) }],
    });
    expect(networks).toHaveLength(3);
    expect(networks).toEqual(
      expect.arrayContaining([
        expect.objectContaining(bridge("openclaw-net", true, ranges.openclaw)),
        expect.objectContaining(bridge("proxy-net", true, ranges.proxy)),
        expect.objectContaining(bridge("egress-net", false, ranges.egress)),
      ]),
    );
  });

  it("puts every container where the design has it, at its address", () => {
    const found = memberships(graph);
    const known = Object.fromEntries(
      Object.keys(found).map((name) => [name, expected[name] ?? "no such container"]),
    );
    expect(found).toEqual(known);
    expect(Object.keys(expected).filter((name) => !(name in found) && name !== "openclaw-relay")).toEqual([]);
  });

  it("gives a container without a network none at all", () => {
    for (const container of containers(graph)) {
      const alone = Object.keys(expected[nameOnHost(container)] ?? {}).length === 0;
      expect([nameOnHost(container), container.inputs["networkMode"]]).toEqual([
        nameOnHost(container),
        alone ? "none" : "bridge",
      ]);
    }
  });

  it("lets the egress proxy alone look names up outside", () => {
    for (const container of containers(graph).filter(({ inputs }) => inputs["networkMode"] !== "none")) {
      const sink = nameOnHost(container) === "openclaw-egress" ? undefined : ["127.0.0.1"];
      expect([nameOnHost(container), container.inputs["dns"]]).toEqual([nameOnHost(container), sink]);
    }
  });

  it("hands the addresses on to those that name them", () => {
    const written = JSON.stringify(opened(graph.resources.map(({ inputs }) => inputs)));
    const addresses = fixedAddresses(ranges, gateways.length);
    expect(written).toContain(`acl from_litellm src ${addresses.litellm}/32`);
    expect(written).toContain(`reverse_proxy ${addresses.gateways[0]?.proxy}:18789`);
    // trustedProxies names one address, nested two JSON strings deep.
    expect(written.replaceAll("\\", "")).toMatch(
      new RegExp(`"trustedProxies": \\[n +"${addresses.reverseProxy.proxy}"n +\\]`),
    );
  });
});
