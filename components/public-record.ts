import * as cloudflare from "@pulumi/cloudflare";
import * as pulumi from "@pulumi/pulumi";
import { recordHook } from "./record-is-free";

export interface PublicRecordArgs {
  readonly apiToken: pulumi.Output<string> | undefined;
  /** Absent: Cloudflare's own. */
  readonly baseUrl: string | undefined;
  readonly zone: { readonly id: string; readonly name: string };
  readonly hostname: string;
  readonly ipv4: pulumi.Input<string>;
}

/** What reaches Cloudflare. A standby has it too: a record is taken over into a state that knows its provider. */
export function recordProvider(
  parent: pulumi.Resource,
  name: string,
  { apiToken, baseUrl }: Pick<PublicRecordArgs, "apiToken" | "baseUrl">,
): cloudflare.Provider {
  if (apiToken === undefined) throw new Error("cloudflare:apiToken has been checked by the configuration");
  return new cloudflare.Provider(
    `${name}-cloudflare`,
    { apiToken, ...(baseUrl === undefined ? {} : { baseUrl }) },
    { parent },
  );
}

/**
 * The public name. Only the active stack declares it. It is protected, so a destroyed stack keeps it and the next
 * `up` finds it; and a stack that forgets it never takes it from the one that has adopted it (retainOnDelete).
 */
export function publicRecord(
  parent: pulumi.Resource,
  name: string,
  provider: cloudflare.Provider,
  { apiToken, baseUrl, zone, hostname, ipv4 }: PublicRecordArgs,
): void {
  if (apiToken === undefined) throw new Error("cloudflare:apiToken has been checked by the configuration");
  const free = recordHook({
    ...{ token: apiToken, baseUrl, zoneId: zone.id, zoneName: zone.name, hostname },
    ...{ parent: name, provider: `${name}-cloudflare` },
  });
  new cloudflare.DnsRecord(
    `${name}-public-record`,
    {
      zoneId: zone.id,
      name: hostname,
      type: "A",
      content: ipv4,
      proxied: true,
      // Automatic, the only value a proxied record may have.
      ttl: 1,
      comment: "clawkeep: the active stack",
    },
    // Nothing that is removed by `destroy --exclude-protected` may be a dependency: it would be kept with the record.
    { parent, provider, protect: true, retainOnDelete: true, hooks: { beforeCreate: [free] } },
  );
}
