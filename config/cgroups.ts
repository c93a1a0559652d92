/**
 * Where a gateway's containers lie in the host's tree of control groups. All that runs for one gateway is below one group,
 * so that the kernel shares the CPUs out among gateways: three sandboxes are not three more shares.
 */
import { isOfGateway, type ServiceRow } from "./services";

/** Who makes the groups: `docker info --format '{{.CgroupDriver}}'`. */
export const cgroupDrivers = ["systemd", "cgroupfs"] as const;
export type CgroupDriver = (typeof cgroupDrivers)[number];

/** The group that all gateways lie below: together they are one share beside the host's services. */
export const gatewaysSlice = "openclaw.slice";

/**
 * A dash in a slice's name means "below": `openclaw-a-b.slice` would lie in `openclaw-a.slice`, in another gateway's share.
 * No gateway's name has an underscore, so no two get the same slice.
 */
export const gatewaySlice = (gateway: string): string => `openclaw-${gateway.replaceAll("-", "_")}.slice`;

/**
 * Docker's `--cgroup-parent`. For the driver systemd it is the name of a slice; for cgroupfs a path, the one that systemd would
 * give the slice: a relative one would lie below containerd's own group, and its limits.
 */
export const gatewayCgroup = (gateway: string, driver: CgroupDriver): string =>
  driver === "systemd" ? gatewaySlice(gateway) : `/${gatewaysSlice}/${gatewaySlice(gateway)}`;

/** The same of any container; empty for one that is there once, which stays where Docker puts it. */
export const cgroupParentOf = (row: ServiceRow, gateway: string, driver: CgroupDriver): string =>
  isOfGateway(row) ? gatewayCgroup(gateway, driver) : "";
