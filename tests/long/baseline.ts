/** What the program does to a host before anything else stands on it, command by command, as the program says it. */
import { existing, rawConfiguration } from "../fixtures/stack-configuration";
import { commands, opened, programRun, recordGraphs } from "../components/graph";

export interface HostCommand {
  /** Without the stack's prefix: `prepared`, `firewall-applied` and so on. */
  readonly name: string;
  readonly command: string;
  readonly input: string;
}

/**
 * The commands of the host's own component on a host that is there already, in an order that fulfils their dependencies.
 * @param adminCidr who may use SSH
 * @param totalMiB memory that the host is asked for, instead of what a tier's containers need
 */
export function hostBaseline(adminCidr: string, totalMiB: number): HostCommand[] {
  const host = existing.settings["clawkeep:host"] as object;
  const raw = rawConfiguration(existing, { "clawkeep:host": { ...host, adminCidrs: [adminCidr] } });
  const { graph } = recordGraphs({ graph: programRun(raw) });
  return commands(graph)
    .filter(({ name }) => name.startsWith("host-"))
    .map((recorded) => {
      const { create, stdin = "" } = opened(recorded.inputs) as { create: string; stdin?: string };
      const name = recorded.name.slice("host-".length);
      const command = name === "prepared" ? create.replace(/ \d+ (\d+)$/, ` ${totalMiB} $1`) : create;
      return { name, command, input: stdin };
    });
}
