/** A server that is there keeps port, key, image and location, and neither its disk nor its volume shrinks: the firewall remembers them. */
import { changedServer, newServerType } from "../../components/server-stays";
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
  image: withHost({ image: "ubuntu-24.04" }),
  location: withHost({ location: "nbg1" }),
  larger: withHost({ serverType: "cx43" }),
  moreRoom: withHost({ volumeGiB: 40 }),
  mac: withHost({ sshKey: "My MacBook Pro" }),
  otherMac: withHost({ sshKey: "My MacBook Air" }),
  all: withHost({ sshPort: 2222, image: "ubuntu-24.04", location: "nbg1", serverType: "cpx32" }),
});
const firewall = (graph: Graph): object =>
  opened(ofType(graph, "hcloud:index/firewall:Firewall")[0]?.inputs ?? {}) as object;
const said = (now: keyof typeof graphs, before: object = firewall(graphs.before)): string | undefined =>
  changedServer("prod", before, firewall(graphs[now]));

it.each(["before", "comment", "admins", "larger", "moreRoom"] as const)(
  "lets a change of nothing, a comment, admin networks, to a larger type or volume by: %s",
  (now) => expect(said(now)).toBeUndefined(),
);

it("refuses another port, and says both ways on", () => {
  expect(said("port")).toMatch(
    /sshPort was 9922 when .*Nothing on the server was touched. Put the old value back; or .*pulumi destroy --exclude-protected --stack prod && pulumi up --stack prod$/,
  );
});

it("refuses another key", () => expect(said("key")).toMatch(/clawkeep:host.sshKey was another when/));

it("refuses a key of another name, whatever word of it differs", () =>
  expect(said("otherMac", firewall(graphs.mac))).toMatch(/clawkeep:host.sshKey was another when/));

it("names both at once", () =>
  expect(said("both")).toMatch(/sshPort was 9922, and clawkeep:host\.sshKey was another when/));

it("refuses another image, which nobody would notice to be ignored", () =>
  expect(said("image")).toMatch(
    /host\.image was debian-13 when the server was made.*pulumi destroy --exclude-protected/,
  ));

it("refuses another location, and offers no way that ends in the same refusal", () => {
  expect(said("location")).toMatch(
    /location was fsn1 when address and volume were made, and they stay there\. Put it back: pulumi config set --stack prod --path clawkeep:host\.location fsn1\./,
  );
  expect(said("location")).not.toContain("destroy");
});

it("refuses a type with a smaller disk, which Hetzner does not make of a larger one", () => {
  expect(said("before", firewall(graphs.larger))).toMatch(
    /serverType was cx43, and its disk of 160 GB does not fit into the 80 GB of cx33.*pulumi destroy --exclude-protected/,
  );
});

it("refuses a smaller volume, which Hetzner cannot make, and offers no way that throws it away", () => {
  const text = said("before", firewall(graphs.moreRoom));
  expect(text).toMatch(
    /volumeGiB was 40, and a volume never shrinks\. Put it back: pulumi config set --stack prod --path clawkeep:host\.volumeGiB 40\. Nothing on the server was touched\.$/,
  );
  expect(text).not.toContain("destroy");
});

it("names all at once", () => {
  const text = said("all", firewall(graphs.larger));
  for (const part of ["sshPort was 9922, and clawkeep:host.image was debian-13", "location was fsn1"])
    expect(text).toContain(part);
});

it("knows which type is asked for", () => {
  const [before, larger] = [firewall(graphs.before), firewall(graphs.larger)];
  expect([newServerType(before, larger), newServerType(before, before), newServerType({}, larger)]).toEqual([
    "cx43",
    undefined,
    undefined,
  ]);
});

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
