/** The rules that every container of every stack keeps, whatever runs in it. */
import { pinProblem, softwareProblem, type ImageName } from "../../config/images";
import { existing, prod, rawConfiguration, standby, twoGateways } from "../fixtures/stack-configuration";
import {
  commands,
  containers,
  nameOnHost,
  opened,
  programRun,
  recordGraphs,
  type RecordedResource,
} from "./graph";
import { answer } from "./recorder/answers";

const fixtures = { prod, standby, existing, twoGateways };
const graphs = recordGraphs({
  prod: programRun(rawConfiguration(prod)),
  standby: programRun(rawConfiguration(standby)),
  existing: programRun(rawConfiguration(existing)),
  twoGateways: programRun(rawConfiguration(twoGateways)),
});

interface Mount {
  readonly hostPath: string;
  readonly containerPath: string;
  readonly readOnly: boolean;
}
interface Container {
  readonly stack: keyof typeof fixtures;
  readonly name: string;
  readonly resource: RecordedResource;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly mounts: readonly Mount[];
  readonly isGateway: boolean;
  readonly isSocketProxy: boolean;
}

const all: Container[] = Object.entries(graphs).flatMap(([stack, graph]) =>
  containers(graph).map((resource) => {
    const inputs = opened(resource.inputs) as Record<string, unknown>;
    const name = nameOnHost(resource);
    const gateways = fixtures[stack as keyof typeof fixtures].settings["clawkeep:gateways"] as {
      name: string;
    }[];
    return {
      stack: stack as keyof typeof fixtures,
      name,
      resource,
      inputs,
      mounts: (inputs["volumes"] ?? []) as Mount[],
      isGateway: gateways.some((gateway) => gateway.name === name),
      isSocketProxy: gateways.some((gateway) => `${gateway.name}-docker-proxy` === name),
    };
  }),
);
const fetching = `fetch("http://127.0.0.1:18789/healthz").then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`;
/** What runs in each to see whether it is healthy. */
const probes: Readonly<Record<string, readonly string[]>> = {
  gateway: ["node", "-e", fetching],
  filter: ["node", "/opt/socket-proxy/filter.js", "--health", "/etc/socket-proxy/configuration.json"],
  "openclaw-caddy": ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8081/healthz"],
  "openclaw-egress": ["/bin/bash", expect.stringMatching(/^\/.*\/ask-revision$/) as string],
  "openclaw-litellm": ["python3", "/etc/litellm/ready.py"],
  "openclaw-redis": ["redis-cli", "-s", "/run/redis/redis.sock", "ping"],
  "openclaw-relay": ["node", "/opt/relay/relay.js", "--health", "/etc/relay/configuration.json"],
};
/** The image that each container runs as it is published; the others are built from several. */
const published: Readonly<Record<string, ImageName>> = {
  "openclaw-caddy": "caddy",
  "openclaw-egress": "squid",
  "openclaw-litellm": "litellm",
  "openclaw-redis": "redis",
};
/** Why the container may not run this image; undefined when it may. */
function imageProblem(container: string, image: string): string | undefined {
  const name = published[container];
  if (name !== undefined) return softwareProblem(name, image) ?? pinProblem(name, image);
  return /^clawkeep\/[a-z-]+:[0-9a-f]{12}$/.test(image) ? undefined : "is not built from pinned ones";
}

it.each([
  ["openclaw-litellm", "ghcr.io/berriai/litellm-non_root:v1.82.7", /back door/],
  ["openclaw-redis", "docker.io/library/redis:7.4.1-bookworm", /CVE-2025-49844/],
  ["openclaw-caddy", "docker.io/library/caddy:2.10.0", /CVE-2026-27586/],
  ["openclaw-caddy", "docker.io/library/node:24.18.1-bookworm-slim", /is not an image of caddy/],
  ["openclaw-docker-proxy", "docker.io/library/node:24.18.1-bookworm-slim", /is not built from pinned ones/],
])("%s is judged by the rule of its own software: not %s", (container, tag, problem) => {
  expect(imageProblem(container, `${tag}@sha256:${"0".repeat(64)}`)).toMatch(problem);
});

const named = (stack: keyof typeof fixtures): string[] =>
  all.filter((container) => container.stack === stack).map(({ name }) => name);

it("the containers are those of the design", () => {
  const services = [
    "openclaw-caddy",
    "openclaw-egress",
    "openclaw-litellm",
    "openclaw-redis",
    "openclaw-relay",
  ];
  const one = [...services, "openclaw", "openclaw-docker-proxy"];
  for (const stack of ["prod", "standby", "existing"] as const)
    expect(named(stack)).toEqual(expect.arrayContaining(one));
  expect(named("twoGateways")).toEqual(expect.arrayContaining([...one, "second", "second-docker-proxy"]));
  for (const stack of Object.keys(fixtures) as (keyof typeof fixtures)[]) {
    expect(new Set(named(stack)).size).toBe(named(stack).length);
  }
});

it.each([
  ["openclaw-litellm", "ghcr.io/berriai/litellm:v1.82.7", /back door/],
  ["openclaw-redis", "docker.io/library/redis:7.4.5-bookworm", /CVE-2025-49844/],
  ["openclaw-caddy", "docker.io/library/caddy:2-alpine", /names no Caddy version/],
  ["openclaw-caddy", "docker.io/library/redis:7.4.7-bookworm", /is not an image of caddy/],
  ["openclaw-egress", "docker.io/ubuntu/squid:latest", /moves/],
  ["openclaw", "ghcr.io/openclaw/openclaw:2026.9.6", /is not built/],
])("%s with %s is judged by the rule of its own software", (name, image, problem) => {
  expect(imageProblem(name, image)).toMatch(problem);
});

describe.each(all)("$stack: $name", ({ stack, name, resource, inputs, mounts, isGateway, isSocketProxy }) => {
  const settle = commands(graphs[stack]).find((command) => {
    const { id } = answer(fixtures[stack].stack, resource.type, resource.name, inputs);
    return (
      /\/settle-container /.test(String(opened(command.inputs["create"]))) &&
      String(opened(command.inputs["create"])).includes(id)
    );
  });
  const order = JSON.parse((opened(settle?.inputs["stdin"]) ?? "{}") as string) as {
    pidsLimit: number;
    expect: Record<string, unknown>;
  };

  it("runs a pinned image", () => {
    expect(imageProblem(name, String(inputs["image"]))).toBeUndefined();
  });

  it("cannot write its root, gain privileges or use a capability", () => {
    expect(inputs["readOnly"]).toBe(true);
    expect(inputs["securityOpts"]).toEqual(["no-new-privileges"]);
    const adds = name === "openclaw-caddy" ? { adds: ["CAP_NET_BIND_SERVICE"] } : {};
    expect(inputs["capabilities"]).toEqual({ drops: ["ALL"], ...adds });
    expect(inputs["privileged"] ?? false).toBe(false);
    expect(inputs["devices"] ?? []).toEqual([]);
  });

  it("has its own namespaces", () => {
    for (const mode of ["pidMode", "ipcMode", "usernsMode", "cgroupnsMode", "uts"])
      expect(inputs[mode]).toBeUndefined();
    expect(inputs["networkMode"]).toMatch(/^(bridge|none)$/);
  });

  it("is not root", () => {
    const [uid, gid] = String(inputs["user"]).split(":").map(Number);
    expect(uid).toBeGreaterThan(0);
    expect(gid).toBeGreaterThan(0);
    const group = expect.stringMatching(/^[1-9]\d*$/) as string;
    // The Docker socket's, and that of its sandboxes.
    expect(inputs["groupAdds"] ?? []).toEqual(isSocketProxy ? [group, group] : []);
  });

  it("has limits on memory without swap, CPU, processes and open files, and the daemon is asked whether it took them", () => {
    expect(inputs["memory"]).toBeGreaterThan(0);
    expect(inputs["memorySwap"]).toBe(inputs["memory"]);
    expect(Number(inputs["cpus"])).toBeGreaterThan(0);
    expect(inputs["ulimits"]).toEqual([{ name: "nofile", soft: 65536, hard: 65536 }]);
    expect(settle).toBeDefined();
    expect(order.pidsLimit).toBeGreaterThan(0);
    const bytes = Number(inputs["memory"]) * 1024 * 1024;
    expect(order.expect).toMatchObject({
      "HostConfig.ReadonlyRootfs": true,
      "HostConfig.Privileged": false,
      "HostConfig.CapDrop": ["ALL"],
      "HostConfig.SecurityOpt": ["no-new-privileges"],
      "HostConfig.Memory": bytes,
      "HostConfig.MemorySwap": bytes,
      "HostConfig.Ulimits.nofile": { Name: "nofile", Hard: 65536, Soft: 65536 },
      "Config.User": inputs["user"],
    });
  });

  it("shares the CPUs as a part of its gateway, whose sandboxes do too", () => {
    const owner = name.replace(/-docker-proxy$/, "");
    const own = isGateway || isSocketProxy ? `openclaw-${owner}.slice` : undefined;
    expect(inputs["cgroupParent"]).toBe(own);
    expect(order.expect["HostConfig.CgroupParent"]).toBe(inputs["cgroupParent"] ?? "");
  });

  it("is asked for its health as the guide has it", () => {
    const healthcheck = inputs["healthcheck"] as Record<string, unknown> & { tests: string[] };
    expect(healthcheck).toMatchObject({ interval: "30s", retries: 3 });
    expect(healthcheck.tests).toEqual([
      "CMD",
      ...(probes[isGateway ? "gateway" : isSocketProxy ? "filter" : name] ?? []),
    ]);
    expect(healthcheck["timeout"]).toMatch(/^([5-9]|10)s$/);
  });

  it("cannot fill the disk with its log", () => {
    expect(inputs["logDriver"]).toBe("json-file");
    expect(inputs["logOpts"]).toEqual({
      "max-size": expect.stringMatching(/^\d+m$/),
      "max-file": expect.stringMatching(/^[1-9]$/),
    });
  });

  it("mounts nothing but its own, secrets read-only, and the Docker socket in the filter alone", () => {
    const outside = mounts.filter(({ hostPath }) => !/^\/opt\/openclaw\/[a-z]+\/[a-z]/.test(hostPath));
    expect(outside.map(({ hostPath, readOnly }) => [hostPath, readOnly])).toEqual(
      isSocketProxy ? [["/run/clawkeep-docker", true]] : [],
    );
    for (const { hostPath, readOnly } of mounts.filter((mount) =>
      /^\/opt\/openclaw\/(secrets|config)\/(?!redis-socket)/.test(mount.hostPath),
    )) {
      expect([hostPath, readOnly]).toEqual([hostPath, true]);
    }
    const foreign = mounts
      .filter(({ hostPath }) => hostPath.startsWith("/opt/openclaw/gateways/"))
      .map(({ hostPath }) => hostPath.split("/")[4]);
    expect([...new Set(foreign)]).toEqual(
      isGateway || isSocketProxy ? [name.replace(/-docker-proxy$/, "")] : [],
    );
  });

  it("may run nothing from its temporary file systems as somebody else", () => {
    for (const options of Object.values((inputs["tmpfs"] ?? {}) as Record<string, string>)) {
      expect(options.split(",")).toEqual(
        expect.arrayContaining(["nosuid", "nodev", expect.stringMatching(/^size=\d+m$/)]),
      );
    }
  });

  it("publishes no port, but for HTTPS at the reverse proxy", () => {
    const ports = (inputs["ports"] ?? []) as { external: number; protocol: string }[];
    expect(ports.map(({ external, protocol }) => `${external}/${protocol}`)).toEqual(
      name === "openclaw-caddy" ? ["443/tcp"] : [],
    );
  });

  it("is started by Docker, but for a gateway, which something else starts after a check", () => {
    expect(inputs["restart"]).toBe(isGateway ? "no" : "unless-stopped");
    expect(order.expect["HostConfig.RestartPolicy.Name"]).toBe(inputs["restart"]);
    const runs = !isGateway && stack !== "standby";
    expect([inputs["start"], inputs["mustRun"]]).toEqual([runs, runs]);
  });

  it("is called what it is named", () => {
    expect(inputs["hostname"]).toBe(name);
    expect(inputs["name"]).toBe(isGateway ? undefined : name);
  });

  it("is removed by the engine, but for a gateway: which one serves is known on the host alone", () => {
    expect([resource.options.retainOnDelete, resource.options.deleteBeforeReplace]).toEqual(
      isGateway ? [true, false] : [undefined, true],
    );
    expect(inputs["labels"]).toEqual(
      isGateway ? [{ label: "clawkeep.instance-of", value: name }] : undefined,
    );
  });

  it("shows no secret in its environment", () => {
    for (const variable of (inputs["envs"] ?? []) as string[]) {
      expect(variable).not.toMatch(/^[^=]*(TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|API_?KEY|_KEY)[^=]*=/i);
      expect(variable).not.toMatch(/sk-|[0-9a-f]{32}|PRIVATE KEY/);
    }
  });

  it("is replaced for changes that the provider takes and ignores", () => {
    expect(resource.options.replaceOnChanges).toEqual(
      expect.arrayContaining(["healthcheck", "tmpfs", "init"]),
    );
  });

  it("has time to end", () => {
    const [stop, destroy] = [Number(inputs["stopTimeout"]), Number(inputs["destroyGraceSeconds"])];
    expect(stop).toBe(destroy);
    // OpenClaw finishes running work within 330 s.
    expect(destroy).toBeGreaterThan(isGateway ? 330 : 0);
  });
});
