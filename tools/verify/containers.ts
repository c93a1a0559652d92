/** Rows about containers: which run, in which shape, with which limits. */
import { slotOf } from "../../config/addresses";
import { cgroupParentOf } from "../../config/cgroups";
import { inspectedShape, shapeOf } from "../../config/container-shape";
import { containersOf, type StackContainer } from "../../config/containers";
import { healthcheckWords } from "../../config/healthcheck";
import { containerName, services, type ServiceRow } from "../../config/services";
import { expectSame, type Row } from "./row";
import type { DeployedStack } from "./deployed-stack";

/** What is read of `docker inspect`. */
interface Inspected {
  readonly Name: string;
  readonly Config: {
    readonly User: string;
    readonly Labels?: Record<string, string>;
    readonly Healthcheck?: { readonly Test?: readonly string[] };
  };
  readonly HostConfig: {
    readonly NanoCpus: number;
    readonly PidsLimit: number | null;
    readonly PortBindings: Readonly<Record<string, readonly { readonly HostPort: string }[]>> | null;
    readonly Devices?: readonly unknown[] | null;
    readonly DeviceRequests?: readonly unknown[] | null;
  };
  readonly Mounts?: readonly { readonly Source: string; readonly Propagation: string }[];
  readonly State: {
    readonly Status: string;
    readonly Health?: { readonly Status: string; readonly Log?: readonly { readonly Output: string }[] };
  };
}

export const containersIn = ({ settings }: Pick<DeployedStack, "settings">): StackContainer[] =>
  containersOf(settings.gateways);

const inspections = new WeakMap<DeployedStack, Promise<Map<string, Inspected>>>();

/** All containers of the host, asked once. */
function inspected(deployed: DeployedStack): Promise<Map<string, Inspected>> {
  const known = inspections.get(deployed);
  if (known !== undefined) return known;
  const asked = deployed
    .shell("docker ps -aq --no-trunc | xargs -r docker inspect")
    .then((text) => (text.trim() === "" ? [] : (JSON.parse(text) as Inspected[])))
    .then((list) => new Map(list.map((container) => [container.Name.slice(1), container])));
  inspections.set(deployed, asked);
  return asked;
}

async function one(deployed: DeployedStack, name: string): Promise<Inspected> {
  const found = (await inspected(deployed)).get(name);
  if (found === undefined)
    throw new Error(`there is no container ${name}: pulumi up --stack ${deployed.stack}`);
  return found;
}

const isSandbox = ({ Config }: Inspected): boolean => Config.Labels?.["openclaw.sandbox"] === "1";

export function containerRows(containers: readonly StackContainer[]): Row[] {
  const group = "containers";
  return [
    ...containers.map((container): Row => ({
      name: `${container.name} is healthy`,
      group,
      look: (at) => health(at, container),
    })),
    ...containers.map((container): Row => ({
      name: `${container.name} has its limits and its shape`,
      group,
      look: (at) => shape(at, container),
    })),
    { name: "nothing else runs on the host", group, look: (at) => nothingElse(at, containers) },
    { name: "only port 443 is published", group, look: (at) => publishedPorts(at, containers) },
  ];
}

/** On a standby: everything there, nothing running but the way by which snapshots come in. */
export function standbyRows(deployed: DeployedStack): Row[] {
  const group = "standby";
  const follows = deployed.settings.backups !== undefined;
  return containersIn(deployed).map((container): Row => {
    const { name, row } = container;
    if (row.bringsSnapshots === true && follows)
      return { name: `${name} is healthy`, group, look: (at) => health(at, container) };
    return { name: `${name} is there and down`, group, look: (at) => isDown(at, name) };
  });
}

async function isDown(at: DeployedStack, name: string): Promise<string> {
  const { Status } = (await one(at, name)).State;
  if (Status !== "created" && Status !== "exited")
    throw new Error(`it is ${Status}: on a standby nothing polls or serves; docker stop ${name}`);
  return Status;
}

async function health(deployed: DeployedStack, { name, row }: StackContainer): Promise<string> {
  const { State, Config } = await one(deployed, name);
  // Healthy is what says so itself: first that the right one is asked.
  const wanted = healthcheckWords(row);
  expectSame("its healthcheck", (Config.Healthcheck?.Test ?? []).slice(0, wanted.length), wanted);
  if (State.Status === "running" && State.Health?.Status === "healthy") return "healthy";
  const probe = State.Health?.Log?.at(-1)?.Output.trim().slice(0, 200) ?? "no probe has ended";
  throw new Error(
    `it is ${State.Status}, ${State.Health?.Status ?? "without health"}: ${probe}\nlook further with: docker logs ${name}`,
  );
}

async function shape(deployed: DeployedStack, { name, row, index }: StackContainer): Promise<string> {
  const found = await one(deployed, name);
  const limits = row.limits[deployed.settings.tier];
  const { host, gateways } = deployed.settings;
  const cgroupParent = cgroupParentOf(row, gateways[index]?.name ?? "", host.cgroupDriver);
  const wantedShape = inspectedShape(
    shapeOf(row, name, limits, cgroupParent, slotOf(gateways[index], index)),
  );
  for (const [path, wanted] of Object.entries(wantedShape)) expectSame(path, shownAt(found, path), wanted);
  expectSame("cpus", found.HostConfig.NanoCpus / 1e9, limits.cpus);
  expectSame("pids limit", found.HostConfig.PidsLimit, limits.pids);
  notTheHosts(found);
  return `${limits.memoryMiB} MiB, ${limits.cpus} CPU, ${limits.pids} pids, uid ${found.Config.User}`;
}

/** Namespaces of the host: what the policy pack refuses before it is made. Of cgroups the engine decides, by their version. */
const hostParts = ["NetworkMode", "PidMode", "IpcMode", "UTSMode", "UsernsMode"] as const;

/** @throws Error where the container shares a namespace, a device or a mount's changes with the host */
function notTheHosts(found: Inspected): void {
  for (const part of hostParts)
    if (shownAt(found, `HostConfig.${part}`) === "host") throw new Error(`HostConfig.${part} is host`);
  const { Devices, DeviceRequests } = found.HostConfig;
  expectSame("HostConfig.Devices", [...(Devices ?? []), ...(DeviceRequests ?? [])], []);
  const shared = (found.Mounts ?? []).filter(({ Propagation }) => Propagation.endsWith("shared"));
  expectSame(
    "what is mounted in it and appears on the host",
    shared.map(({ Source }) => Source),
    [],
  );
}

/** The value at a path into what `docker inspect` shows; in a list of things with names a step is a name. */
const shownAt = (found: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>((at, step) => {
    if (Array.isArray(at)) return (at as { Name?: unknown }[]).find(({ Name }) => Name === step);
    return typeof at === "object" && at !== null ? Reflect.get(at, step) : undefined;
  }, found);

/** Containers that a script of the host starts for one command: whether one is there is a matter of the moment. */
const brief: readonly string[] = Object.values<ServiceRow>(services).flatMap((row) =>
  row.startedBy === "script" ? [containerName(row, "")] : [],
);

async function nothingElse(deployed: DeployedStack, containers: readonly StackContainer[]): Promise<string> {
  const known = new Set([...containers.map(({ name }) => name), ...brief]);
  const all = [...(await inspected(deployed)).values()];
  const strange = all.filter(
    (container) =>
      container.State.Status === "running" && !known.has(container.Name.slice(1)) && !isSandbox(container),
  );
  if (strange.length > 0)
    throw new Error(`also running: ${strange.map(({ Name }) => Name.slice(1)).join(", ")}`);
  return `${all.filter(isSandbox).length} sandboxes`;
}

async function publishedPorts(
  deployed: DeployedStack,
  containers: readonly StackContainer[],
): Promise<string> {
  const wanted = containers.flatMap(({ name, row }) =>
    row.publishes === undefined ? [] : [`${name}:${row.publishes}`],
  );
  const published = [...(await inspected(deployed)).values()].flatMap(({ Name, HostConfig }) =>
    Object.values(HostConfig.PortBindings ?? {}).flatMap((bindings) =>
      bindings.map(({ HostPort }) => `${Name.slice(1)}:${HostPort}`),
    ),
  );
  expectSame("what is published", published, wanted);
  return published.join(", ");
}
