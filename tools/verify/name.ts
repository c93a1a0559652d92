/** The row about the public name's records at Cloudflare. */
import { inWords, recordsOfName } from "../../config/dns-records";
import type { Row } from "./row";
import type { DeployedStack } from "./deployed-stack";

/** The provider looks at its own record alone, and Cloudflare takes a second one without a word. */
export function nameRows({ settings: { hostname, zone }, cloudflare }: DeployedStack): Row[] {
  if (cloudflare === undefined) return [];
  const name = "the public name has one record: this host, behind Cloudflare";
  return [
    {
      name,
      group: "access",
      look: async ({ ipv4 }) => {
        const found = (await recordsOfName(cloudflare, zone.id, hostname)).map(inWords);
        const wanted = inWords({ id: "", type: "A", content: ipv4, proxied: true });
        if (found.length === 1 && found[0] === wanted) return wanted;
        throw new Error(
          `Cloudflare has ${found.join(", ") || "none"} for ${hostname}, not ${wanted} alone: docs/operating.md, ` +
            "A DNS record that is there already",
        );
      },
    },
  ];
}
