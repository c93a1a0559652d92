import * as pulumi from "@pulumi/pulumi";
import { nameProblem, type ZoneOfStack } from "../config/cloudflare-zone";
import { cloudflareApi } from "../config/dns-records";
import { CloudQuestions } from "./cloud-questions";

export interface ZoneIsReadyArgs extends ZoneOfStack {
  readonly token: pulumi.Output<string>;
  /** Absent: Cloudflare's own. */
  readonly baseUrl: string | undefined;
}

/** Asked before a stack buys what its public record is to point at. */
export function zoneIsReady(args: ZoneIsReadyArgs, preview: boolean): Promise<void> {
  const { token, baseUrl = cloudflareApi, hostname } = args;
  const about = `whether ${hostname} can be made at Cloudflare`;
  return new CloudQuestions({ token, preview, about }).refuse(async (plain) => {
    const problem = await nameProblem({ token: plain, baseUrl }, args);
    return problem === undefined ? [] : [problem];
  });
}

export function zoneHook(args: ZoneIsReadyArgs): pulumi.ResourceHook {
  const preview = pulumi.runtime.isDryRun();
  return new pulumi.ResourceHook("the zone at Cloudflare is ready", () => zoneIsReady(args, preview), {
    onDryRun: true,
  });
}
