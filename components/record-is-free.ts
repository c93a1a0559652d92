import * as pulumi from "@pulumi/pulumi";
import { cloudflareApi, CloudflareRefuses, inTheWay, recordsOfName } from "../config/dns-records";
import { importPlace, type Belonging } from "../config/import-command";

export interface RecordIsFreeArgs extends Belonging {
  readonly token: pulumi.Output<string>;
  /** Absent: Cloudflare's own. */
  readonly baseUrl: string | undefined;
  readonly zoneId: string;
  readonly hostname: string;
}

/**
 * Asked before a stack makes its public record, because a second one of the name is no error at Cloudflare: both are
 * served, in turns. In a preview it only says what would be refused, for nothing is known to be wrong with a preview. Where
 * Cloudflare cannot be asked it lets by: the provider asks for longer, and says how that ends.
 */
export async function recordIsFree(args: RecordIsFreeArgs, urn: string, preview: boolean): Promise<void> {
  const token = await new Promise<string>((resolve) => args.token.apply(resolve));
  const api = { token, baseUrl: args.baseUrl ?? cloudflareApi };
  let problem: string | undefined;
  try {
    const found = await recordsOfName(api, args.zoneId, args.hostname);
    problem = inTheWay(args.hostname, found, importPlace(urn, args), args.zoneId);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    if (error instanceof CloudflareRefuses) problem = said;
    else {
      await pulumi.log.warn(`nobody has looked whether ${args.hostname} has a DNS record already: ${said}`);
      return;
    }
  }
  if (problem === undefined) return;
  if (!preview) throw new Error(problem);
  await pulumi.log.warn(`pulumi up will be refused: ${problem}`);
}

export function recordHook(args: RecordIsFreeArgs): pulumi.ResourceHook {
  const preview = pulumi.runtime.isDryRun();
  return new pulumi.ResourceHook(
    "the public name has no record yet",
    ({ urn }) => recordIsFree(args, urn, preview),
    { onDryRun: true },
  );
}
