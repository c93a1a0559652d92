/** Whether something that an `up` was about to make when it was cut off is there, at a cloud or on the host. */
import { recordsOfName, type CloudflareApi } from "../../config/dns-records";
import { askHetzner, type HetznerApi } from "../../config/hetzner-api";
import { kinds, type Kind } from "../../config/hetzner-project";
import { nameOf, type Known, type StateResource } from "./deployment";

export interface Outside {
  /** Undefined where the stack has nothing there. */
  readonly hetzner: HetznerApi | undefined;
  readonly cloudflare: CloudflareApi | undefined;
  /** Runs a bash script as root on the host. @throws Error where there is none */
  readonly shell: (script: string, args: readonly string[]) => Promise<string>;
}

/** What has to be done before the next `up` finds its way. */
export type Finding =
  /** It is there, and becomes the stack's by this id. */
  | { readonly import: string }
  /** It was there, half made, and is removed: the next `up` makes it again. */
  | { readonly removed: string }
  /** Nothing is there that would be in the way. */
  | { readonly nothing: true };

/** How long a server may take to go, or a volume to be let go, in milliseconds. */
const goneMs = 120_000;

/** By the list of all: where Docker does not answer that fails, and a name that is not in it is nothing's. */
const removing = (list: string, rm: string): string => `set -o pipefail
command -v docker >/dev/null || exit 0
ids=$(docker ${list} | awk -v name="$1" '$2 == name { print $1 }') || exit 1
for id in $ids; do
  case " $2 " in *" $id "*) continue ;; esac
  docker ${rm} "$id" >/dev/null || exit 1
  echo "$id"
done`;
const remove = {
  "docker:index/container:Container": removing(
    "container ls --all --no-trunc --format '{{.ID}} {{.Names}}'",
    "container rm --force --volumes",
  ),
  "docker:index/network:Network": removing(
    "network ls --no-trunc --format '{{.ID}} {{.Name}}'",
    "network rm",
  ),
} as const;

/** @throws Error where nobody can say */
export async function lookFor(
  resource: StateResource,
  known: Known,
  { hetzner, cloudflare, shell }: Outside,
): Promise<Finding> {
  const { type, inputs = {} } = resource;
  const text = (key: string): string => {
    const value = inputs[key];
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  };
  if (type in remove) {
    const script = remove[type as keyof typeof remove];
    const removed = (await shell(script, [text("name"), known.ids.join(" ")])).trim();
    return removed === "" ? { nothing: true } : { removed: `${text("name")} (${removed.slice(0, 12)})` };
  }
  if (type.startsWith("hcloud:")) {
    if (hetzner === undefined) throw new Error(`${nameOf(resource.urn)}: hcloud:token is not set`);
    const labels = (inputs["labels"] ?? {}) as Readonly<Record<string, string>>;
    if (type === "hcloud:index/volumeAttachment:VolumeAttachment")
      return attached(hetzner, { volumeId: text("volumeId"), serverId: text("serverId") }, known);
    return atHetzner(hetzner, type, { name: text("name"), stack: labels["stack"] ?? "" }, known);
  }
  if (type === "cloudflare:index/dnsRecord:DnsRecord") {
    if (cloudflare === undefined) throw new Error(`${nameOf(resource.urn)}: cloudflare:apiToken is not set`);
    const found = await recordsOfName(cloudflare, text("zoneId"), text("name"));
    const own = found.find((record) => record.type === text("type") && record.content === text("content"));
    return own === undefined ? { nothing: true } : { import: `${text("zoneId")}/${own.id}` };
  }
  // Commands are made to be run again; what `random` makes exists in the state alone.
  return { nothing: true };
}

/** An attachment has no name: it is the volume's, where that is attached. */
async function attached(
  api: HetznerApi,
  { volumeId, serverId }: { readonly volumeId: string; readonly serverId: string },
  { replaced }: Known,
): Promise<Finding> {
  const path = `volumes/${encodeURIComponent(volumeId)}`;
  const server = async (): Promise<number | undefined> => {
    const { volume } = (await askHetzner(api, path)) as { volume?: { server?: number | null } };
    return volume?.server ?? undefined;
  };
  const now = await server();
  if (now === undefined) return { nothing: true };
  if (!replaced) return { import: volumeId };
  // Of another server only that one's operator knows what it is there for: the next `up` says so.
  if (String(now) !== serverId) return { nothing: true };
  // Nothing is mounted yet: that is done once it is attached.
  await askHetzner(api, `${path}/actions/detach`, "POST", {});
  await until(async () => (await server()) === undefined, `detached the volume ${volumeId}`);
  return { removed: `the volume's place at server ${serverId}` };
}

/** @param what Hetzner is to have done */
async function until(done: () => Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + goneMs; !(await done());) {
    if (Date.now() > end) throw new Error(`Hetzner has not ${what} within ${goneMs / 1000} s`);
    await new Promise((wake) => setTimeout(wake, 500));
  }
}

/**
 * What there is at Hetzner of this type by this name. A server is removed: one that is imported would be taken from its address
 * and given it again, with its power cut for it; and nothing has been put on it, for all that is on a server is made after it.
 * @throws Error where the API cannot be asked now, or it bears another stack's labels
 */
async function atHetzner(
  api: HetznerApi,
  type: string,
  { name, stack }: { readonly name: string; readonly stack: string },
  { ids }: Known,
): Promise<Finding> {
  if (!(type in kinds)) throw new Error(`nobody here knows what Hetzner has of ${type}`);
  const { list, word } = kinds[type as Kind];
  const named = async (): Promise<
    readonly { readonly id: number; readonly labels: Readonly<Record<string, string>> }[]
  > => (await askHetzner(api, `${list}?${new URLSearchParams({ name }).toString()}`))[list] as never;
  const [hit] = await named();
  if (hit === undefined || ids.includes(String(hit.id))) return { nothing: true };
  if (hit.labels["stack"] !== stack)
    throw new Error(
      `the project has ${word} called ${name} that is not this stack's (its labels say so): rename or delete it in Hetzner's console`,
    );
  if (list !== "servers") return { import: String(hit.id) };
  await askHetzner(api, `servers/${hit.id}`, "DELETE");
  await until(async () => (await named()).length === 0, `removed the server ${name}`);
  return { removed: `${name} (${hit.id})` };
}
