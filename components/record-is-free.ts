import * as pulumi from "@pulumi/pulumi";
import { zoneProblem } from "../config/cloudflare-zone";
import { cloudflareApi, inTheWay, recordsOfName } from "../config/dns-records";
import { importPlace, type Belonging } from "../config/import-command";
import { CloudQuestions } from "./cloud-questions";

export interface RecordIsFreeArgs extends Belonging {
  readonly token: pulumi.Output<string>;
  /** Absent: Cloudflare's own. */
  readonly baseUrl: string | undefined;
  readonly zoneId: string;
  /** Absent: nobody looks whether the id is that of this zone. */
  readonly zoneName?: string;
  readonly hostname: string;
}

/**
 * Asked before a stack makes its public record, because a second one of the name is no error at Cloudflare: both are
 * served, in turns.
 */
export function recordIsFree(args: RecordIsFreeArgs, urn: string, preview: boolean): Promise<void> {
  const { hostname, zoneId, zoneName, baseUrl = cloudflareApi } = args;
  const place = importPlace(urn, args);
  const about = `whether ${hostname} has a DNS record already`;
  return new CloudQuestions({ token: args.token, preview, about }).refuse(async (token) => {
    const zone = zoneName === undefined ? undefined : { id: zoneId, name: zoneName };
    const astray =
      zone && (await zoneProblem({ token, baseUrl }, { stack: place.stack, zone, hostname, active: true }));
    if (astray !== undefined) return [astray];
    const found = await recordsOfName({ token, baseUrl }, zoneId, hostname);
    const problem = inTheWay(hostname, found, place, zoneId);
    return problem === undefined ? [] : [problem];
  });
}

export function recordHook(args: RecordIsFreeArgs): pulumi.ResourceHook {
  const preview = pulumi.runtime.isDryRun();
  return new pulumi.ResourceHook(
    "the public name has no record yet",
    ({ urn }) => recordIsFree(args, urn, preview),
    { onDryRun: true },
  );
}
