import { addresses, network } from "../internet/addresses";
import { docker, inspect, labLabel } from "./docker";
import { attempt } from "./exec";

/**
 * The bridge that carries the small internet; made when it is not there. With IPv6 where the engine can.
 * @returns whether it carries IPv6
 */
export async function ensureNetwork(): Promise<{ readonly ipv6: boolean }> {
  const existing = await ipv6Enabled();
  if (existing !== undefined) return { ipv6: existing };
  const base = [
    ...["network", "create", "--driver", "bridge", "--internal", "--label", labLabel],
    ...["--opt", "com.docker.network.bridge.name=clawkeep0"],
    ...["--subnet", network.subnet4, "--gateway", addresses.admin, "--ip-range", network.dynamicRange4],
  ];
  const six = ["--ipv6", "--subnet", network.subnet6, "--gateway", network.gateway6];
  if ((await attempt("docker", [...base, ...six, network.name])).code === 0) return { ipv6: true };
  // Somebody else may have been quicker; else the engine refuses IPv6.
  const made = await ipv6Enabled();
  if (made !== undefined) return { ipv6: made };
  await docker([...base, network.name]);
  return { ipv6: false };
}

async function ipv6Enabled(): Promise<boolean | undefined> {
  const answer = await inspect("network", network.name, "{{.EnableIPv6}}");
  return answer === undefined ? undefined : answer === "true";
}
