import type * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import type { Configuration } from "../config/load";
import { repositoryOf } from "../config/repository";
import { backupPorts } from "../config-files/backups/egress";
import { firewallRuleset } from "../config-files/host/firewall";
import { firewallUnitFiles, firewallUnitPaths } from "../config-files/host/tools";
import { toolDirectory, unitDirectory } from "./host";

/** Runs a command on the host before it counts as ready. */
export type FirstCommand = (
  suffix: string,
  args: Pick<command.remote.CommandArgs, "create" | "delete" | "stdin" | "triggers">,
  after: pulumi.Resource[],
  hooks?: pulumi.ResourceHookBinding,
) => command.remote.Command;

/**
 * The host's own firewall, behind the provider's where there is one. It takes itself back after a minute unless the
 * next command, over a connection of its own, has come through it.
 */
export function hostFirewall(
  { settings, addresses }: Configuration,
  first: FirstCommand,
  after: pulumi.Resource[],
  installUnits: string,
) {
  const { adminCidrs, sshPort } = settings.host;
  const stdin = firewallRuleset({
    ...{ sshPort, adminCidrs, subnets: settings.networks, addresses },
    outwardPorts: backupPorts(repositoryOf(settings)),
  });
  const units = first(
    "firewall-units",
    {
      create: installUnits,
      delete: `cd ${unitDirectory} && rm -f ${firewallUnitPaths.join(" ")} && systemctl daemon-reload`,
      stdin: firewallUnitFiles(),
    },
    after,
  );
  const tool = `${toolDirectory}/apply-firewall`;
  const applied = first("firewall-applied", { create: `${tool} apply`, delete: `${tool} remove`, stdin }, [
    units,
  ]);
  // Whenever the one is made anew, by --replace too, the other has to follow, or the firewall takes itself back.
  return first("firewall-confirmed", { create: `${tool} confirm`, stdin, triggers: [applied.id] }, [applied]);
}
