/** Whether something that an `up` was about to make when it was cut off is there, at a cloud or on the host. */
import { recordsOfName, type CloudflareApi } from "../../config/dns-records";
import { askHetzner, kinds, type HetznerApi, type Kind } from "../../config/hetzner-project";
import { nameOf, type StateResource } from "./deployment";

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

/** How long a server may take to go, in milliseconds. */
const goneMs = 120_000;

const remove = {
  "docker:index/container:Container":
    'id=$(docker container inspect --format "{{.Id}}" "$1" 2>/dev/null) || exit 0\n' +
    'case " $2 " in *" $id "*) ;; *) docker rm --force --volumes "$id" >/dev/null; echo "$id" ;; esac',
  "docker:index/network:Network":
    'id=$(docker network inspect --format "{{.Id}}" "$1" 2>/dev/null) || exit 0\n' +
    'case " $2 " in *" $id "*) ;; *) docker network rm "$id" >/dev/null; echo "$id" ;; esac',
} as const;

/**
 * @param known ids of all that the state has: what bears the name and is one of them stays
 * @throws Error where nobody can say
 */
export async function lookFor(
  resource: StateResource,
  known: readonly string[],
  { hetzner, cloudflare, shell }: Outside,
): Promise<Finding> {
  const { type, inputs = {} } = resource;
  const text = (key: string): string => {
    const value = inputs[key];
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  };
  if (type in remove) {
    const script = remove[type as keyof typeof remove];
    const removed = (await shell(script, [text("name"), known.join(" ")])).trim();
    return removed === "" ? { nothing: true } : { removed: `${text("name")} (${removed.slice(0, 12)})` };
  }
  if (type.startsWith("hcloud:")) {
    if (hetzner === undefined) throw new Error(`${nameOf(resource.urn)}: hcloud:token is not set`);
    const labels = (inputs["labels"] ?? {}) as Readonly<Record<string, string>>;
    const [name, volumeId, stack] = [text("name"), text("volumeId"), labels["stack"] ?? ""];
    return atHetzner(hetzner, type, { name, volumeId, stack });
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

/**
 * What there is at Hetzner of this type by this name. An attachment has no name: it is the volume's, where that is attached.
 * A server is removed: one that is imported would be taken from its address and given it again, with its power cut for it; and
 * nothing has been put on it, for all that is on a server is made after it.
 * @throws Error where the API cannot be asked now, or the server bears another stack's labels
 */
async function atHetzner(
  api: HetznerApi,
  type: string,
  { name, volumeId, stack }: { readonly name: string; readonly volumeId: string; readonly stack: string },
): Promise<Finding> {
  if (type === "hcloud:index/volumeAttachment:VolumeAttachment") {
    const { volume } = (await askHetzner(api, `volumes/${encodeURIComponent(volumeId)}`)) as {
      volume?: { server?: number | null };
    };
    return typeof volume?.server === "number" ? { import: volumeId } : { nothing: true };
  }
  if (!(type in kinds)) throw new Error(`nobody here knows what Hetzner has of ${type}`);
  const { list, word } = kinds[type as Kind];
  const answer = await askHetzner(api, `${list}?${new URLSearchParams({ name }).toString()}`);
  const [hit] = (answer[list] ?? []) as readonly {
    readonly id: number;
    readonly labels: Readonly<Record<string, string>>;
  }[];
  if (hit === undefined) return { nothing: true };
  if (hit.labels["stack"] !== stack)
    throw new Error(
      `the project has ${word} called ${name} that is not this stack's (its labels say so): rename or delete it in Hetzner's console`,
    );
  if (list !== "servers") return { import: String(hit.id) };
  await askHetzner(api, `servers/${hit.id}`, "DELETE");
  for (const end = Date.now() + goneMs; ;) {
    await new Promise((wake) => setTimeout(wake, 500));
    const { servers } = await askHetzner(api, `servers?${new URLSearchParams({ name }).toString()}`);
    if ((servers as readonly unknown[]).length === 0) return { removed: `${name} (${hit.id})` };
    if (Date.now() > end)
      throw new Error(`Hetzner has not removed the server ${name} within ${goneMs / 1000} s`);
  }
}
