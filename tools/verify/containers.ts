/** Rows about containers: which run, in which shape, with which limits. */
import { telegramSettings } from "../../config/gateway-schema";
import { perGatewayServices, type Limits, type Service } from "../../config/tiers";
import { expectSame, type Row } from "./row";
import type { World } from "./world";

/** What is read of `docker inspect`. */
interface Inspected {
  readonly Name: string;
  readonly Config: {
    readonly User: string;
    readonly Hostname: string;
    readonly Labels?: Record<string, string>;
  };
  readonly HostConfig: {
    readonly Memory: number;
    readonly MemorySwap: number;
    readonly NanoCpus: number;
    readonly PidsLimit: number | null;
    readonly ReadonlyRootfs: boolean;
    readonly Privileged: boolean;
    readonly CapDrop: readonly string[] | null;
    readonly CapAdd: readonly string[] | null;
    readonly SecurityOpt: readonly string[] | null;
    readonly PortBindings: Readonly<Record<string, readonly { readonly HostPort: string }[]>> | null;
  };
  readonly State: {
    readonly Status: string;
    readonly Health?: { readonly Status: string; readonly Log?: readonly { readonly Output: string }[] };
  };
}

interface Expected {
  readonly name: string;
  readonly limits: Limits;
}

/** Every container of the stack by its fixed name. */
export function expectedContainers({ settings, tier }: Pick<World, "settings" | "tier">): Expected[] {
  const named: Readonly<Partial<Record<Service, string>>> = {
    litellm: "openclaw-litellm",
    redis: "openclaw-redis",
    egressProxy: "openclaw-egress",
    reverseProxy: "openclaw-caddy",
    ...(settings.gateways.some((gateway) => telegramSettings(gateway) !== undefined)
      ? { relay: "openclaw-relay" }
      : {}),
  };
  const shared = Object.entries(named).map(([service, name]) => ({
    name,
    limits: tier.services[service as Service],
  }));
  const own = settings.gateways.flatMap((gateway) =>
    perGatewayServices.map((service) => ({
      name: service === "gateway" ? gateway.name : `${gateway.name}-docker-proxy`,
      limits: tier.services[service],
    })),
  );
  return [...own, ...shared];
}

const inspections = new WeakMap<World, Promise<Map<string, Inspected>>>();

/** All containers of the host, asked once. */
function inspected(world: World): Promise<Map<string, Inspected>> {
  const known = inspections.get(world);
  if (known !== undefined) return known;
  const asked = world
    .shell("docker ps -aq --no-trunc | xargs -r docker inspect")
    .then((text) => (text.trim() === "" ? [] : (JSON.parse(text) as Inspected[])))
    .then((list) => new Map(list.map((container) => [container.Name.slice(1), container])));
  inspections.set(world, asked);
  return asked;
}

async function one(world: World, name: string): Promise<Inspected> {
  const found = (await inspected(world)).get(name);
  if (found === undefined) throw new Error(`there is no container ${name}: pulumi up --stack ${world.stack}`);
  return found;
}

const isSandbox = ({ Config }: Inspected): boolean => Config.Labels?.["openclaw.sandbox"] === "1";

export function containerRows(world: World): Row[] {
  const containers = expectedContainers(world);
  const group = "containers";
  return [
    ...containers.map(({ name }): Row => ({
      name: `${name} is healthy`,
      group,
      look: (at) => health(at, name),
    })),
    ...containers.map(({ name, limits }): Row => ({
      name: `${name} has its limits and its shape`,
      group,
      look: (at) => shape(at, name, limits),
    })),
    { name: "nothing else runs on the host", group, look: nothingElse },
    { name: "only port 443 is published", group, look: publishedPorts },
  ];
}

/** On a standby: everything there, nothing running. */
export function standbyRows(world: World): Row[] {
  return expectedContainers(world).map(({ name }) => ({
    name: `${name} is there and down`,
    group: "standby",
    look: async (at) => {
      const { Status } = (await one(at, name)).State;
      if (Status !== "created" && Status !== "exited")
        throw new Error(`it is ${Status}: on a standby nothing polls or serves; docker stop ${name}`);
      return Status;
    },
  }));
}

async function health(world: World, name: string): Promise<string> {
  const { State } = await one(world, name);
  if (State.Status === "running" && State.Health?.Status === "healthy") return "healthy";
  const probe = State.Health?.Log?.at(-1)?.Output.trim().slice(0, 200) ?? "no probe has ended";
  throw new Error(
    `it is ${State.Status}, ${State.Health?.Status ?? "without health"}: ${probe}\nlook further with: docker logs ${name}`,
  );
}

async function shape(world: World, name: string, limits: Limits): Promise<string> {
  const { Config, HostConfig } = await one(world, name);
  const bytes = limits.memoryMiB * 1024 * 1024;
  const kept = name === "openclaw-caddy" ? ["CAP_NET_BIND_SERVICE"] : [];
  expectSame("memory", HostConfig.Memory, bytes);
  expectSame("memory with swap", HostConfig.MemorySwap, bytes);
  expectSame("cpus", HostConfig.NanoCpus / 1e9, limits.cpus);
  expectSame("pids limit", HostConfig.PidsLimit, limits.pids);
  expectSame("read-only root", HostConfig.ReadonlyRootfs, true);
  expectSame("privileged", HostConfig.Privileged, false);
  expectSame("dropped capabilities", HostConfig.CapDrop, ["ALL"]);
  expectSame("added capabilities", HostConfig.CapAdd ?? [], kept);
  expectSame("security options", HostConfig.SecurityOpt, ["no-new-privileges"]);
  expectSame("host name", Config.Hostname, name);
  if (/^(0(:.*)?|root.*|)$/.test(Config.User)) throw new Error(`its user is root ("${Config.User}")`);
  return `${limits.memoryMiB} MiB, ${limits.cpus} CPU, ${limits.pids} pids, uid ${Config.User}`;
}

async function nothingElse(world: World): Promise<string> {
  const known = new Set(expectedContainers(world).map(({ name }) => name));
  const all = [...(await inspected(world)).values()];
  const strange = all.filter(
    (container) =>
      container.State.Status === "running" && !known.has(container.Name.slice(1)) && !isSandbox(container),
  );
  if (strange.length > 0)
    throw new Error(`also running: ${strange.map(({ Name }) => Name.slice(1)).join(", ")}`);
  return `${all.filter(isSandbox).length} sandboxes`;
}

async function publishedPorts(world: World): Promise<string> {
  const published = [...(await inspected(world)).values()].flatMap(({ Name, HostConfig }) =>
    Object.values(HostConfig.PortBindings ?? {}).flatMap((bindings) =>
      bindings.map(({ HostPort }) => `${Name.slice(1)}:${HostPort}`),
    ),
  );
  expectSame("what is published", published, ["openclaw-caddy:443"]);
  return published.join(", ");
}
