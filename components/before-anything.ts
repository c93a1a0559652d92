import * as pulumi from "@pulumi/pulumi";
import { cloudflareApi } from "../config/dns-records";
import { hetznerApi } from "../config/hetzner-api";
import type { Configuration } from "../config/load";
import { elsewhereProblem } from "../config/stack-elsewhere";
import { CloudQuestions } from "./cloud-questions";
import { zoneHook } from "./zone-is-ready";

/** A host key that is not there by then is being made. */
const hostKeySeconds = 5;

/**
 * What has to be right before a stack orders anything at Hetzner, beside what the project there says.
 *
 * @param hostKey the stack's own, once it is known
 */
export function beforeAnything(
  { settings, stack, hcloud, cloudflare }: Configuration,
  hostKey: () => pulumi.Output<string>,
): pulumi.ResourceHook[] {
  const { zone, hostname, host, role } = settings;
  const { apiToken, baseUrl = cloudflareApi } = cloudflare;
  if (apiToken === undefined || hcloud.token === undefined)
    throw new Error("the clouds' tokens have been checked by the configuration");
  const known = (): Promise<string | undefined> =>
    new Promise((resolve) => {
      // Nobody tells of a value that a preview does not know.
      const late = setTimeout(() => resolve(undefined), hostKeySeconds * 1000);
      hostKey().apply((line) => {
        clearTimeout(late);
        resolve(line);
      });
    });
  const questions = new CloudQuestions({
    ...{ token: hcloud.token, preview: pulumi.runtime.isDryRun() },
    about: `whether ${stack} serves in another project at Hetzner`,
  });
  const elsewhere = new pulumi.ResourceHook(
    "the stack is in no other project",
    () =>
      questions.refuse(async (token) => {
        const cloudflareToken = await new Promise<string>((resolve) => apiToken.apply(resolve));
        const clouds = {
          hetzner: { token, endpoint: hcloud.endpoint ?? hetznerApi },
          cloudflare: { token: cloudflareToken, baseUrl },
        };
        const at = { stack, zoneId: zone.id, hostname, sshPort: host.sshPort, hostKey: known };
        const problem = await elsewhereProblem(clouds, at);
        return problem === undefined ? [] : [problem];
      }),
    { onDryRun: true },
  );
  return [
    zoneHook({
      ...{ token: apiToken, baseUrl: cloudflare.baseUrl, stack, zone, hostname },
      active: role === "active",
    }),
    elsewhere,
  ];
}
