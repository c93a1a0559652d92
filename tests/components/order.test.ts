/** What waits for what. A failed step stops everything that stands on it, so the order is a promise. */
import { prod, rawConfiguration, twoGateways } from "../fixtures/stack-configuration";
import {
  commands,
  containers,
  label,
  nameOnHost,
  opened,
  programRun,
  recordGraphs,
  type Graph,
  type RecordedResource,
} from "./graph";

const graphs = recordGraphs({
  prod: programRun(rawConfiguration(prod)),
  twoGateways: programRun(rawConfiguration(twoGateways)),
  cold: { ...programRun(rawConfiguration(prod)), awaitsRestore: true },
});

/** Everything that has to be there before `name`, at any distance. */
function before(graph: Graph, name: string): Set<string> {
  const found = new Set<string>();
  const visit = (current: string): void => {
    const resource = graph.resources.find((other) => other.name === current);
    for (const next of resource?.dependencies ?? []) {
      if (!found.has(next)) {
        found.add(next);
        visit(next);
      }
    }
  };
  visit(name);
  return found;
}
const container = (graph: Graph, name: string): RecordedResource => {
  const found = containers(graph).find((resource) => nameOnHost(resource) === name);
  if (found === undefined) throw new Error(`no container ${name}`);
  return found;
};
/** The one command that runs this script with these words. */
const script = (graph: Graph, name: string, words = ""): RecordedResource => {
  const found = commands(graph).filter(({ inputs }) =>
    `${String(opened(inputs["create"]) as string)} `.includes(`/${name} ${words}`),
  );
  const [only] = found;
  if (only === undefined || found.length > 1)
    throw new Error(`${found.length} commands run ${name} ${words}`);
  return only;
};

interface CanaryOrder {
  readonly image: string;
  readonly words: readonly string[];
  readonly mounts: readonly { target: string; writable: boolean; canary: string; source?: string }[];
}
interface Volume {
  readonly hostPath: string;
  readonly containerPath: string;
  readonly readOnly: boolean;
}
interface GatewayInputs extends Record<"user" | "hostname" | "cpus" | "restart" | "logDriver", string> {
  readonly cgroupParent: string;
  readonly memory: number;
  readonly memorySwap: number;
  readonly memoryReservation: number;
  readonly volumes: readonly Volume[];
  readonly envs: readonly string[];
  readonly tmpfs: Readonly<Record<string, string>>;
  readonly logOpts: Readonly<Record<string, string>>;
  readonly capabilities: { readonly drops: readonly string[] };
  readonly securityOpts: readonly string[];
  readonly ulimits: readonly { name: string; soft: number; hard: number }[];
}
const orderOf = (canary: RecordedResource): CanaryOrder =>
  JSON.parse(String(opened(canary.inputs["stdin"]))) as CanaryOrder;

describe.each([
  ["prod", "openclaw"],
  ["twoGateways", "openclaw"],
  ["twoGateways", "second"],
] as const)("%s, gateway %s", (stack, gateway) => {
  const graph = graphs[stack];
  const own = container(graph, gateway);
  const activated = script(graph, "gateway-activate", `${gateway} `);

  it("is proven by its canary, with its own configuration and storage, before its container is touched", () => {
    const canary = script(graph, "gateway-canary", `${gateway} `);
    const storage = script(graph, "gateway-storage", `${gateway} `);
    expect([...before(graph, own.name)]).toEqual(expect.arrayContaining([canary.name, storage.name]));
    const image = own.inputs["image"] as string;
    const order = orderOf(canary);
    expect(order.image).toBe(image);
    const { volumes } = opened(own.inputs) as GatewayInputs;
    expect(order.mounts.map(({ target, writable }) => [target, writable])).toEqual(
      volumes.map(({ containerPath, readOnly }) => [containerPath, !readOnly]),
    );
    const same = order.mounts.filter(({ canary: kind }) => kind === "same");
    expect(same.map(({ target, source }) => [target, source])).toEqual(
      volumes
        .filter(({ hostPath }) => hostPath.startsWith("/opt/openclaw/config/"))
        .map(({ containerPath, hostPath }) => [containerPath, hostPath]),
    );
  });

  it("has a canary in the very shape that it has itself, without a network", () => {
    const { words } = orderOf(script(graph, "gateway-canary", `${gateway} `));
    const settled = commands(graph).find(({ name }) => name === `gateway-${gateway}-container-settled`);
    const { pidsLimit } = JSON.parse(String(opened(settled?.inputs["stdin"]))) as { pidsLimit: number };
    const inputs = opened(own.inputs) as GatewayInputs;
    const pairs = (map: Readonly<Record<string, string>>, between: string) =>
      Object.entries(map).map(([key, value]) => `${key}${between}${value}`);
    const each = (word: string, values: readonly string[]) => values.flatMap((value) => [word, value]);
    expect([...words].sort()).toEqual(
      [
        ...["--hostname", inputs.hostname, "--user", inputs.user, "--read-only", "--init"],
        ...each("--cap-drop", inputs.capabilities.drops),
        ...each("--security-opt", inputs.securityOpts),
        ...["--memory", `${inputs.memory}m`, "--memory-swap", `${inputs.memorySwap}m`],
        ...["--memory-reservation", `${inputs.memoryReservation}m`],
        ...["--cpus", inputs.cpus, "--pids-limit", String(pidsLimit), "--restart", inputs.restart],
        ...["--cgroup-parent", inputs.cgroupParent],
        ...each(
          "--ulimit",
          inputs.ulimits.map(({ name, soft, hard }) => `${name}=${soft}:${hard}`),
        ),
        ...["--log-driver", inputs.logDriver, ...each("--log-opt", pairs(inputs.logOpts, "="))],
        ...each("--tmpfs", pairs(inputs.tmpfs, ":")),
        ...each("--env", inputs.envs),
      ].sort(),
    );
  });

  it("has its filter changed only after its canary has passed", () => {
    const canary = script(graph, "gateway-canary", `${gateway} `);
    expect([...before(graph, container(graph, `${gateway}-docker-proxy`).name)]).toContain(canary.name);
  });

  it("has a sandbox made through its own filter before another container serves, again with every other filter", () => {
    const proof = script(graph, "gateway-prove-sandbox", `${gateway} `);
    expect([...before(graph, activated.name)]).toContain(proof.name);
    const filter = container(graph, `${gateway}-docker-proxy`);
    expect([...before(graph, proof.name)]).toEqual(
      expect.arrayContaining([filter.name, `${filter.name}-settled`]),
    );
    const [, , image, configuration, , group] = (opened(proof.inputs["create"]) as string).split(" ");
    expect(image).toBe(own.inputs["image"]);
    expect(JSON.stringify(own.inputs["volumes"])).toContain(`"${configuration}"`);
    // The filter can give its socket to that group, and the gateway is not in it.
    expect(filter.inputs["groupAdds"]).toContain(group);
    expect(own.inputs["groupAdds"]).toBeUndefined();
    expect(own.inputs["user"]).not.toContain(group);
    expect(opened(proof.inputs["stdin"])).toMatch(/^[0-9a-f]{64} [0-9a-f]{12} [0-9a-f]{12}$/);
  });

  it("can be taken down before it is there, and is taken down before all that it uses", () => {
    const undoing = commands(graph).filter(({ inputs }) =>
      String(opened(inputs["delete"])).endsWith(`/gateway-retire ${gateway}`),
    );
    expect(undoing.map(({ name }) => name)).toEqual([`gateway-${gateway}-retiring`]);
    const retiring = undoing[0] as RecordedResource;
    // A delete runs before those of what it stands on.
    expect([...before(graph, own.name)]).toContain(retiring.name);
    const used = [`${gateway}-docker-proxy`, "openclaw-litellm"].map((name) => container(graph, name).name);
    expect([...before(graph, retiring.name)]).toEqual(
      expect.arrayContaining([
        ...used,
        ...["networks-openclaw", "networks-proxy"],
        ...[`gateway-${gateway}-config`, `gateway-${gateway}-secrets`],
      ]),
    );
    expect(activated.inputs["delete"]).toBeUndefined();
  });

  it("gives the canary none of its secrets", () => {
    const canary = script(graph, "gateway-canary", `${gateway} `);
    expect(JSON.stringify(canary.inputs["stdin"])).not.toContain("$secret");
  });

  it("goes into its role after all that it needs is settled", () => {
    const earlier = [...before(graph, activated.name)];
    for (const needed of [
      gateway,
      `${gateway}-docker-proxy`,
      "openclaw-litellm",
      "openclaw-egress",
      "openclaw-redis",
    ]) {
      const { name } = container(graph, needed);
      expect(earlier).toEqual(expect.arrayContaining([name, `${name}-settled`]));
    }
    const words = (opened(activated.inputs["create"]) as string).split(" ");
    for (const needed of [`${gateway}-docker-proxy`, "openclaw-litellm", "openclaw-egress"])
      expect(words).toContain(needed);
    // With a channel, and only then, it also waits for the relay.
    const relay = container(graph, "openclaw-relay").name;
    expect([words.includes("openclaw-relay"), earlier.includes(`${relay}-settled`)]).toEqual(
      gateway === "openclaw" ? [true, true] : [false, false],
    );
  });

  it("goes into its role again when its container is another one", () => {
    const { name } = own;
    expect(activated.dependencies).toContain(name);
  });
});

describe.each(["prod", "twoGateways"] as const)("%s", (stack) => {
  const graph = graphs[stack];

  it("starts no container before its image and every file that it mounts", () => {
    for (const resource of containers(graph)) {
      const earlier = [...before(graph, resource.name)];
      const mounts = (opened(resource.inputs["volumes"]) as { hostPath: string }[]).map(
        ({ hostPath }) => hostPath,
      );
      const revisions = mounts.filter((path) => /\/[0-9a-f]{12}$/.test(path));
      for (const path of revisions) {
        const installs = commands(graph).filter(({ inputs }) => {
          const text = opened(inputs["stdin"]);
          return (
            typeof text === "string" &&
            text.includes(`"${path.slice(0, -13)}"`) &&
            text.includes(path.slice(-12))
          );
        });
        expect([path, installs.length]).toEqual([path, 1]);
        expect(earlier).toContain(installs[0]?.name);
      }
      expect(earlier.filter((name) => name.endsWith("image")).length).toBeGreaterThan(0);
    }
  });

  it("does nothing on the host before it is prepared and, on a server, its volume mounted", () => {
    const first = [
      ...[
        "host-booted",
        "host-prepared",
        "host-tools",
        "host-upgrades-possible",
        "host-units",
        "host-docker-settings",
        "host-tuned",
        "host-shares",
        "host-traces",
        "host-upgrades",
        "host-sshd",
        "host-volume-mounted",
      ],
      "host-gateways",
      ...["host-firewall-units", "host-firewall-applied", "host-firewall-confirmed"],
    ];
    const later = [...commands(graph), ...containers(graph)].filter(({ name }) => !first.includes(name));
    for (const resource of later) {
      expect([label(resource), [...before(graph, resource.name)]]).toEqual([
        label(resource),
        expect.arrayContaining(first),
      ]);
    }
  });

  it("takes down gateways that are in the way before the firewall, the relay or any gateway is changed", () => {
    const listed = script(graph, "gateway-list");
    const own = commands(graph).filter(({ inputs }) =>
      String(opened(inputs["create"])).includes("/gateway-storage "),
    );
    const later = [script(graph, "apply-firewall", "apply"), container(graph, "openclaw-relay"), ...own];
    expect(own.length).toBeGreaterThan(0);
    for (const { name } of later) expect([...before(graph, name)]).toContain(listed.name);
    const addresses = (opened(listed.inputs["create"]) as string).split(" ").slice(1);
    const expected = containers(graph).flatMap((one) => {
      const networks = (one.inputs["networksAdvanced"] ?? []) as { name: string; ipv4Address: string }[];
      const labels = (one.inputs["labels"] ?? []) as { label: string; value: string }[];
      const at = networks.find(({ name }) => name === "openclaw-net")?.ipv4Address;
      return labels.some(({ label: key }) => key === "clawkeep.instance-of")
        ? [`${nameOnHost(one)}=${at}`]
        : [];
    });
    expect(addresses.sort()).toEqual(expected.sort());
    expect(expected).toHaveLength(own.length);
  });

  it("starts the relay after its way out", () => {
    const earlier = [...before(graph, container(graph, "openclaw-relay").name)];
    expect(earlier).toContain(`${container(graph, "openclaw-egress").name}-settled`);
  });

  it("confirms the firewall over a connection of its own, and before Docker is asked for anything", () => {
    const [applied, confirmed] = [
      script(graph, "apply-firewall", "apply"),
      script(graph, "apply-firewall", "confirm"),
    ];
    expect(confirmed.dependencies).toContain(applied.name);
    expect(opened(confirmed.inputs["stdin"])).toBe(opened(applied.inputs["stdin"]));
    expect([...before(graph, applied.name)]).toContain("host-firewall-units");
  });

  it("starts LiteLLM after its store and its way out", () => {
    const earlier = [...before(graph, container(graph, "openclaw-litellm").name)];
    for (const name of ["openclaw-redis", "openclaw-egress"]) {
      expect(earlier).toContain(`${container(graph, name).name}-settled`);
    }
  });
});

it("in the up of a cold restore the gateway is told to wait, and nothing else is another one", () => {
  const create = (graph: Graph): string =>
    String(opened(script(graph, "gateway-activate", "openclaw ").inputs["create"]));
  expect(create(graphs.cold)).toBe(create(graphs.prod).replace(" active ", " awaits-restore "));
  const others = (graph: Graph) => graph.resources.filter(({ name }) => !name.endsWith("-activated"));
  expect(others(graphs.cold)).toEqual(others(graphs.prod));
});
