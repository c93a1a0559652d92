/** Whether a stack's token and zone at Cloudflare are what its file says, as far as the token may see that. */
import { upAgain } from "./await-restore";
import { askCloud } from "./cloud-question";
import { inWords, listRecords, recordsOfName, type CloudflareApi } from "./dns-records";

export interface ZoneOfStack {
  readonly stack: string;
  /** As clawkeep:zone has it. */
  readonly zone: { readonly id: string; readonly name: string };
  /** The public name. */
  readonly hostname: string;
  /** True: it makes and changes records itself. */
  readonly active: boolean;
}

interface Details {
  readonly result?: { readonly name?: string; readonly permissions?: readonly string[] } | null;
}

/**
 * Why no record of this stack would come to be where it should, and what to type; undefined where nothing says so. A token for
 * DNS alone may not be shown the zone itself: then what is in it has to do.
 *
 * @throws as recordsOfName
 */
export async function zoneProblem(api: CloudflareApi, at: ZoneOfStack): Promise<string | undefined> {
  const { stack, zone, hostname, active } = at;
  const url = `${api.baseUrl.replace(/\/$/, "")}/zones/${zone.id}`;
  const { ok, body } = await askCloud<Details>({
    ...{ cloud: "Cloudflare", url, token: api.token, waitMs: api.waitMs },
  });
  const { name, permissions = [] } = (ok ? body.result : undefined) ?? {};
  const isOther = (each: string): boolean => each !== zone.name && !each.endsWith(`.${zone.name}`);
  const other =
    name ?? (await listRecords(api, zone.id, hostname, {})).map((each) => each.name).find(isOther);
  if (other !== undefined && other !== zone.name)
    return (
      `clawkeep:zone: the id ${zone.id} is not that of ${zone.name}, but that of ${name ?? `a zone with ${other}`}: the record of ${hostname} ` +
      `would be made there, under another name. The right one stands at Cloudflare, in the zone's Overview: ` +
      `pulumi config set --stack ${stack} --path clawkeep:zone.id ID`
    );
  const may = (what: string): boolean => permissions.includes(`#dns_records:${what}`);
  if (active && may("read") && !may("edit"))
    return (
      `cloudflare:apiToken may read the DNS records of ${zone.name}, and not change them. It needs the permission Zone / DNS / ` +
      `Edit for that zone: pulumi config set --stack ${stack} --secret cloudflare:apiToken`
    );
  return undefined;
}

/**
 * What is seen before anything is bought: the above, and records of the name that no stack can take over. One that it could, or
 * has already, is looked at when the record's own turn comes.
 *
 * @throws as recordsOfName
 */
export async function nameProblem(api: CloudflareApi, at: ZoneOfStack): Promise<string | undefined> {
  const problem = await zoneProblem(api, at);
  if (problem !== undefined || !at.active) return problem;
  const found = await recordsOfName(api, at.zone.id, at.hostname);
  if (found.length === 0 || found.some(({ type }) => type === "A")) return undefined;
  return (
    `${at.hostname} has DNS records at Cloudflare that no address can be put into: ${found.map(inWords).join(", ")}. Nothing was ` +
    `bought yet. Delete what nobody uses any more at Cloudflare (DNS, Records), then ${upAgain(at.stack)}`
  );
}
