/** Every control that is taken away. */
import { backupControls } from "./tables/backups";
import { cloudControls, standInControls } from "./tables/clouds";
import { containerControls } from "./tables/containers";
import { existingHostControls } from "./tables/existing-host";
import { filterControls } from "./tables/docker-filter";
import { gatewayControls } from "./tables/gateway";
import { failoverControls } from "./tables/failover";
import { hetznerControls } from "./tables/hetzner";
import { hostControls } from "./tables/host";
import { hostScriptControls } from "./tables/host-scripts";
import { connectionControls } from "./tables/litellm-connections";
import { gateControls } from "./tables/litellm-gate";
import { networkControls } from "./tables/network";
import { powerCutControls } from "./tables/power-cut";
import { relayControls } from "./tables/relay";
import { alertControls, edgeControls, litellmControls } from "./tables/running";
import { secretControls } from "./tables/secrets";
import { sshControls } from "./tables/ssh";
import type { Control } from "./control";

export const allControls: readonly Control[] = [
  ...networkControls,
  ...containerControls,
  ...gatewayControls,
  ...filterControls,
  ...hetznerControls,
  ...cloudControls,
  ...standInControls,
  ...failoverControls,
  ...hostControls,
  ...existingHostControls,
  ...hostScriptControls,
  ...powerCutControls,
  ...relayControls,
  ...secretControls,
  ...sshControls,
  ...litellmControls,
  ...gateControls,
  ...connectionControls,
  ...alertControls,
  ...edgeControls,
  ...backupControls,
];
