/** Every row that a stack of this configuration has to answer. */
import { providerOf } from "../../config/providers";
import { backupRows } from "./backups";
import { containerRows, containersIn, standbyRows } from "./containers";
import { dockerRows } from "./docker";
import { gatewayRows } from "./gateway";
import { hostRows } from "./host";
import { accessRows, egressRows, firewallRows, modelRows } from "./network";
import { nameRows } from "./name";
import type { Row } from "./row";
import type { World } from "./world";

export function rowsOf(world: World): Row[] {
  if (world.settings.role === "standby") return [...standbyRows(world), ...firewallRows(world)];
  const hosts = [...new Set(world.settings.models.map(({ provider }) => providerOf(provider).host))];
  return [
    ...containerRows(containersIn(world)),
    ...dockerRows(containersIn(world)),
    ...gatewayRows(world),
    ...modelRows(world),
    ...egressRows(world, hosts),
    ...accessRows(world),
    ...nameRows(world),
    ...firewallRows(world),
    ...hostRows(world),
    ...backupRows(world),
  ];
}
