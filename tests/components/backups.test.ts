/** Backups in the graph: what is written, in which order it is tried, and what is gone with the setting. */
import { backupUnitFiles, followUnitFiles } from "../../config-files/backups/timers";
import { backedUp, prod, rawConfiguration, standby } from "../fixtures/stack-configuration";
import { commands, containers, nameOnHost, opened, programRun, recordGraphs, type Graph } from "./graph";

const certificate = prod.settings["clawkeep:originCertificate"];
const graphs = recordGraphs({
  none: programRun(rawConfiguration(prod)),
  rest: programRun(rawConfiguration(backedUp("rest"), { "clawkeep:extraCaCertificates": certificate })),
  ssh: programRun(rawConfiguration(backedUp("ssh"))),
  standby: programRun(
    rawConfiguration({
      ...standby,
      settings: { ...standby.settings, "clawkeep:backups": backedUp("rest").settings["clawkeep:backups"] },
      secrets: {
        ...standby.secrets,
        ...Object.fromEntries(
          Object.entries(backedUp("rest").secrets).filter(([key]) => key.includes(":backup")),
        ),
      },
    }),
  ),
});
const own = (graph: Graph): string[] =>
  commands(graph)
    .map(({ name }) => name)
    .filter((name) => name.startsWith("backups-") && !name.endsWith("-checked"))
    .sort();
const command = (graph: Graph, name: string) => {
  const found = commands(graph).find((resource) => resource.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
};
const text = (graph: Graph, name: string, input: string): string =>
  opened(command(graph, name).inputs[input]) as string;

it("are there only where they are set; a standby has what a restore needs, follows, and makes none", () => {
  const all = ["certificates", "first", "image-pulled", "order", "repository", "secrets", "timers"].map(
    (name) => `backups-${name}`,
  );
  expect(own(graphs.none)).toEqual([]);
  expect(own(graphs.rest)).toEqual(all);
  expect(own(graphs.ssh)).toEqual(all.slice(1));
  expect(own(graphs.standby)).toEqual([
    "backups-follow",
    "backups-image-pulled",
    "backups-order",
    "backups-secrets",
  ]);
});

it("a standby's egress proxy runs, and nothing else there: snapshots come in through it", () => {
  const running = containers(graphs.standby).filter(({ inputs }) => inputs["start"] === true);
  expect(running.map(nameOnHost)).toEqual(["openclaw-egress"]);
  expect(command(graphs.standby, "backups-follow").dependencies).toEqual(
    expect.arrayContaining(["backups-order", "egress-proxy-container-settled", "gateway-openclaw-activated"]),
  );
  expect(text(graphs.standby, "backups-follow", "stdin")).toBe(
    followUnitFiles({ everyMinutes: 2, dailyAt: "03:00", verifyAt: "03:30" }),
  );
});

it("are asked in order: what restic reads, the repository, a first snapshot of gateways that serve, the timers", () => {
  const after = (name: string) => command(graphs.rest, name).dependencies;
  expect(after("backups-order")).toEqual(expect.arrayContaining(["backups-secrets", "backups-certificates"]));
  expect(after("backups-repository")).toEqual(
    expect.arrayContaining([
      "backups-order",
      "backups-secrets",
      "backups-image",
      "litellm-container-settled",
    ]),
  );
  expect(after("backups-first")).toEqual(
    expect.arrayContaining(["backups-repository", "gateway-openclaw-activated"]),
  );
  expect(after("backups-timers")).toContain("backups-first");
});

it("a gateway goes into its role after what its repository is asked by, which waits for no gateway", () => {
  const [byRepository, own] = [
    ["backups-order", "backups-secrets", "backups-image"],
    command(graphs.rest, "gateway-openclaw-activated").dependencies,
  ];
  // The container reaches the repository by the egress proxy, which LiteLLM has waited for.
  expect(own).toEqual(expect.arrayContaining([...byRepository, "litellm-container-settled"]));
  for (const { name, dependencies } of graphs.rest.resources.filter(({ name: one }) =>
    byRepository.includes(one),
  ))
    expect([name, dependencies.filter((one) => one.startsWith("gateway-"))]).toEqual([name, []]);
  expect(
    command(graphs.none, "gateway-openclaw-activated").dependencies.filter((one) =>
      one.startsWith("backups"),
    ),
  ).toEqual([]);
});

it("go with the setting: the timers first, then the order", () => {
  expect(text(graphs.rest, "backups-timers", "delete")).toMatch(
    /^systemctl disable .*--now clawkeep-backup\.timer/,
  );
  expect(text(graphs.rest, "backups-order", "delete")).toBe("rm -f /etc/clawkeep/backups.json");
  expect(text(graphs.rest, "backups-secrets", "delete")).toContain("/opt/openclaw/secrets/backups");
  expect(text(graphs.rest, "backups-timers", "stdin")).toBe(
    backupUnitFiles({ everyMinutes: 2, dailyAt: "03:00", verifyAt: "03:30" }),
  );
});

it("no secret is in the order; each is in a file of its own, which root alone reads", () => {
  const order = text(graphs.ssh, "backups-order", "stdin");
  const { secrets } = backedUp("ssh");
  for (const value of Object.values(secrets)) expect(order).not.toContain(value);
  const files = JSON.parse(text(graphs.ssh, "backups-secrets", "stdin")) as {
    uid: number;
    files: { path: string; mode: string; content: string }[];
  };
  expect(files.uid).toBe(0);
  expect(files.files.map(({ path, mode }) => [path, mode])).toEqual([
    ["repository-password", "0400"],
    ["ssh-key", "0400"],
    ["known-hosts", "0400"],
  ]);
  expect(files.files[1]?.content).toMatch(/END OPENSSH PRIVATE KEY-----\n$/);
});

it("the manifest names what has made a snapshot", () => {
  const order = JSON.parse(text(graphs.rest, "backups-order", "stdin")) as Record<string, unknown>;
  expect(order).toMatchObject({
    stack: "prod",
    tags: ["stack=prod", "gateway=openclaw"],
    restic: { network: "openclaw-net", address: "172.30.1.60", proxy: "http://openclaw-egress:3128" },
    manifest: {
      version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
      gateways: {
        openclaw: { release: "2026.9", image: expect.stringMatching(/openclaw:2026.*@sha256:/) as string },
      },
    },
  });
});

it("the egress proxy lets that address through to that host alone, by SSH's port where it is SSH", () => {
  const rest = text(graphs.rest, "egress-proxy-config", "stdin");
  expect(rest).toContain("acl hosts_of_backup dstdomain -n backups.example.net");
  expect(rest).not.toContain("port_of_");
  const ssh = text(graphs.ssh, "egress-proxy-config", "stdin");
  expect(ssh).toContain("acl from_backup_ssh src 172.30.1.60/32");
  expect(ssh).toContain("acl port_of_backup_ssh port 23");
  expect(text(graphs.none, "egress-proxy-config", "stdin")).not.toContain("backup");
  const outwards = /ip daddr != @private tcp dport (.*) accept/;
  const firewall = (graph: Graph) => outwards.exec(text(graph, "host-firewall-applied", "stdin"))?.[1];
  expect([firewall(graphs.none), firewall(graphs.rest), firewall(graphs.ssh)]).toEqual([
    "443",
    "443",
    "{ 443, 23 }",
  ]);
});
