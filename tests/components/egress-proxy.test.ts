/** The egress proxy in the graph: another list is loaded by the container that runs, and nothing but the list's way changes. */
import { prod, rawConfiguration } from "../fixtures/stack-configuration";
import { commands, containers, nameOnHost, opened, programRun, recordGraphs, type Graph } from "./graph";

const [model] = prod.settings["clawkeep:models"] as unknown[];
const graphs = recordGraphs({
  prod: programRun(rawConfiguration(prod)),
  fewer: programRun(
    rawConfiguration(prod, {
      "clawkeep:models": [model],
      "clawkeep:openaiApiKey": undefined,
      "clawkeep:voyageApiKey": undefined,
    }),
  ),
});
const proxy = (graph: Graph) =>
  containers(graph).find((container) => nameOnHost(container) === "openclaw-egress");
const command = (graph: Graph, name: string) => commands(graph).find((resource) => resource.name === name);
const text = (graph: Graph, name: string, input: string): string =>
  opened(command(graph, name)?.inputs[input]) as string;

it("the same container serves another list", () => {
  expect(text(graphs.fewer, "egress-proxy-config", "stdin")).not.toContain("api.openai.com");
  expect(text(graphs.prod, "egress-proxy-config", "stdin")).toContain("api.openai.com");
  expect(proxy(graphs.fewer)?.inputs).toEqual(proxy(graphs.prod)?.inputs);
});

it.each(["prod", "fewer"] as const)(
  "%s: the list is loaded after it is installed, for the very image",
  (stack) => {
    const graph = graphs[stack];
    const image = proxy(graph)?.inputs["image"] as string;
    const { root, revision } = JSON.parse(text(graph, "egress-proxy-config", "stdin")) as {
      root: string;
      revision: string;
    };
    expect(text(graph, "egress-proxy-list-loaded", "create")).toBe(
      `/opt/openclaw/bin/load-egress-list ${root}/${revision} '${image}' openclaw-egress`,
    );
    expect(command(graph, "egress-proxy-list-loaded")?.dependencies).toEqual(
      expect.arrayContaining(["egress-proxy-config", "egress-proxy-image"]),
    );
  },
);

it("the container starts after its list is in place, and sees every revision", () => {
  expect(proxy(graphs.prod)?.dependencies).toContain("egress-proxy-list-loaded");
  expect(proxy(graphs.prod)?.inputs["volumes"]).toEqual([
    { hostPath: "/opt/openclaw/config/egress-proxy", containerPath: "/etc/squid/clawkeep", readOnly: true },
  ]);
});
