/** The firewall of a stack against what the stack really makes: its ports, its addresses, its logins. */
import { fixedAddresses } from "../../config/addresses";
import { sshLimit } from "../../config-files/host/firewall";
import { existing, prod, rawConfiguration, standby, twoGateways } from "../fixtures/stack-configuration";
import { commands, containers, nameOnHost, opened, programRun, recordGraphs, type Graph } from "./graph";

const moved = { openclaw: "10.20.0.0/24", proxy: "10.21.0.0/20", egress: "10.22.0.0/16" };
const host = existing.settings["clawkeep:host"] as object;
const graphs = recordGraphs({
  prod: programRun(rawConfiguration(prod)),
  standby: programRun(rawConfiguration(standby)),
  existing: programRun(rawConfiguration(existing)),
  existingWithAdmins: programRun(
    rawConfiguration(existing, { "clawkeep:host": { ...host, adminCidrs: ["198.51.100.0/24"] } }),
  ),
  twoGateways: programRun(rawConfiguration(twoGateways)),
  moved: programRun(rawConfiguration(prod, { "clawkeep:networks": moved })),
});
const ruleset = (graph: Graph): string => {
  const applied = commands(graph).find(({ name }) => name === "host-firewall-applied");
  return opened(applied?.inputs["stdin"]) as string;
};
const elements = (text: string, name: string): string[] =>
  (new RegExp(`set ${name} \\{[^}]*?elements = \\{([^}]*)\\}`).exec(text)?.[1] ?? "")
    .split(",")
    .map((element) => element.trim());

describe.each(Object.entries(graphs))("%s", (stack, graph) => {
  const text = ruleset(graph);

  it("admits every port that a container publishes, and SSH, and no other", () => {
    const published = containers(graph).flatMap(({ inputs }) =>
      ((opened(inputs["ports"]) ?? []) as { external: number }[]).map(({ external }) => external),
    );
    const { port } = opened(commands(graph)[0]?.inputs["connection"]) as { port: number };
    const admitted = [...text.matchAll(/proto-dst (\d+)/g)].map(([, number]) => Number(number));
    expect([...new Set(admitted)].sort()).toEqual([...new Set([...published, port])].sort());
  });

  it("names no address but those of the stack's containers, each for what it is", () => {
    const at = new Map(
      containers(graph).flatMap((container) =>
        ((opened(container.inputs["networksAdvanced"]) ?? []) as { name: string; ipv4Address: string }[]).map(
          ({ name, ipv4Address }) => [ipv4Address, `${nameOnHost(container)} ${name}`] as const,
        ),
      ),
    );
    const gateways = stack === "twoGateways" ? ["openclaw", "second"] : ["openclaw"];
    const { relay, backup } = fixedAddresses(
      stack === "moved"
        ? moved
        : { openclaw: "172.30.1.0/24", proxy: "172.30.2.0/24", egress: "172.30.3.0/24" },
      1,
    );
    // A stack without a channel has no relay; its address is kept for it.
    at.set(relay, "openclaw-relay openclaw-net");
    // The host's scripts start it, for one command.
    at.set(backup, "openclaw-backup openclaw-net");
    const flows = elements(text, "flows").map((flow) => {
      const [from = "", to = "", port = ""] = flow.split(" . ");
      return `${at.get(from)} -> ${at.get(to)} ${port}`;
    });
    expect(flows.sort()).toEqual(
      [
        ...gateways.flatMap((gateway) => [
          `${gateway} openclaw-net -> openclaw-litellm openclaw-net 4000`,
          `${gateway} openclaw-net -> openclaw-relay openclaw-net 8090`,
          `openclaw-caddy proxy-net -> ${gateway} proxy-net 18789`,
        ]),
        "openclaw-backup openclaw-net -> openclaw-egress openclaw-net 3128",
        "openclaw-litellm openclaw-net -> openclaw-egress openclaw-net 3128",
        "openclaw-relay openclaw-net -> openclaw-egress openclaw-net 3128",
      ].sort(),
    );
    const [, outwards = ""] = /ip saddr (\S+) ip daddr != @private tcp dport 443 accept/.exec(text) ?? [];
    expect(at.get(outwards)).toBe("openclaw-egress egress-net");
  });
});

it("a host that is there keeps SSH as open as it is, unless admin addresses are given", () => {
  expect(ruleset(graphs.existing)).not.toContain("@admin");
  expect(ruleset(graphs.existingWithAdmins)).toContain("ip saddr != @admin4 drop");
  expect(elements(ruleset(graphs.existingWithAdmins), "admin4")).toEqual(["198.51.100.0/24"]);
});

it("two ups one right after the other stay below the limit of new SSH connections", () => {
  // A command opens one each; the Docker provider a few for all that it does, at the worst one a resource.
  const most = commands(graphs.twoGateways).length + containers(graphs.twoGateways).length * 2;
  expect(most).toBeGreaterThan(40);
  expect(sshLimit.burst).toBeGreaterThan(2 * most);
});
