/** Rows about containers: each part of the shape that `docker inspect` shows otherwise is told, and nothing else. */
import { gatewayCgroup } from "../../../config/cgroups";
import { inspectedShape, shapeOf } from "../../../config/container-shape";
import { containersOf } from "../../../config/containers";
import { settingsSchema } from "../../../config/schema";
import { containerRows } from "../../../tools/verify/containers";
import { verify } from "../../../tools/verify/row";
import type { DeployedStack } from "../../../tools/verify/deployed-stack";
import { prod } from "../../fixtures/stack-configuration";

const settings = settingsSchema.parse(
  Object.fromEntries(
    Object.entries(prod.settings).map(([key, value]) => [key.replace("clawkeep:", ""), value]),
  ),
);
const containers = containersOf(settings.gateways);
type Inspected = Record<"HostConfig" | "Config" | "State", Record<string, unknown>> & { Name: string };

const fetching = (url: string): string =>
  `fetch("${url}").then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`;
/** How each is asked for its health; of a program, what stands behind it is not looked at. */
const probes: Readonly<Record<string, readonly string[]>> = {
  openclaw: ["CMD", "node", "-e", fetching("http://127.0.0.1:18789/healthz")],
  "openclaw-docker-proxy": ["CMD", "node", "/opt/socket-proxy/filter.js", "--health", "/etc/file"],
  "openclaw-litellm": ["CMD", "python3", "/etc/litellm/ready.py"],
  "openclaw-redis": ["CMD", "redis-cli", "-s", "/run/redis/redis.sock", "ping"],
  "openclaw-egress": ["CMD", "/bin/bash", "/etc/squid/ask-revision"],
  "openclaw-relay": ["CMD", "node", "/opt/relay/relay.js", "--health", "/etc/file"],
  "openclaw-caddy": ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8081/healthz"],
};

/** As the engine shows a container that is as it has to be; written out, so that the table is not its own proof. */
const inspected = (): Inspected[] =>
  containers.map(({ name, row }) => {
    const { memoryMiB, cpus, pids } = row.limits.starter;
    return {
      Name: `/${name}`,
      Config: { User: `${row.uid}:${row.gid}`, Hostname: name, Healthcheck: { Test: probes[name] } },
      HostConfig: {
        ...{ ReadonlyRootfs: true, Privileged: false, SecurityOpt: ["no-new-privileges"] },
        CapDrop: ["ALL"],
        CapAdd: name === "openclaw-caddy" ? ["CAP_NET_BIND_SERVICE"] : null,
        Memory: memoryMiB * 1048576,
        MemorySwap: memoryMiB * 1048576,
        Ulimits: [{ Name: "nofile", Hard: 65536, Soft: 65536 }],
        RestartPolicy: { Name: name === "openclaw" ? "no" : "unless-stopped", MaximumRetryCount: 0 },
        NanoCpus: cpus * 1e9,
        PidsLimit: pids,
        CgroupParent: /^openclaw(-docker-proxy)?$/.test(name) ? "openclaw-openclaw.slice" : "",
        PortBindings: name === "openclaw-caddy" ? { "8443/tcp": [{ HostIp: "", HostPort: "443" }] } : {},
      },
      State: { Status: "running", Health: { Status: "healthy" } },
    };
  });

/** The rows that fall short on a host with these containers. */
async function failing(list: readonly Inspected[]): Promise<Record<string, string>> {
  const shell = () => Promise.resolve(JSON.stringify(list));
  const results = await verify({ settings, shell } as unknown as DeployedStack, containerRows(containers));
  return Object.fromEntries(results.filter(({ ok }) => !ok).map(({ name, detail }) => [name, detail]));
}

const changed = (name: string, part: "HostConfig" | "Config", change: object): Inspected[] =>
  inspected().map((one) => (one.Name === `/${name}` ? { ...one, [part]: { ...one[part], ...change } } : one));

it("hold for containers in the shape of the design", async () => {
  expect(await failing(inspected())).toEqual({});
});

const mebibyte = 1048576;
const wrong: [what: string, part: "HostConfig" | "Config", change: object, path: string][] = [
  ["a root that can be written", "HostConfig", { ReadonlyRootfs: false }, "HostConfig.ReadonlyRootfs"],
  ["a privileged one", "HostConfig", { Privileged: true }, "HostConfig.Privileged"],
  ["capabilities of Docker's choice", "HostConfig", { CapDrop: null }, "HostConfig.CapDrop"],
  ["a capability", "HostConfig", { CapAdd: ["CAP_NET_RAW"] }, "HostConfig.CapAdd"],
  ["new privileges", "HostConfig", { SecurityOpt: null }, "HostConfig.SecurityOpt"],
  ["more memory", "HostConfig", { Memory: 5000 * mebibyte }, "HostConfig.Memory"],
  ["swap", "HostConfig", { MemorySwap: -1 }, "HostConfig.MemorySwap"],
  ["the daemon's limit of open files", "HostConfig", { Ulimits: null }, "HostConfig.Ulimits.nofile"],
  [
    "another restart policy",
    "HostConfig",
    { RestartPolicy: { Name: "always" } },
    "HostConfig.RestartPolicy.Name",
  ],
  ["another control group", "HostConfig", { CgroupParent: "/" }, "HostConfig.CgroupParent"],
  ["root", "Config", { User: "0:0" }, "Config.User"],
  ["another host name", "Config", { Hostname: "gateway" }, "Config.Hostname"],
  ["more CPUs", "HostConfig", { NanoCpus: 9e9 }, "cpus"],
  ["no limit of processes", "HostConfig", { PidsLimit: null }, "pids limit"],
];
it.each(wrong)("fall short, for that container alone, where it has %s", async (_, part, change, path) => {
  const row = "openclaw-litellm has its limits and its shape";
  expect(await failing(changed("openclaw-litellm", part, change))).toEqual({
    [row]: expect.stringMatching(`^${path} is .*, not `),
  });
});

it.each<[what: string, part: "HostConfig" | "Mounts", change: unknown, says: RegExp]>([
  ["the host's network", "HostConfig", { NetworkMode: "host" }, /^HostConfig\.NetworkMode is host$/],
  ["the host's processes", "HostConfig", { PidMode: "host" }, /^HostConfig\.PidMode is host$/],
  ["the host's IPC", "HostConfig", { IpcMode: "host" }, /^HostConfig\.IpcMode is host$/],
  ["the host's name", "HostConfig", { UTSMode: "host" }, /^HostConfig\.UTSMode is host$/],
  ["the host's users", "HostConfig", { UsernsMode: "host" }, /^HostConfig\.UsernsMode is host$/],
  ["a device", "HostConfig", { Devices: [{ PathOnHost: "/dev/kmsg" }] }, /^HostConfig\.Devices is .*kmsg/],
  ["a GPU", "HostConfig", { DeviceRequests: [{ Driver: "nvidia" }] }, /^HostConfig\.Devices is .*nvidia/],
  ["a shared mount", "Mounts", [{ Source: "/srv", Propagation: "rshared" }], /^what is mounted .*\/srv/],
])("fall short, for that container alone, where it has %s", async (_, part, change, says) => {
  const broken = inspected().map((one) =>
    one.Name === "/openclaw-litellm"
      ? { ...one, [part]: part === "Mounts" ? change : { ...one.HostConfig, ...(change as object) } }
      : one,
  );
  expect(await failing(broken)).toEqual({
    "openclaw-litellm has its limits and its shape": expect.stringMatching(says),
  });
});

it("fall short where a gateway's filter is in Docker's own control group, as before 0.2", async () => {
  expect(await failing(changed("openclaw-docker-proxy", "HostConfig", { CgroupParent: "" }))).toEqual({
    "openclaw-docker-proxy has its limits and its shape": expect.stringMatching(
      /^HostConfig\.CgroupParent is "", not "openclaw-openclaw\.slice"/,
    ),
  });
});

it.each<[string, readonly string[] | undefined]>([
  ["none", undefined],
  ["one that always passes", ["CMD", "true"]],
  ["one through a shell", ["CMD-SHELL", "wget -q -O /dev/null http://127.0.0.1:8081/healthz"]],
  ["one of another path", ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8081/"]],
])("fall short where one is healthy by another healthcheck: %s", async (_, Test) => {
  const other = changed("openclaw-caddy", "Config", {
    Healthcheck: Test === undefined ? undefined : { Test },
  });
  expect(await failing(other)).toEqual({
    "openclaw-caddy is healthy": expect.stringMatching(/^its healthcheck is .*, not \["CMD","wget"/),
  });
});

it("ask for every part of the shape", () => {
  const [one] = containers;
  if (one === undefined) throw new Error("no container");
  const asked = Object.keys(
    inspectedShape(shapeOf(one.row, one.name, one.row.limits.starter, gatewayCgroup(one.name, "systemd"), 0)),
  );
  expect(wrong.map(([, , , path]) => path)).toEqual([...asked, "cpus", "pids limit"]);
});

it("tell of a container that is not of the stack, and of a port that is published beside 443", async () => {
  const stranger = { ...inspected()[0], Name: "/stranger" } as Inspected;
  expect(await failing([...inspected(), stranger])).toEqual({
    "nothing else runs on the host": "also running: stranger",
  });
  const open = changed("openclaw-litellm", "HostConfig", {
    PortBindings: { "4000/tcp": [{ HostIp: "", HostPort: "4000" }] },
  });
  expect(Object.keys(await failing(open))).toEqual(["only port 443 is published"]);
});
