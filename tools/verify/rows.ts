/** Every row that a stack of this configuration has to answer. */
import { providerOf } from "../../config/providers";
import { backupRows } from "./backups";
import { channelRows } from "./channels";
import { containerRows, containersIn, standbyRows } from "./containers";
import { dockerRows } from "./docker";
import { followRows } from "./follow";
import { gatewayRows } from "./gateway";
import { activeRecordRows, hostRows } from "./host";
import { accessRows, egressRows, firewallRows, modelRows } from "./network";
import { nameRows } from "./name";
import type { Row } from "./row";
import type { DeployedStack } from "./deployed-stack";

export function rowsOf(deployed: DeployedStack): Row[] {
  if (deployed.settings.role === "standby")
    return [
      ...standbyRows(deployed),
      ...followRows(deployed),
      ...firewallRows(deployed),
      ...activeRecordRows(deployed.settings),
    ];
  const hosts = [...new Set(deployed.settings.models.map(({ provider }) => providerOf(provider).host))];
  return [
    ...containerRows(containersIn(deployed)),
    ...dockerRows(containersIn(deployed)),
    ...gatewayRows(deployed),
    ...channelRows(deployed),
    ...modelRows(deployed),
    ...egressRows(deployed, hosts),
    ...accessRows(deployed),
    ...nameRows(deployed),
    ...firewallRows(deployed),
    ...hostRows(deployed),
    ...backupRows(deployed),
  ];
}
