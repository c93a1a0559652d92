/** A server that is kept from serving from outside, at Hetzner; and let go again. */
import { setTimeout as sleep } from "node:timers/promises";
import { askHetzner, type HetznerApi } from "../../config/hetzner-api";

interface Server {
  readonly id: number;
  readonly status: string;
  readonly public_net?: { readonly ipv4?: { readonly ip: string } | null };
}

/** A server as its stack knows it. One that somebody has renamed has its address yet. */
export interface Known {
  readonly name: string;
  readonly address: string;
}
interface Firewall {
  readonly id: number;
  readonly applied_to?: readonly { readonly server?: { readonly id: number } }[];
}

/** Seconds until a server is off, or on. */
const powerSeconds = 60;
/** Of a firewall that lets nothing out: Hetzner lets everything out where no firewall has a rule for that. */
const nowhere = {
  direction: "out",
  protocol: "tcp",
  port: "9",
  // For documentation: nobody is there.
  destination_ips: ["192.0.2.1/32"],
  description: "a fenced stack reaches nobody",
};
/** Of no stack's labels and in no stack's state: no `up` and no `refresh` of the fenced one takes it away. */
const fenceName = (server: string): string => `${server}-fence`;
const named = (name: string): string => new URLSearchParams({ name }).toString();

async function serverOf(api: HetznerApi, name: string): Promise<Server | undefined> {
  const { servers } = (await askHetzner(api, `servers?${named(name)}`)) as { servers?: readonly Server[] };
  return servers?.[0];
}

async function find(api: HetznerApi, { name, address }: Known): Promise<Server | undefined> {
  const found = await serverOf(api, name);
  if (found !== undefined) return found;
  for (let page: number | null = 1; page !== null;) {
    const answer = (await askHetzner(api, `servers?per_page=50&page=${page}`)) as {
      readonly servers?: readonly Server[];
      readonly meta?: { readonly pagination?: { readonly next_page?: number | null } };
    };
    const there = answer.servers?.find((server) => server.public_net?.ipv4?.ip === address);
    if (there !== undefined) return there;
    page = answer.meta?.pagination?.next_page ?? null;
  }
  return undefined;
}

async function fenceOf(api: HetznerApi, name: string): Promise<Firewall | undefined> {
  const answer = await askHetzner(api, `firewalls?${named(fenceName(name))}`);
  return (answer["firewalls"] as readonly Firewall[] | undefined)?.[0];
}

async function until(api: HetznerApi, known: Known, wanted: string): Promise<void> {
  const deadline = Date.now() + powerSeconds * 1000;
  for (;;) {
    const server = await find(api, known);
    if (server === undefined || server.status === wanted) return;
    if (Date.now() > deadline)
      throw new Error(`the server ${known.name} is ${server.status} after ${powerSeconds} s, not ${wanted}`);
    await sleep(500);
  }
}

/**
 * Cuts the power of a server, then puts it behind a firewall. Can be done again.
 * @returns what was done; undefined where there is none of that name or address: whether it is gone cannot be told from a token of
 *   another project
 */
export async function fenceServer(api: HetznerApi, known: Known): Promise<string | undefined> {
  const { name } = known;
  const server = await find(api, known);
  if (server === undefined) return undefined;
  if (server.status !== "off") {
    await askHetzner(api, `servers/${server.id}/actions/poweroff`, "POST", {});
    await until(api, known, "off");
  }
  const to = [{ type: "server", server: { id: server.id } }];
  const there = await fenceOf(api, name);
  if (there === undefined) {
    const labels = { "managed-by": "clawkeep-failover" };
    await askHetzner(api, "firewalls", "POST", {
      ...{ name: fenceName(name), labels, rules: [nowhere], apply_to: to },
    });
  } else if (!(there.applied_to ?? []).some((each) => each.server?.id === server.id))
    await askHetzner(api, `firewalls/${there.id}/actions/apply_to_resources`, "POST", { apply_to: to });
  return `the power of ${name} is cut, and the firewall ${fenceName(name)} lets nothing out of it`;
}

/** @throws Error where the server is not off */
export async function proveServerFenced(api: HetznerApi, known: Known): Promise<string> {
  const { name } = known;
  const server = await find(api, known);
  if (server === undefined)
    throw new Error(`Hetzner shows no server ${name} any more: type the command again`);
  if (server.status !== "off") throw new Error(`Hetzner says that the server ${name} is ${server.status}`);
  return `Hetzner says that the server ${name} is off`;
}

/** Hetzner refuses it for as long as its removal from a server is under way. */
async function deleteFence(api: HetznerApi, id: number): Promise<void> {
  for (const deadline = Date.now() + powerSeconds * 1000; ;) {
    try {
      await askHetzner(api, `firewalls/${id}`, "DELETE");
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(1_000);
    }
  }
}

/** Takes the fence away and switches the server on; its gateways stay down, for the record names another stack. */
export async function releaseServer(api: HetznerApi, name: string): Promise<string> {
  const [server, fence] = [await serverOf(api, name), await fenceOf(api, name)];
  if (server === undefined) return `there is no server ${name}: pulumi up makes one`;
  if (fence !== undefined) {
    const from = (fence.applied_to ?? []).flatMap((each) =>
      each.server === undefined ? [] : [{ type: "server", server: { id: each.server.id } }],
    );
    if (from.length > 0)
      await askHetzner(api, `firewalls/${fence.id}/actions/remove_from_resources`, "POST", {
        remove_from: from,
      });
    await deleteFence(api, fence.id);
  }
  if (server.status === "off") {
    await askHetzner(api, `servers/${server.id}/actions/poweron`, "POST");
    await until(api, { name, address: "" }, "running");
  }
  return `${name} runs, and no fence is around it`;
}
