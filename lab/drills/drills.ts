/** Every drill there is. */
import { containerDrills } from "./controls/containers";
import { filterDrills } from "./controls/docker-filter";
import { gatewayDrills } from "./controls/gateway";
import { networkDrills } from "./controls/network";
import { relayDrills } from "./controls/relay";
import { runningDrills } from "./controls/running";
import { secretDrills } from "./controls/secrets";
import type { Drill } from "./drill";

export const drills: readonly Drill[] = [
  ...networkDrills,
  ...containerDrills,
  ...gatewayDrills,
  ...filterDrills,
  ...relayDrills,
  ...secretDrills,
  ...runningDrills,
];
