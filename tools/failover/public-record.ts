/** The public record between two states: which of them has it, and what gives it to the other. No Pulumi in here. */
import { importWords } from "../../config/import-command";
import type { NameRecord } from "../../config/dns-records";
import { nameOf, type Exported, type StateResource } from "../recover/deployment";

const recordType = "cloudflare:index/dnsRecord:DnsRecord";
const providerType = "pulumi:providers:cloudflare";

export const publicRecordIn = ({ deployment }: Exported): StateResource | undefined =>
  (deployment.resources ?? []).find(
    ({ type, urn }) => type === recordType && nameOf(urn).endsWith("-public-record"),
  );

/** The one A record of the name. @throws Error where there are several, or something else answers */
export function theRecord(hostname: string, found: readonly NameRecord[]): NameRecord | undefined {
  const [first, ...more] = found;
  if (first === undefined) return undefined;
  if (more.length > 0 || first.type !== "A")
    throw new Error(
      `${hostname} has ${found.map(({ type, content }) => `${type} ${content}`).join(", ")} at Cloudflare, and one A record is ` +
        "what both stacks know: delete the others there",
    );
  return first;
}

/** Words of `pulumi` that give the record to a stack; undefined where it has it. @throws Error where its state has no provider for it */
export function adoption(
  stack: string,
  state: Exported,
  zoneId: string,
  record: NameRecord,
): string[] | undefined {
  if (publicRecordIn(state) !== undefined) return undefined;
  const provider = (state.deployment.resources ?? []).find(({ type }) => type === providerType);
  if (provider?.parent === undefined)
    throw new Error(`the state of ${stack} has no provider for Cloudflare: pulumi up --stack ${stack}`);
  const resource = nameOf(provider.urn).replace(/-cloudflare$/, "-public-record");
  const place = { stack, type: recordType, resource, parent: provider.parent, provider: provider.urn };
  return [...importWords(place, `${zoneId}/${record.id}`), "--yes"];
}

/** Words of `pulumi` that make a stack forget it; undefined where it does not know it. */
export function forgetting(stack: string, state: Exported): string[] | undefined {
  const own = publicRecordIn(state);
  return own === undefined ? undefined : ["state", "delete", "--stack", stack, "--force", "--yes", own.urn];
}
