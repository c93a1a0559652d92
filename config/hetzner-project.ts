/** What the project at Hetzner has already and can sell now, and what of that is in a stack's way. */
import { createHash } from "node:crypto";
import { upAgain } from "./await-restore";
import { locations, serverTypes, type Location } from "./hetzner";
import { askHetzner, type HetznerApi } from "./hetzner-api";
import { isKeyLine, type HcloudHost } from "./host-schema";
import { importCommand, importPlace, type Belonging } from "./import-command";

/** What bears the stack's name there: type of the resource -> where the API lists it, and what people call it. */
export const kinds = {
  "hcloud:index/firewall:Firewall": { list: "firewalls", word: "a firewall" },
  "hcloud:index/sshKey:SshKey": { list: "ssh_keys", word: "an SSH key" },
  "hcloud:index/primaryIp:PrimaryIp": { list: "primary_ips", word: "a primary IP" },
  "hcloud:index/volume:Volume": { list: "volumes", word: "a volume" },
  "hcloud:index/server:Server": { list: "servers", word: "a server" },
} as const;
export type Kind = keyof typeof kinds;
const allKinds = Object.keys(kinds) as Kind[];
/** Made before all others, and so where all of them are asked for. */
const firstKind: Kind = "hcloud:index/firewall:Firewall";
const key: Kind = "hcloud:index/sshKey:SshKey";
const server: Kind = "hcloud:index/server:Server";

export interface Found {
  readonly id: number;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Absent for what has none. */
  readonly location?: string;
  /** Of an SSH key. */
  readonly fingerprint?: string;
}

export interface StackAtHetzner {
  readonly stack: string;
  /** Name of all that the stack has there. */
  readonly serverName: string;
  readonly host: HcloudHost;
}

/** What Hetzner says that matters for one resource that is about to be made. */
export interface ProjectAnswer {
  readonly named: Partial<Readonly<Record<Kind, Found>>>;
  /** The SSH key of the value, or of the name, that clawkeep:host.sshKey has. */
  readonly key: Found | undefined;
  /** Server type -> where it can be ordered now; undefined where Hetzner does not say, or was not asked. */
  readonly stock: ReadonlyMap<string, readonly string[]> | undefined;
}

/** Labels of everything that a stack has at Hetzner. */
export const stackLabels = (serverName: string): Readonly<Record<string, string>> => ({
  "managed-by": "clawkeep",
  stack: serverName,
});
export const isOwn = (
  { labels }: Pick<Found, "labels">,
  { serverName }: Pick<StackAtHetzner, "serverName">,
): boolean => Object.entries(stackLabels(serverName)).every(([label, value]) => labels[label] === value);

/** Fingerprint of a public key line as Hetzner has it: MD5, in pairs. */
export const md5Fingerprint = (line: string): string =>
  createHash("md5")
    .update(Buffer.from(line.split(" ")[1] ?? "", "base64"))
    .digest("hex")
    .replace(/(..)(?=.)/g, "$1:");

const mostPages = 10;

/** A resource as the API has it, of any kind. */
interface Listed extends Omit<Found, "location"> {
  readonly location?: { readonly name: string };
}
interface ListedType {
  readonly name: string;
  readonly locations?: readonly { readonly name: string; readonly available?: boolean }[];
}

/** Asks for what matters before this resource is made: of the first one everything, of the others their own. */
export async function askProject(
  api: HetznerApi,
  { serverName, host }: StackAtHetzner,
  type: string,
): Promise<ProjectAnswer> {
  const list = async (kind: Kind, query: Record<string, string>): Promise<Found | undefined> => {
    const { list: path } = kinds[kind];
    const answer = await askHetzner(api, `${path}?${new URLSearchParams(query).toString()}`);
    const [hit] = (answer[path] ?? []) as readonly Listed[];
    if (hit === undefined) return undefined;
    const { location, id, name, labels, fingerprint } = hit;
    return {
      ...{ id, name, labels },
      ...(location === undefined ? {} : { location: location.name }),
      ...(fingerprint === undefined ? {} : { fingerprint }),
    };
  };
  const named: Partial<Record<Kind, Found>> = {};
  for (const kind of type === firstKind ? allKinds : allKinds.filter((each) => each === type)) {
    const hit = await list(kind, { name: serverName });
    if (hit !== undefined) named[kind] = hit;
  }
  const line = isKeyLine(host.sshKey);
  const wanted = line ? { fingerprint: md5Fingerprint(host.sshKey) } : { name: host.sshKey };
  const keyMatters = type === firstKind || type === (line ? key : server);
  return {
    named,
    key: keyMatters ? await list(key, wanted) : undefined,
    stock: type === firstKind || type === server ? await stockOf(api) : undefined,
  };
}

/**
 * Why the stack's volume cannot be attached to its server; undefined where it can, or where neither is there yet.
 * An answer that was lost leaves it attached, and Hetzner refuses to attach it once more.
 */
export async function attachmentProblem(
  api: HetznerApi,
  { serverName }: StackAtHetzner,
  urn: string,
  belonging: Belonging,
): Promise<string | undefined> {
  const named = new URLSearchParams({ name: serverName }).toString();
  const firstOf = async (list: string): Promise<{ id: number; server?: number | null } | undefined> =>
    (
      (await askHetzner(api, `${list}?${named}`))[list] as
        { id: number; server?: number | null }[] | undefined
    )?.[0];
  const [found, own] = [await firstOf("volumes"), await firstOf("servers")];
  if (found === undefined || typeof found.server !== "number") return undefined;
  if (found.server !== own?.id)
    return (
      `attachment: the volume ${serverName} is attached to another server, ${found.server}. Unmount it there, and detach it ` +
      "in Hetzner's console"
    );
  return (
    `attachment: the volume ${serverName} is attached to its server already: an up that was cut off has left it so. Take ` +
    `it over: ${importCommand(importPlace(urn, belonging), String(found.id))}`
  );
}

/** Asks where each server type can be ordered now. */
export async function stockOf(api: HetznerApi): Promise<ProjectAnswer["stock"]> {
  const stock = new Map<string, string[]>();
  let said = false;
  for (let page = 1; page <= mostPages; page++) {
    const answer = await askHetzner(api, `server_types?per_page=50&page=${page}`);
    for (const { name, locations: places = [] } of (answer["server_types"] ?? []) as readonly ListedType[]) {
      said ||= places.some(({ available }) => available !== undefined);
      stock.set(
        name,
        places.filter(({ available }) => available === true).map((place) => place.name),
      );
    }
    const { meta } = answer as { meta?: { pagination?: { next_page: number | null } } };
    if (typeof meta?.pagination?.next_page !== "number") break;
  }
  return said ? stock : undefined;
}

/**
 * Everything that is in the way of a resource that is about to be made, with what to type; none where nothing is.
 *
 * What bears the stack's labels may well be the stack's own, which only the engine knows: so it is in the way of nothing
 * but its own resource, and of another location.
 *
 * @param preview a server that would be replaced is still there in a preview, so none of the stack's own is in the way
 */
export function projectProblems(
  at: StackAtHetzner,
  { named, key: sameKey, stock }: ProjectAnswer,
  urn: string,
  belonging: Belonging,
  preview = false,
): string[] {
  const { host, serverName } = at;
  const place = importPlace(urn, belonging);
  const asked = (kind: Kind): boolean => place.type === firstKind || place.type === kind;
  const problems: string[] = [];
  const line = isKeyLine(host.sshKey);
  // Whatever its name is: the same key under the stack's name and labels is the stack's own.
  const usable =
    line && asked(key) && sameKey !== undefined && !(sameKey.name === serverName && isOwn(sameKey, at))
      ? sameKey
      : undefined;
  if (usable !== undefined)
    problems.push(
      `SSH key: the project has it as ${usable.name} already, and takes a key once. Name that one: ` +
        setHost(at, "sshKey", usable.name),
    );
  if (!line && asked(server) && sameKey === undefined)
    problems.push(
      `SSH key: the project has none that is called ${host.sshKey}. Put your public key there under that name, or its line ` +
        `(ssh-add -L) into clawkeep:host.sshKey`,
    );
  for (const kind of allKinds) {
    const found = named[kind];
    if (found === undefined || found.id === usable?.id) continue;
    if (kind !== place.type && isOwn(found, at)) {
      if (found.location !== undefined && found.location !== host.location)
        problems.push(
          `location: the project has ${kinds[kind].word} of this stack, ${serverName}, in ${found.location}, which does not ` +
            `come along to ${host.location}. Stay there: ${setHost(at, "location", found.location)}`,
        );
      continue;
    }
    if (preview && kind === server && isOwn(found, at)) continue;
    problems.push(`name: the project has ${kinds[kind].word} called ${serverName} already. ${wayOn(kind)}`);
  }
  const staysHere =
    place.type !== firstKind ||
    Object.values(named).some((found) => isOwn(found, at) && found.location !== undefined);
  // A firewall alone that was lost orders no server: the stack's own is there, whatever is sold now.
  const serves = place.type === firstKind && named[server] !== undefined && isOwn(named[server], at);
  const outOfStock = asked(server) && !serves ? stockProblem(at, stock, staysHere) : undefined;
  return outOfStock === undefined ? problems : [...problems, outOfStock];

  function wayOn(kind: Kind): string {
    const found = named[kind];
    if (found === undefined || !isOwn(found, at)) return "Give it another name there, or delete it";
    if (kind === server)
      return (
        "An up that was cut off may have left it, and then nothing lies on it: look what it is, and delete it in " +
        "Hetzner's console"
      );
    if (kind === key && found.fingerprint !== md5Fingerprint(host.sshKey))
      return (
        "It is another key than clawkeep:host.sshKey, and an earlier state of this stack has left it: delete it in Hetzner's " +
        "console (Security, SSH keys). A server keeps the keys that it was made with"
      );
    return (
      "It bears this stack's labels: an up that was cut off has left it, or the state was lost. Take it over: " +
      importCommand(place, String(found.id))
    );
  }
}

/**
 * Why no server can be made as, or become, the type that is wanted; undefined where one can, or nobody knows.
 *
 * @param staysHere whether something is in the location that cannot leave it
 */
export function stockProblem(
  at: StackAtHetzner,
  stock: ProjectAnswer["stock"],
  staysHere: boolean,
): string | undefined {
  const { location, serverType } = at.host;
  const orderable = stock?.get(serverType);
  if (stock === undefined || orderable?.includes(location) === true) return undefined;
  const enough = serverTypes[serverType]?.memoryMiB ?? 0;
  const here = Object.entries(serverTypes)
    .filter(([name, { memoryMiB }]) => memoryMiB >= enough && stock.get(name)?.includes(location))
    .map(([name]) => name);
  const elsewhere: Location[] = staysHere ? [] : locations.filter((name) => orderable?.includes(name));
  const ways = [
    ...here
      .slice(0, 1)
      .map((name) => `take another type that is (${here.join(", ")}): ${setHost(at, "serverType", name)}`),
    ...elsewhere
      .slice(0, 1)
      .map((name) => `go where it is (${elsewhere.join(", ")}): ${setHost(at, "location", name)}`),
    "try again later, stock changes by the hour",
  ];
  return `stock: ${serverType} is not to be had in ${location} now. Either ${ways.join("; or ")}`;
}

/** What is typed to give the host another value; one that a shell would take apart is quoted. */
export const setHost = ({ stack }: Pick<StackAtHetzner, "stack">, field: string, value: string): string => {
  const word = /^[A-Za-z0-9._@:+-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
  const end = value.startsWith("-") ? "-- " : "";
  return `pulumi config set --stack ${stack} --path clawkeep:host.${field} ${end}${word}`;
};

/** The problems in one text. */
export function projectReport({ stack, serverName }: StackAtHetzner, problems: readonly string[]): string {
  return [
    `Hetzner would refuse what ${serverName} is about to order, so it was not ordered:`,
    ...problems.map((problem) => `  - ${problem}`),
    `Then run ${upAgain(stack)} again. What an up that was cut off has left, make recover STACK=${stack} finds by itself`,
  ].join("\n");
}
