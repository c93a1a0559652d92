/** How the host is shared out, as host-shares wants it on its standard input. */
import { gatewaySlice } from "../../config/cgroups";
import { containersOf } from "../../config/containers";
import type { Settings } from "../../config/schema";
import { isOfGateway } from "../../config/services";
import { hostServiceLimits, type Tier } from "../../config/tiers";

export function hostShares(tier: Tier, { host, gateways }: Pick<Settings, "host" | "gateways">) {
  const containers = containersOf(gateways);
  return {
    cgroupDriver: host.cgroupDriver,
    services: hostServiceLimits(tier, gateways.length),
    gateways: Object.fromEntries(
      gateways.map(({ name }, gateway) => [
        name,
        {
          slice: gatewaySlice(name),
          containers: containers
            .filter(({ row, index }) => isOfGateway(row) && index === gateway)
            .map((container) => container.name),
        },
      ]),
    ),
  };
}
