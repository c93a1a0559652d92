/**
 * A second socket of the same filter, by which root proves that a gateway's tools work (gateway-prove-sandbox): the same
 * rules, with counters of its own, so that nothing that the gateway has used up is in the way. It lies beside the gateway's
 * socket, where the gateway sees it and may not connect: it is of the sandboxes' group, which the gateway is not in.
 */
import { dirname, join } from "node:path";
import type { FilterConfiguration } from "./configuration";

/** The same filter as seen by that socket. One sandbox more than the gateway may have: it may have all of its own. */
export function proofConfiguration(configuration: FilterConfiguration): FilterConfiguration {
  const { listen, limits } = configuration;
  return {
    ...configuration,
    listen: join(dirname(listen), "proof.sock"),
    limits: { ...limits, sandboxes: limits.sandboxes + 1 },
  };
}
