/** The program as a whole: what is registered when, under whom, and what it gives back. */
import { existing, prod, rawConfiguration, standby, twoGateways } from "../fixtures/stack-configuration";
import {
  containers,
  holdsSecret,
  label,
  nameOnHost,
  ofType,
  opened,
  programRun,
  recordAll,
  unknownMark,
  type Graph,
} from "./graph";
import { serverAddress } from "./recorder/answers";

const fixtures = { prod, standby, existing, twoGateways };
type Name = keyof typeof fixtures;
const names = Object.keys(fixtures) as Name[];
const runs = Object.fromEntries(
  names.flatMap((name) => [
    [name, programRun(rawConfiguration(fixtures[name]))],
    [`${name} preview`, programRun(rawConfiguration(fixtures[name]), true)],
  ]),
) as Record<Name | `${Name} preview`, ReturnType<typeof programRun>>;
const bad = {
  "clawkeep:tier": "huge",
  "clawkeep:colour": "red",
  "clawkeep:litellmMasterKey": "wrong",
  "hcloud:token": undefined,
};
/** What a stack without backups is told by every run. */
const nothingOffTheHost = "clawkeep:backups is not set, so nothing leaves the host";
const graphs = recordAll({
  ...runs,
  bad: programRun(rawConfiguration(prod, bad)),
  badPreview: programRun(rawConfiguration(prod, bad), true),
});

describe.each(names.flatMap((name) => [name, `${name} preview`] as const))("%s", (name) => {
  const graph: Graph = graphs[name];

  it("runs through, in silence", () => {
    expect(graph.error).toBeUndefined();
    expect(graph.log.split("\n").filter((line) => line !== "" && !line.includes(nothingOffTheHost))).toEqual(
      [],
    );
    expect(graph.resources.length).toBeGreaterThan(40);
  });

  it("says that nothing is off the host, whatever its role is", () => {
    expect(fixtures[name.replace(/ preview$/, "") as Name].settings).not.toHaveProperty("clawkeep:backups");
    expect(graph.log).toContain(nothingOffTheHost);
  });

  it("makes no resource in an apply", () => {
    expect(graph.resources).toHaveLength(graph.declaredAtOnce);
  });

  it("has a component above every resource, and its name before every name", () => {
    const components = new Set(
      graph.resources.filter(({ custom }) => !custom).map((resource) => resource.name),
    );
    for (const { name: own, parent, custom } of graph.resources) {
      if (!custom && /^clawkeep-(prod|standby)$/.test(parent ?? "")) continue;
      expect(components).toContain(parent);
      expect(own.startsWith(`${parent}-`)).toBe(true);
    }
  });

  it("hands no component's arguments to the engine", () => {
    const withInputs = graph.resources.filter(
      ({ custom, inputs }) => !custom && Object.keys(inputs).length > 0,
    );
    expect(withInputs.map(label)).toEqual([]);
  });

  it("registers the outputs of every component", () => {
    const without = graph.resources.filter(({ custom, outputs }) => !custom && outputs === undefined);
    expect(without.map(label)).toEqual([]);
  });
});

describe.each(names)("a first preview of %s", (name) => {
  it("shows what an update makes, with everything unknown", () => {
    const labels = (graph: Graph): string[] => graph.resources.map(label).sort();
    expect(labels(graphs[`${name} preview`])).toEqual(labels(graphs[name]));
    expect(JSON.stringify(graphs[`${name} preview`].resources)).toContain(unknownMark);
    expect(JSON.stringify(graphs[name].resources)).not.toContain(unknownMark);
  });
});

describe("a bad configuration", () => {
  it.each([graphs.bad, graphs.badPreview])(
    "registers no resource and names every problem",
    ({ error, resources, stackOutputs }) => {
      expect(resources).toEqual([]);
      expect(stackOutputs).toEqual({});
      expect(error).toMatch(/^4 problems in the configuration of stack prod; nothing was touched\./);
      for (const key of Object.keys(bad)) expect(error).toContain(`\n  ${key}: `);
    },
  );
});

describe("an existing host", () => {
  it("needs nothing of Hetzner", () => {
    expect(graphs.existing.resources.filter(({ type }) => type.includes("hcloud")).map(label)).toEqual([]);
    expect(
      graphs.existing.resources
        .flatMap(({ options }) => [...(options.replaceWith ?? []), options.deletedWith ?? ""])
        .join(""),
    ).toBe("");
  });

  it("gets the same containers and networks", () => {
    const onHost = (graph: Graph) =>
      [...containers(graph), ...ofType(graph, "docker:index/network:Network")].map(nameOnHost).sort();
    expect(onHost(graphs.existing)).toEqual(onHost(graphs.prod));
  });
});

describe("outputs", () => {
  const secretOutputs = ["gatewayToken", "gatewayTokens", "litellmMasterKey"];

  it.each(names)("of %s are those of the README, the secret ones marked", (name) => {
    const outputs = graphs[name].stackOutputs;
    expect(Object.keys(outputs)).toEqual(
      expect.arrayContaining(["gatewayUrl", "ipv4", "ipv6", "sshCommand", ...secretOutputs]),
    );
    const marked = Object.entries(outputs).filter(([, value]) => holdsSecret(value));
    expect(marked.map(([key]) => key).sort()).toEqual(secretOutputs);
  });

  it.each([
    ["prod", serverAddress("prod"), 9922],
    ["standby", serverAddress("standby"), 9922],
    ["existing", "203.0.113.20", 22],
  ] as const)("of %s lead to its host", (name, address, port) => {
    expect(graphs[name].stackOutputs).toMatchObject({
      gatewayUrl: "https://assistant.example.org/",
      ipv4: address,
      sshCommand: `ssh -p ${port} root@${address}`,
    });
  });

  it("say what models can cost at most, in all and by gateway", () => {
    const { stackOutputs } = graphs.twoGateways;
    expect(stackOutputs["mostModelSpending"]).toEqual({
      usdPer30Days: 120,
      ofGateways: { openclaw: 60, second: 60 },
    });
  });

  it("hold every gateway's token", () => {
    expect(opened(graphs.twoGateways.stackOutputs["gatewayTokens"])).toEqual({
      openclaw: twoGateways.secrets["clawkeep:gatewayToken-openclaw"],
      second: twoGateways.secrets["clawkeep:gatewayToken-second"],
    });
    expect(opened(graphs.twoGateways.stackOutputs["gatewayToken"])).toBe(
      twoGateways.secrets["clawkeep:gatewayToken-openclaw"],
    );
  });
});
