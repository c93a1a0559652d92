/** Commands on a stand-in and in its containers, not by way of its sshd. */
import { run } from "../../../lab/lib/exec";

export interface Machine {
  /** Runs a command line as root on the host. @param input for its standard input */
  readonly inside: (command: string, input?: string, timeoutSeconds?: number) => Promise<string>;
  /** Words of docker in front of a command that runs in a gateway's container. */
  readonly inContainer: (gateway: string) => string[];
  /** Runs a Node program in a gateway's container. @param args its last arguments */
  readonly nodeIn: (gateway: string, program: string, args?: readonly string[]) => Promise<string>;
}

/** @param container the stand-in's, at the outer engine */
export function machineOf(container: string): Machine {
  const inContainer = (gateway: string): string[] => [
    ...["exec", "-i", container, "docker", "exec", "-i"],
    gateway,
  ];
  return {
    inContainer,
    inside: (command, input = "", timeoutSeconds = 120) =>
      run("docker", ["exec", "-i", container, "bash", "-ec", command], { input, timeoutSeconds }),
    nodeIn: (gateway, program, args = []) =>
      run("docker", [...inContainer(gateway), "node", "--input-type=module", "-", ...args], {
        input: program,
        timeoutSeconds: 120,
      }),
  };
}

/**
 * What would change if a container or a service of the host were started anew.
 * @param without the gateway that may
 * @param units of systemd to look at
 */
export async function whatRuns(
  { inside }: Machine,
  without: string,
  units: readonly string[],
): Promise<string[]> {
  const format = "{{.Name}} {{.Id}} since {{.State.StartedAt}} restarts {{.RestartCount}}";
  // Its own, its filter, its sandboxes.
  const own = `^/${without}( |-docker-proxy |[.])`;
  const said = await inside(
    `docker ps --quiet --no-trunc | xargs docker inspect --format '${format}' | grep -vE '${own}' | sort
for unit in ${units.join(" ")}; do echo "$unit $(systemctl show --property=MainPID,NRestarts,ActiveEnterTimestampMonotonic $unit | paste -sd ' ')"; done`,
  );
  return said.trim().split("\n");
}
