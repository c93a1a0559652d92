/** The Docker daemon's settings, as docker-settings wants them on its standard input. */
import type { Subnets } from "../../config/addresses";
import { overlap } from "../../config/cidr";
import { networkNames } from "../../config/services";
import { hardened, openFiles } from "../../config/container-shape";

/** The one directory of the daemon's socket that the filters of the Docker API mount; made by docker.socket. */
export const filterSocketDirectory = "/run/clawkeep-docker";

/**
 * Where Docker takes the networks from that nobody gives addresses to: its own default bridge and other people's. Its
 * own list begins with 172.17.0.0/16 and goes up to 172.31.0.0/16, which is Hetzner's gateway.
 */
const pools = ["172.20.0.0/16", "172.24.0.0/16", "192.168.0.0/16", "10.200.0.0/16"] as const;

/** The guide's daemon.json (lines 87-98), and address pools that keep clear of this stack's networks. */
export function dockerSettings(networks: Subnets) {
  const subnets = Object.values(networks);
  const pool = pools.find((candidate) => !subnets.some((subnet) => overlap(candidate, subnet)));
  if (pool === undefined) throw new Error("three networks cannot lie in four pools");
  return {
    settings: {
      "log-driver": hardened.logDriver,
      "log-opts": hardened.logOpts,
      "live-restore": true,
      "default-ulimits": { nofile: { Name: "nofile", Soft: openFiles, Hard: openFiles } },
      "default-address-pools": [{ base: pool, size: 24 }],
    },
    networks: subnets,
    // Whose subnets they are on the host.
    ours: Object.values(networkNames),
  };
}
