/** Who may talk to whom: three networks of fixed subnets, and the members that the design names, each at its address. */
import { fixedAddresses } from "../../config/addresses";
import {
  everything,
  existing,
  prod,
  rawConfiguration,
  standby,
  twoGateways,
} from "../fixtures/stack-configuration";
import { containers, nameOnHost, ofType, opened, programRun, recordGraphs, type Graph } from "./graph";

const moved = { openclaw: "10.20.0.0/24", proxy: "10.21.0.0/20", egress: "10.22.0.0/16" };
const subnets = { openclaw: "172.30.1.0/24", proxy: "172.30.2.0/24", egress: "172.30.3.0/24" };
const botKey = "clawkeep:telegramBotToken-openclaw";
/** No gateway has a channel. */
const silent = rawConfiguration(prod, {
  "clawkeep:gateways": [{ name: "openclaw" }],
  [botKey]: undefined,
});
const graphs = recordGraphs({
  prod: programRun(rawConfiguration(prod)),
  standby: programRun(rawConfiguration(standby)),
  existing: programRun(rawConfiguration(existing)),
  twoGateways: programRun(rawConfiguration(twoGateways)),
  moved: programRun(rawConfiguration(prod, { "clawkeep:networks": moved })),
  silent: programRun({
    ...silent,
    secretKeys: new Set([...silent.secretKeys].filter((key) => key !== botKey)),
  }),
});

/** Container -> network -> address. */
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
    expect(Object.keys(expected).filter((name) => !(name in found))).toEqual([]);
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

describe("the relay", () => {
  const configured = (name: "prod" | "twoGateways") => {
    const installed = graphs[name].resources.find(
      (resource) => resource.name === "egress-proxy-relay-config",
    );
    const order = JSON.parse(opened(installed?.inputs["stdin"]) as string) as {
      files: { content: string }[];
    };
    return JSON.parse(order.files[0]?.content ?? "") as Record<string, unknown>;
  };

  it("knows the gateways that have a bot by their addresses, and one way out to one host", () => {
    const addresses = fixedAddresses(subnets, 2);
    const expected = {
      listen: { address: addresses.relay, port: 8090 },
      proxy: { host: "openclaw-egress", port: 3128 },
      upstream: { host: "api.telegram.org", port: 443 },
      gateways: [{ name: "openclaw", address: addresses.gateways[0]?.openclaw }],
    };
    expect(configured("prod")).toMatchObject(expected);
    expect(configured("twoGateways")).toMatchObject(expected);
  });

  it("is not there, and nothing for it, where no gateway has a channel", () => {
    const written = JSON.stringify(
      opened(graphs.silent.resources.map(({ name, inputs }) => ({ name, inputs }))),
    );
    expect(written).not.toContain("relay");
    expect(written).not.toContain("telegram.org");
    expect(JSON.stringify(opened(graphs.prod.resources.map(({ inputs }) => inputs)))).toContain(
      "telegram.org",
    );
  });
});

describe("what LiteLLM may reach", () => {
  it("is the exact hosts of its models' providers, one's own included, and the webhook's", () => {
    const graph = recordGraphs({ everything: programRun(rawConfiguration(everything)) }).everything;
    const written = JSON.stringify(opened(graph.resources.map(({ inputs }) => inputs)));
    const hosts = [...written.matchAll(/acl hosts_of_litellm dstdomain -n ([a-z.]+)/g)].map(
      ([, host]) => host,
    );
    const own = ["hooks.example.net", "models.example.com"];
    expect(hosts).toEqual(["api.anthropic.com", "api.openai.com", "api.voyageai.com", ...own]);
  });
});
