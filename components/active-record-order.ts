import * as pulumi from "@pulumi/pulumi";
import { cloudflareApi } from "../config/dns-records";
import type { Configuration } from "../config/load";
import { readTokenKey } from "../config/secrets";
import { scriptRevision } from "../config-files/host/tools";

/** What a host is told of the record that says which stack is the active one; undefined where its stack has no other. */
export function activeRecordOrder({
  stack,
  settings,
  cloudflare,
  secret,
}: Configuration): pulumi.Output<string> | undefined {
  if (settings.pairedStack === undefined) return undefined;
  const order = {
    api: (cloudflare.baseUrl ?? cloudflareApi).replace(/\/$/, ""),
    zone: settings.zone.id,
    hostname: settings.hostname,
    stack,
    authorities: settings.extraCaCertificates ?? "",
    ...(settings.leaseSeconds === undefined ? {} : { lease: settings.leaseSeconds }),
  };
  // The lease's guard is started anew where it has changed.
  const scripts = ["active-record", ...(settings.leaseSeconds === undefined ? [] : ["gateway-lease"])];
  const revision = scripts.map(scriptRevision).join(" ");
  return pulumi.secret(
    secret(readTokenKey).apply((token) => `${JSON.stringify({ ...order, token })}\n${revision}\n`),
  );
}
