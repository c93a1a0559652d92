/** The records that answer for a public name at Cloudflare, and what to do about one that is there already. */
import { upAgain } from "./await-restore";
import { askCloud, CloudRefuses } from "./cloud-question";
import { importCommand, type ImportPlace } from "./import-command";

export const cloudflareApi = "https://api.cloudflare.com/client/v4";

export interface CloudflareApi {
  readonly token: string;
  readonly baseUrl: string;
  /** As of every question to a cloud. */
  readonly waitMs?: number;
}

export interface NameRecord {
  /** 32 hexadecimal digits. */
  readonly id: string;
  readonly type: string;
  readonly content: string;
  readonly proxied: boolean;
}

export interface ListedRecord extends NameRecord {
  readonly name: string;
}

const answering = ["A", "AAAA", "CNAME"];

interface Answer {
  readonly result?: readonly ListedRecord[] | null;
  readonly errors?: readonly { readonly code: number; readonly message: string }[];
}

/**
 * Records of the types A, AAAA and CNAME that have exactly this name. A token with Zone / DNS / Edit may ask that.
 * @throws CloudRefuses naming what to set @throws Error where the API cannot be asked now
 */
export async function recordsOfName(api: CloudflareApi, zoneId: string, name: string): Promise<NameRecord[]> {
  const found = await listRecords(api, zoneId, name, { "name.exact": name });
  return found.filter(({ type }) => answering.includes(type));
}

/**
 * A page of the zone's records.
 * @param name whose sake it is for, in errors @throws as recordsOfName
 */
export async function listRecords(
  api: CloudflareApi,
  zoneId: string,
  name: string,
  filter: Readonly<Record<string, string>>,
): Promise<readonly ListedRecord[]> {
  const query = new URLSearchParams({ ...filter, per_page: "100" });
  const url = `${api.baseUrl.replace(/\/$/, "")}/zones/${zoneId}/dns_records?${query.toString()}`;
  const { status, ok, body } = await askCloud<Answer>({
    ...{ cloud: "Cloudflare", url, token: api.token, waitMs: api.waitMs },
  });
  if (!ok) {
    const reasons = (body.errors ?? []).map(({ code, message }) => `${message} (${code})`).join("; ");
    throw new CloudRefuses(
      `Cloudflare does not list the DNS records of ${name}: ${status} ${reasons || "without a reason"}. ` +
        "cloudflare:apiToken needs the permission Zone / DNS / Edit for the zone whose id is in clawkeep:zone",
    );
  }
  const { result } = body;
  if (result === undefined || result === null) throw new Error(`Cloudflare answers ${status} without a list`);
  return result;
}

/** Points a record at another address. @throws as recordsOfName */
export async function pointRecord(
  api: CloudflareApi,
  zoneId: string,
  id: string,
  content: string,
): Promise<void> {
  const url = `${api.baseUrl.replace(/\/$/, "")}/zones/${zoneId}/dns_records/${id}`;
  const { status, ok, body } = await askCloud<Answer>({
    ...{ cloud: "Cloudflare", url, token: api.token, waitMs: api.waitMs },
    ...{ method: "PATCH", body: { content } },
  });
  if (ok) return;
  const reasons = (body.errors ?? []).map(({ code, message }) => `${message} (${code})`).join("; ");
  throw new CloudRefuses(
    `Cloudflare does not change the DNS record ${id}: ${status} ${reasons || "without a reason"}`,
  );
}

export const inWords = ({ type, content, proxied }: NameRecord): string =>
  `${type} ${content} (${proxied ? "proxied" : "not proxied"})`;

/** Why a stack may not make its record now, and the ways on; undefined where nothing is in the way. */
export function inTheWay(
  name: string,
  records: readonly NameRecord[],
  place: ImportPlace,
  zoneId: string,
): string | undefined {
  if (records.length === 0) return undefined;
  // Only a record of the same type becomes the stack's by a change of its address.
  const [same] = records.filter(({ type }) => type === "A");
  const takeOver =
    same === undefined
      ? ""
      : ` To take ${records.length === 1 ? "it" : inWords(same)} over, while the name answers: ` +
        `${importCommand(place, `${zoneId}/${same.id}`)} && ${upAgain(place.stack)}`;
  const rest = same !== undefined && records.length > 1 ? " (all others have to be deleted first)" : "";
  return (
    `${name} has DNS records at Cloudflare that this stack does not know: ${records.map(inWords).join(", ")}. ` +
    "One more would be served beside them, or be refused, so none was made. What nobody uses any more, delete at Cloudflare " +
    `(DNS, Records), and run ${upAgain(place.stack)} again.${takeOver}${rest}`
  );
}
