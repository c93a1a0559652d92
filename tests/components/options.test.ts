/** Resource options: everything on a server goes and comes with it, and every other bend has its reason. */
import { existing, prod, rawConfiguration, standby, twoGateways } from "../fixtures/stack-configuration";
import { label, ofType, programRun, recordGraphs, type RecordedResource } from "./graph";
import { optionUses } from "./options-table";

const graphs = recordGraphs({
  prod: programRun(rawConfiguration(prod)),
  standby: programRun(rawConfiguration(standby)),
  existing: programRun(rawConfiguration(existing)),
  twoGateways: programRun(rawConfiguration(twoGateways)),
});
const onServers = ["prod", "standby", "twoGateways"] as const;

/** Said of every resource, and nothing that bends what the engine does. */
const plain = ["provider", "additionalSecretOutputs"];
const key = (type: string, option: string, value: unknown): string =>
  `${type}: ${option} = ${JSON.stringify(value)}`;
const usesOf = ({ type, options }: RecordedResource): string[] =>
  Object.entries(options)
    .filter(([option]) => !plain.includes(option))
    .map(([option, value]) => key(type.split(":").at(-1) ?? "", option, value));

it("every use of a resource option is in the table, and the table has no other", () => {
  const used = new Set(Object.values(graphs).flatMap((graph) => graph.resources.flatMap(usesOf)));
  expect([...used].sort()).toEqual(
    optionUses.map(({ type, option, value }) => key(type, option, value)).sort(),
  );
});

it("every row of the table gives its reason", () => {
  for (const { reason } of optionUses) expect(reason.length).toBeGreaterThan(20);
});

describe.each(onServers)("%s", (stack) => {
  const { resources } = graphs[stack];
  /** By way of SSH, all of them. */
  const onTheServer = resources.filter(({ type }) => /^(docker:index|command:remote)/.test(type));

  it("binds everything on the server to it", () => {
    expect(onTheServer.length).toBeGreaterThan(30);
    for (const resource of onTheServer) {
      expect([label(resource), resource.options]).toEqual([
        label(resource),
        expect.objectContaining({ replaceWith: ["host-server"], deletedWith: "host-server-instance" }),
      ]);
    }
  });

  it("binds to the server nothing that outlives it", () => {
    const bound = resources.filter(({ options }) => options.deletedWith !== undefined);
    expect(bound.filter((resource) => !onTheServer.includes(resource)).map(label)).toEqual([
      "Command host-server-shutdown-for-type",
      "VolumeAttachment host-volume-attachment",
    ]);
  });

  it("shuts a server down before it is deleted or replaced, and before its type is changed", () => {
    const [forType, before] = ofType(graphs[stack], "command:local:Command");
    const server = resources.find(({ name }) => name === "host-server");
    // Deleted before the server because it depends on it, on the server of before because it is replaced with it; bound
    // to nothing, or the engine would pass over its deletion.
    expect([before?.name, before?.options, before?.dependencies]).toEqual([
      "host-server-shutdown",
      expect.objectContaining({ replaceWith: ["host-server"] }),
      expect.arrayContaining(["host-server"]),
    ]);
    expect(before?.options.deletedWith).toBeUndefined();
    expect([forType?.name, forType?.inputs["triggers"]]).toEqual([
      "host-server-shutdown-for-type",
      [server?.inputs["serverType"]],
    ]);
    expect(server?.dependencies).toContain("host-server-shutdown-for-type");
    for (const { inputs } of [forType, before].filter((each) => each !== undefined)) {
      expect([inputs["create"], inputs["delete"]]).toEqual([undefined, "/opt/openclaw/bin/shut-down-host"]);
    }
  });

  it("protects state and address, here and at the provider", () => {
    for (const type of ["hcloud:index/volume:Volume", "hcloud:index/primaryIp:PrimaryIp"]) {
      expect(ofType(graphs[stack], type)).toEqual([
        expect.objectContaining({
          inputs: expect.objectContaining({ deleteProtection: true }),
          options: expect.objectContaining({ protect: true }),
        }),
      ]);
    }
  });

  // Else `destroy --exclude-protected`, which keeps what they depend on, would keep the firewall and what it remembers.
  it("has no dependency of what is protected that is to go before it", () => {
    for (const type of ["hcloud:index/volume:Volume", "hcloud:index/primaryIp:PrimaryIp"])
      expect(ofType(graphs[stack], type).map(({ dependencies }) => dependencies)).toEqual([[]]);
  });

  it("uses providers of its own, never the default ones", () => {
    const ambient = resources.filter(
      ({ type, options }) => /^(docker|hcloud|cloudflare):/.test(type) && options.provider === undefined,
    );
    expect(ambient.map(label)).toEqual([]);
  });
});
