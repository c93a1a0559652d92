/** The host's own commands: what makes each run again, and what they are told. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { prod, rawConfiguration } from "../fixtures/stack-configuration";
import { commands, ofType, opened, programRun, recordGraphs, type Graph } from "./graph";

const host = prod.settings["clawkeep:host"] as object;
const hardwareKey = "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2g me";
const graphs = recordGraphs({
  prod: programRun(rawConfiguration(prod)),
  hardwareKey: programRun(
    rawConfiguration(prod, { "clawkeep:host": { ...host, sshKey: hardwareKey } }),
    undefined,
    [hardwareKey],
  ),
  leased: programRun(rawConfiguration(prod, { "clawkeep:leaseSeconds": 300 })),
  larger: programRun(rawConfiguration(prod, { "clawkeep:host": { ...host, volumeGiB: 31 } })),
});
const inputs = (graph: Graph, name: string): Record<string, unknown> => {
  const found = commands(graph).find((command) => command.name === name);
  if (found === undefined) throw new Error(`no command ${name}`);
  return opened(found.inputs) as Record<string, unknown>;
};
/** @param modules that the script imports, in the order in which it and they name them */
const revision = (script: string, ...modules: string[]): string =>
  createHash("sha256")
    .update(
      [script, ...modules]
        .map((name) => readFileSync(join(__dirname, "../../config-files/host/bin", name), "utf8"))
        .join("\0"),
    )
    .digest("hex")
    .slice(0, 12);

it("looks at the volume again when its size changes", () => {
  expect(inputs(graphs.prod, "host-volume-mounted")["create"]).toMatch(/^\S+\/mount-volume \S+ 20$/);
  expect(inputs(graphs.larger, "host-volume-mounted")["create"]).toMatch(/ 31$/);
});

it.each([
  ["mount-volume", "host-volume-mounted", ["common.py", "mounts.py", "visible.py"]],
  ["secure-sshd", "host-sshd", []],
  ["gateway-storage", "gateway-openclaw-storage", ["common.py", "gateway.py", "mounts.py", "visible.py"]],
])("runs %s again when the script changes, without replacing the command", (script, name, modules) => {
  const { create, stdin, triggers } = inputs(graphs.prod, name);
  expect(create).toContain(`/${script} `);
  // What the script reads, if it reads anything, comes after.
  expect([String(stdin).split("\n")[0], triggers]).toEqual([revision(script, ...modules), undefined]);
});

it("says a lease in clear, and in the order; without one nothing of it is there", () => {
  const [leased, plain] = [graphs.leased, graphs.prod].map((graph) => inputs(graph, "host-active-record"));
  expect([leased?.["create"], plain?.["create"]]).toEqual([
    expect.stringMatching(/\/active-record put lease 300$/),
    expect.stringMatching(/\/active-record put$/),
  ]);
  const order = (text: unknown) => JSON.parse(String(text).split("\n")[0] ?? "") as object;
  expect(order(leased?.["stdin"])).toMatchObject({ lease: 300 });
  expect(order(plain?.["stdin"])).not.toHaveProperty("lease");
  const revisions = String(leased?.["stdin"]).split("\n")[1]?.split(" ");
  expect(revisions?.[1]).toBe(
    revision(
      ...["gateway-lease", "active_record.py", "common.py", "lease.py", "gateway.py", "gateway_processes.py"],
      ...["highest_epoch.py", "visible.py"],
    ),
  );
});

it("keeps free on the volume what the configuration counts on", () => {
  expect(inputs(graphs.prod, "gateway-openclaw-storage")["create"]).toMatch(
    /gateway-storage openclaw 8 4 1 59000 59100 59200$/,
  );
});

it("confirms the firewall again whenever it is applied anew, by --replace too", () => {
  const confirmed = commands(graphs.prod).find(({ name }) => name === "host-firewall-confirmed");
  // The id that a command gets when it is made; there is one only that it can be of.
  expect(inputs(graphs.prod, "host-firewall-confirmed")["triggers"]).toEqual([
    expect.stringMatching(/^command[0-9a-f]{8}$/),
  ]);
  expect(confirmed?.dependencies.filter((name) => !/^host-(host-key|ipv4|server)$/.test(name))).toEqual([
    "host-firewall-applied",
  ]);
});

describe("sshd", () => {
  /** Everything that `name` waits for, at any distance. */
  const before = (name: string): Set<string> => {
    const found = new Set<string>();
    const visit = (current: string): void =>
      graphs.prod.resources
        .find((resource) => resource.name === current)
        ?.dependencies.forEach((next) => {
          if (found.has(next)) return;
          found.add(next);
          visit(next);
        });
    visit(name);
    return found;
  };
  const onHost = graphs.prod.resources.filter(({ type }) => /^(docker:index|command:remote)/.test(type));

  it("is told to take many logins side by side before there are any: one after the other until then", () => {
    const first = onHost.filter(({ name }) => before("host-sshd").has(name)).map(({ name }) => name);
    expect(first.length).toBeGreaterThan(1);
    for (const one of first) {
      for (const other of first) {
        if (one !== other)
          expect([one, other, before(one).has(other) || before(other).has(one)]).toContain(true);
      }
    }
    const rest = onHost.filter(({ name }) => name !== "host-sshd" && !first.includes(name));
    expect(rest.length).toBeGreaterThan(30);
    for (const { name } of rest) expect([name, before(name).has("host-sshd")]).toEqual([name, true]);
  });

  it("hears of other plans before anything of a host is changed", () => {
    for (const name of ["host-sshd", "host-units", "host-docker-settings"])
      expect([name, before(name).has("host-upgrades-possible")]).toEqual([name, true]);
  });

  it("gets settings that it has, with the admin networks of the stack exempt from its penalties", () => {
    const lines = String(inputs(graphs.prod, "host-sshd")["stdin"]).split("\n");
    expect(lines).toEqual(
      expect.arrayContaining([
        "MaxStartups 128:30:256",
        "MaxAuthTries 20",
        "PerSourcePenaltyExemptList 203.0.113.7/32,2001:db8:7::/48",
      ]),
    );
  });
});

it("puts a key in hardware at Hetzner like any other", () => {
  const [key] = ofType(graphs.hardwareKey, "hcloud:index/sshKey:SshKey");
  expect(opened(key?.inputs["publicKey"])).toBe(hardwareKey);
});
