/** A server that is there takes no other port and no other key from the configuration: the firewall remembers both. */
import { changedSsh } from "../../components/ssh-stays";
import { prod, rawConfiguration } from "../fixtures/stack-configuration";
import { ofType, opened, programRun, recordGraphs, type Graph } from "./graph";

const host = prod.settings["clawkeep:host"] as { readonly sshKey: string };
const withHost = (changes: object): ReturnType<typeof programRun> =>
  programRun(rawConfiguration(prod, { "clawkeep:host": { ...host, ...changes } }));
const graphs = recordGraphs({
  before: withHost({}),
  port: withHost({ sshPort: 2222 }),
  key: withHost({ sshKey: "clawkeep-prod" }),
  both: withHost({ sshPort: 2222, sshKey: "clawkeep-prod" }),
  comment: withHost({ sshKey: `${host.sshKey} on another laptop` }),
  admins: withHost({ adminCidrs: ["198.51.100.0/24"] }),
});
const firewall = (graph: Graph): object =>
  opened(ofType(graph, "hcloud:index/firewall:Firewall")[0]?.inputs ?? {}) as object;
const said = (now: keyof typeof graphs, before: object = firewall(graphs.before)): string | undefined =>
  changedSsh("prod", before, firewall(graphs[now]));

it.each(["before", "comment", "admins"] as const)(
  "lets a change of nothing, a comment, or admin networks by: %s",
  (now) => expect(said(now)).toBeUndefined(),
);

it("refuses another port, and says both ways on", () => {
  expect(said("port")).toMatch(
    /sshPort was 9922 when .*Nothing on the server was touched. Put the old value back; or .*pulumi destroy --exclude-protected --stack prod && pulumi up --stack prod$/,
  );
});

it("refuses another key", () => expect(said("key")).toMatch(/clawkeep:host.sshKey was another when/));

it("names both at once", () =>
  expect(said("both")).toMatch(/sshPort was 9922 .*, and clawkeep:host.sshKey was/));

it("takes a firewall of an older version, which remembers the port alone", () => {
  const older = { ...firewall(graphs.before), labels: undefined };
  expect([said("key", older), said("port", older)]).toEqual([
    undefined,
    expect.stringMatching(/sshPort was 9922/),
  ]);
});

// Else the state would hold the new port after an `up` that was refused, and the next refresh would knock there.
it.each(["hcloud:index/sshKey:SshKey", "pulumi:providers:docker", "pulumi:providers:command"])(
  "is asked before a %s is another",
  (type) => {
    const found = ofType(graphs.before, type);
    expect(found.map(({ dependencies }) => dependencies.includes("host-firewall"))).toEqual([true]);
  },
);
