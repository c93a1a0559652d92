/** The table of containers: what it may never say, that nothing else says it again, and that a new row is all it takes. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fixedAddresses } from "../../config/addresses";
import { containerFlows, containersOf, directNeedsOf, needsOf } from "../../config/containers";
import { healthcheckWords } from "../../config/healthcheck";
import {
  containerName,
  filesOwner,
  isOfGateway,
  services,
  userOf,
  usersOf,
  type ServiceRow,
  type Services,
} from "../../config/services";
import { memoryBudget, tierOf } from "../../config/tiers";
import { filterSocketDirectory } from "../../config-files/host/docker-settings";
import { redisSocket } from "../../config-files/redis/redis-conf";
import { allowanceOf } from "../../policy/allowances";
import { containerRows } from "../../tools/verify/containers";
import { commands, containers, nameOnHost, opened, programRun, recordGraphs } from "../components/graph";
import { sidecar as row } from "../components/recorder/sidecar-row";
import { rawConfiguration, twoGateways } from "../fixtures/stack-configuration";
import { stackResources } from "../policy/graph";

const root = join(__dirname, "..", "..");
const rows = Object.entries(services as Services);
const where = (property: "capability" | "publishes" | "resolvesNames" | "dockerSocket" | "handedOver") =>
  rows.filter(([, own]) => own[property] !== undefined).map(([service]) => service);

describe("the users", () => {
  const slots = [...Array(100).keys()];

  it("are no two containers' at once, nor those of a gateway's sandboxes, in any slot", () => {
    const own = rows.flatMap(([, row]) =>
      (isOfGateway(row) ? slots : [0]).map((slot) => userOf(row, slot).split(":")[0]),
    );
    const all = [...own, ...slots.map((slot) => String(usersOf(slot).sandbox)), String(filesOwner)];
    expect(all.filter((user, at) => all.indexOf(user) !== at)).toEqual([]);
    const [each, once] = [
      rows.filter(([, row]) => isOfGateway(row)),
      rows.filter(([, row]) => !isOfGateway(row)),
    ];
    // Sandboxes have no row, the files' owner has none either.
    expect(all).toHaveLength((each.length + 1) * slots.length + once.length + 1);
  });

  it("of a gateway are those that its rows say", () => {
    expect(slots.map((slot) => userOf(services.gateway, slot))).toEqual(
      slots.map((slot) => `${usersOf(slot).gateway}:${usersOf(slot).gateway}`),
    );
    // The filter's group is its gateway's, which may connect to its socket.
    expect(slots.map((slot) => userOf(services.socketProxy, slot))).toEqual(
      slots.map((slot) => `${usersOf(slot).filter}:${usersOf(slot).gateway}`),
    );
  });

  it.each([
    ["sandbox", /seq (\d+) (\d+) \| sed 's\|\.\*\|sandbox&/, "sandbox"],
    ["gateway", /seq (\d+) (\d+) \| sed 's\|\.\*\|gateway&/, "gateway"],
    ["gateway/2026.2", /seq (\d+) (\d+) \| sed 's\|\.\*\|gateway&/, "gateway"],
  ] as const)("have names in the image of %s", (folder, pattern, kind) => {
    const text = readFileSync(join(root, "config-files", folder, "Dockerfile"), "utf8");
    expect(pattern.exec(text)?.slice(1).map(Number)).toEqual([usersOf(0)[kind], usersOf(99)[kind]]);
  });
});

describe("the table", () => {
  it("gives each exception to one service", () => {
    expect(where("capability")).toEqual(["reverseProxy", "backup"]);
    expect(where("publishes")).toEqual(["reverseProxy"]);
    expect(where("resolvesNames")).toEqual(["egressProxy"]);
    expect(where("dockerSocket")).toEqual(["socketProxy"]);
    expect(where("handedOver")).toEqual(["gateway"]);
    expect(rows.filter(([, { startedBy }]) => startedBy !== "docker").map(([name]) => name)).toEqual([
      "gateway",
      "backup",
    ]);
  });

  it("keeps the holders of sockets off every network, and all but two off the one that leads out", () => {
    const on = (network: string) =>
      rows.filter(([, { networks }]) => networks.some((name) => name === network)).map(([name]) => name);
    expect(rows.filter(([, { networks }]) => networks.length === 0).map(([name]) => name)).toEqual([
      "socketProxy",
      "redis",
    ]);
    expect(on("egress")).toEqual(["egressProxy", "reverseProxy"]);
    expect(on("proxy")).toEqual(["gateway", "reverseProxy"]);
  });

  it("runs nothing as root but what reads every owner's copies, and needs and opens to nothing but what it has", () => {
    for (const [service, { uid, gid, needs = [], opensTo = [] }] of rows) {
      const root = service === "backup";
      expect([service, uid === 0, gid === 0]).toEqual([service, root, root]);
      for (const other of [...needs, ...opensTo]) expect(services).toHaveProperty(other);
    }
  });

  it("says how each is asked for its health, but of what a script starts", () => {
    const without = rows.filter(([, { healthcheck }]) => healthcheck === undefined).map(([name]) => name);
    expect(without).toEqual(["backup"]);
    expect(() => healthcheckWords(services.backup as ServiceRow)).toThrow("names no healthcheck");
    const healthcheck = { kind: "http", by: "wget", path: "/up" } as const;
    const words = ["CMD", "wget", "-q", "-O", "/dev/null"];
    expect(healthcheckWords({ healthcheck, port: 80 })).toEqual([...words, "http://127.0.0.1:80/up"]);
    expect(() => healthcheckWords({ healthcheck })).toThrow("needs a port");
  });

  it("has names and places that are all different", () => {
    const names = rows.map(([, own]) => ("name" in own ? own.name : own.suffix));
    expect(new Set(names).size).toBe(rows.length);
    const hosts = rows.flatMap(([, { host }]) => (host === undefined ? [] : [host]));
    expect(new Set(hosts).size).toBe(hosts.length);
    // A gateway may have the slots 0 to 99.
    expect(hosts.filter((host) => host >= services.gateway.host)).toEqual([services.gateway.host]);
  });

  it("is README's picture", () => {
    const picture = readFileSync(join(root, "README.md"), "utf8").match(/\n {4}\+-- [^]*?\n\n/)?.[0] ?? "";
    const drawn = [...picture.matchAll(/[|+ ] (openclaw(?!-net)\S*)/g)].map(([, name]) => name ?? "");
    // Those that a script starts too: the firewall lets them through.
    const all = rows.map(([, own]) => containerName(own, "openclaw"));
    expect([...new Set(drawn)].sort()).toEqual(all.sort());
  });
});

describe("what has to be healthy first", () => {
  const names = (list: ReturnType<typeof needsOf>) => list.map(({ name }) => name);

  it("is the relay too, for a gateway with a channel", () => {
    const gateway = { name: "second", telegram: true };
    const before = ["second-docker-proxy", "openclaw-egress", "openclaw-litellm"];
    expect(names(needsOf("gateway", gateway))).toEqual([...before, "openclaw-relay"]);
    expect(names(needsOf("gateway", { name: "second" }))).toEqual(before);
  });

  it("is waited for by those who need it themselves", () => {
    expect(names(directNeedsOf("gateway", { name: "a" }))).toEqual(["a-docker-proxy", "openclaw-litellm"]);
    expect(names(directNeedsOf("litellm"))).toEqual(["openclaw-redis", "openclaw-egress"]);
  });
});

describe("a sidecar more", () => {
  const table: Services = { ...services, sidecar: row };
  const subnets = { openclaw: "172.30.1.0/24", proxy: "172.30.2.0/24", egress: "172.30.3.0/24" };
  const gateways = [{ name: "openclaw", telegram: true }, { name: "second" }];
  const addresses = fixedAddresses(subnets, 2, table);
  const flows = [
    { from: "172.30.1.50", to: "172.30.1.10", port: 3128 },
    { from: "172.30.1.50", to: "172.30.1.100", port: 18789 },
    { from: "172.30.1.50", to: "172.30.1.101", port: 18789 },
  ];

  it("has its address, and moves nobody else's", () => {
    expect(addresses).toEqual({ ...fixedAddresses(subnets, 2), sidecar: "172.30.1.50" });
  });

  it("may open the connections of its row, and no other", () => {
    const before = containerFlows(fixedAddresses(subnets, 2));
    const after = containerFlows(addresses, table);
    expect(after).toHaveLength(before.length + flows.length);
    expect(after).toEqual(expect.arrayContaining([...before, ...flows]));
  });

  it("counts in the memory that a host needs", () => {
    const { totalMiB, lines } = memoryBudget(tierOf("starter", table), 2, table);
    expect(totalMiB).toBe(memoryBudget(tierOf("starter"), 2).totalMiB + 48);
    expect(lines).toContainEqual({ part: "sidecar", memoryMiB: 48 });
  });

  it("is asked about by make verify", () => {
    const asked = (of: Services) => containerRows(containersOf(gateways, of)).map(({ name }) => name);
    const [before, after] = [asked(services), asked(table)];
    expect(after.filter((name) => !before.includes(name))).toEqual([
      "openclaw-sidecar is healthy",
      "openclaw-sidecar has its limits and its shape",
    ]);
  });

  it("that each gateway has is there once for each, and talks within its own", () => {
    const { name, ...rest } = row;
    const own: Services = {
      ...services,
      sidecar: { ...rest, suffix: name.slice("openclaw".length), host: 200 },
    };
    const names = containersOf(gateways, own).map(({ name }) => name);
    expect(names.filter((name) => name.endsWith("-sidecar"))).toEqual(["openclaw-sidecar", "second-sidecar"]);
    const from = containerFlows(fixedAddresses(subnets, 2, own), own).filter(({ from }) =>
      /\.20\d$/.test(from),
    );
    expect(from.map(({ from, to }) => `${from} ${to}`)).toEqual([
      "172.30.1.200 172.30.1.10",
      "172.30.1.200 172.30.1.100",
      "172.30.1.201 172.30.1.10",
      "172.30.1.201 172.30.1.101",
    ]);
    const { totalMiB } = memoryBudget(tierOf("starter", own), 2, own);
    expect(totalMiB).toBe(memoryBudget(tierOf("starter"), 2).totalMiB + 2 * 48);
  });

  describe("deployed", () => {
    const run = {
      ...programRun(rawConfiguration(twoGateways)),
      program: "tests/components/recorder/sidecar.ts",
    };
    const { graph } = recordGraphs({ graph: run });
    const sidecar = containers(graph).find((container) => nameOnHost(container) === "openclaw-sidecar");
    const stdin = (name: string) =>
      String(opened(commands(graph).find((command) => command.name === name)?.inputs["stdin"]));

    it("is a container in the shape of all, at its address, with its limits, started by Docker", () => {
      const other = containers(graph).find((container) => nameOnHost(container) === "openclaw-egress");
      const same = ["readOnly", "capabilities", "securityOpts", "ulimits", "logOpts", "init", "restart"];
      for (const input of same) expect(sidecar?.inputs[input]).toEqual(other?.inputs[input]);
      expect(sidecar?.inputs).toMatchObject({
        user: "65000:65000",
        memory: 48,
        memorySwap: 48,
        networksAdvanced: [{ name: "openclaw-net", ipv4Address: "172.30.1.50" }],
        dns: ["127.0.0.1"],
        start: true,
      });
      expect(JSON.parse(stdin("sidecar-settled"))).toMatchObject({ pidsLimit: 20, started: true });
      expect(sidecar?.dependencies).toContain("egress-proxy-container-settled");
    });

    it("is in the host's firewall, the egress proxy's list and the memory that the host is asked for", () => {
      for (const { from, to, port } of flows)
        expect(stdin("host-firewall-applied")).toContain(`${from} . ${to} . ${port}`);
      expect(stdin("egress-proxy-config")).toMatch(/acl from_sidecar src 172\.30\.1\.50\/32/);
      expect(stdin("egress-proxy-config")).toMatch(/acl hosts_of_sidecar dstdomain -n sidecar\.example\.net/);
      const { totalMiB } = memoryBudget(tierOf("starter", table), 2, table);
      const prepared = commands(graph).find(({ name }) => name === "host-prepared");
      expect(prepared?.inputs["create"]).toBe(`bash -s -- ${totalMiB} 4096`);
    });

    it("is allowed by the policy what its row says; without the row what a gateway is", () => {
      const resource = stackResources(graph).find(({ name }) => name === "sidecar");
      if (resource === undefined) throw new Error("it is not there");
      expect(allowanceOf(resource, table)).toBe(row);
      expect(allowanceOf(resource)).toBe(services.gateway);
    });
  });
});

/** Source of the program, by path; the lab and the tests look from outside and have words of their own. */
function sources(path: string): string[] {
  if (path.endsWith(".ts")) return [path];
  return readdirSync(join(root, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.name.endsWith(".ts"))
    .flatMap((entry) => sources(`${path}/${entry.name}`));
}

describe("nothing else says it again", () => {
  const { gateway, egressProxy, relay, reverseProxy, socketProxy } = services;
  const names = [...rows.flatMap(([, own]) => ("name" in own ? [own.name] : [])), socketProxy.suffix];
  const numbers = [
    ...[gateway.port, gateway.stopGraceSeconds, egressProxy.port, relay.port],
    ...[reverseProxy.port, reverseProxy.healthcheck.port],
  ];
  /** Alone, and not where it makes seconds of milliseconds. */
  const uid = new RegExp(`(?<![*/] |n=|[\\w.])(?:${gateway.uid}|${filesOwner})(?![\\w.])`);
  const again = new RegExp(`${names.join("|")}|\\b(?:${numbers.join("|")})\\b`);
  const said = (line: string): boolean => again.test(line) || uid.test(line);
  const files = ["index.ts", "components", "config", "config-files", "policy", "tools"].flatMap(sources);

  it.each(files.filter((path) => path !== "config/services.ts"))("%s", (path) => {
    expect(readFileSync(join(root, path), "utf8").split("\n").filter(said)).toEqual([]);
  });

  it.each([
    ['const name = "openclaw-litellm";', true],
    ["containerName: `${gateway}-docker-proxy`,", true],
    ["const drainSeconds = 340;", true],
    ['user: "1000:1000",', true],
    ["owner: 1000,", true],
    ["http://127.0.0.1:18789/healthz", true],
    ["timeoutMs / 1000", false],
    ["milliCpus: Math.round(cpus * 1000),", false],
    ["const prefix = `${gateway}.`;", false],
  ])("in %s it would be seen: %s", (line, seen) => {
    expect(said(line)).toBe(seen);
  });
});

describe("scripts, which read no TypeScript, say the same", () => {
  const folders = ["egress-proxy", "gateway", "gateway/2026.2", "host/bin", "host/systemd"];
  const more = ["litellm", "relay", "sandbox", "socket-proxy"];
  const text = [...folders, ...more]
    .map((folder) => `config-files/${folder}`)
    .flatMap((folder) =>
      readdirSync(join(root, folder), { withFileTypes: true })
        .filter((entry) => entry.isFile() && !/\.(ts|json)$/.test(entry.name))
        .map((entry) => readFileSync(join(root, folder, entry.name), "utf8")),
    )
    .join("\n");
  const all = (pattern: RegExp): string[] => [
    ...new Set([...text.matchAll(pattern)].map(([, value = ""]) => value)),
  ];

  it.each([
    [
      "names",
      // A gateway's unit, the volume, and a database of OpenClaw's are no containers.
      /\b(openclaw-(?!gateway\b|volume\b|agent\.sqlite)[a-z]+)\b/g,
      [
        ...[services.litellm.name, services.redis.name, services.relay.name],
        ...[services.backup.name, services.reverseProxy.name],
      ],
    ],
    [
      "what backups may use up: memory",
      /^MEMORY_MIB = (\d+)$/gm,
      [String(services.backup.limits.starter.memoryMiB)],
    ],
    ["what backups may use up: CPUs", /^CPUS = ([\d.]+)$/gm, [String(services.backup.limits.starter.cpus)]],
    [
      "what backups may use up: processes",
      /^PROCESSES = (\d+)$/gm,
      [String(services.backup.limits.starter.pids)],
    ],
    ["the owner of a gateway's files", /^USER = (\d+)$/gm, [String(filesOwner)]],
    [
      "no user but those whose files they read: LiteLLM's records, Squid's lists, and restic, which is root",
      /(?:--user"?,? ?"?|^USER = "|^USER |-o |\buid=)(\d+(?::\d+)?)\b/gm,
      [services.litellm, services.egressProxy, services.backup].map((row) => userOf(row)),
    ],
    [
      "ports that they ask at their own loopback: a gateway's, LiteLLM's, the egress proxy's",
      /(?:127\.0\.0\.1|localhost)[:/](\d+)/g,
      [services.gateway.port, services.litellm.port, services.egressProxy.port].map(String),
    ],
    [
      "the time a gateway has to end",
      /(?:stop --time|stop -t|DRAIN_SECONDS =) (\d+)/g,
      [String(services.gateway.stopGraceSeconds)],
    ],
    ["Redis's socket", /(\/run\/redis\/[a-z.]+)/g, [redisSocket]],
    ["the directory of the filters' socket", /(\/run\/clawkeep-docker)\b/g, [filterSocketDirectory]],
    ["LiteLLM's port", /\bport=(\d+)/g, [String(services.litellm.port)]],
    ["the port that Caddy publishes", /\bhttps=(\d+)/g, [String(services.reverseProxy.publishes)]],
  ] as const)("%s", (_, pattern, wanted) => {
    expect(all(pattern).sort()).toEqual([...wanted].sort());
  });
});
