/** Each gateway has a control group of its own, beside every other gateway's. */
import fc from "fast-check";
import { cgroupDrivers, cgroupParentOf, gatewayCgroup, gatewaySlice } from "../../config/cgroups";
import { services } from "../../config/services";
import { gateway } from "../../config/gateway-schema";
import { hostServiceLimits, hostServices, tiers } from "../../config/tiers";

const names = fc
  .stringMatching(/^[a-z][a-z0-9-]{1,30}[a-z0-9]$/)
  .filter((name) => gateway.shape.name.safeParse(name).success);

it("no two gateways share one, and none lies below another's", () => {
  fc.assert(
    fc.property(names, names, (one, other) => {
      expect(gatewaySlice(one) === gatewaySlice(other)).toBe(one === other);
      // systemd reads a slice's place from the dashes in its name: openclaw.slice, then its own.
      expect(gatewaySlice(one).split("-")).toHaveLength(2);
    }),
  );
});

it("both drivers put it at the same place, and systemd gets a slice's name", () => {
  expect(gatewayCgroup("home-office", "systemd")).toBe("openclaw-home_office.slice");
  expect(gatewayCgroup("home-office", "cgroupfs")).toBe("/openclaw.slice/openclaw-home_office.slice");
});

it.each(cgroupDrivers)("by %s, services that are there once stay in Docker's own", (driver) => {
  for (const row of [services.litellm, services.redis, services.egressProxy, services.relay])
    expect(cgroupParentOf(row, "", driver)).toBe("");
  for (const row of [services.gateway, services.socketProxy])
    expect(cgroupParentOf(row, "openclaw", driver)).toBe(gatewayCgroup("openclaw", driver));
});

describe.each(Object.entries(tiers))("the host's services in the tier %s", (_, tier) => {
  it.each([1, 2, 3, 4])("leave the operating system its part with %i gateways", (gateways) => {
    const limits = hostServiceLimits(tier, gateways);
    const memory = hostServices.reduce((sum, name) => sum + limits[name].memoryMiB, 0);
    expect(tier.systemReserveMiB - memory).toBeGreaterThanOrEqual(128);
  });

  it("weigh together no more than one other service", () => {
    const limits = hostServiceLimits(tier, 4);
    expect(hostServices.reduce((sum, name) => sum + limits[name].cpuWeight, 0)).toBeLessThanOrEqual(100);
  });

  it("have room for what was measured of each container: a shim of 5 MiB and 12 threads", () => {
    for (const gateways of [1, 4]) {
      const { memoryMiB, tasks } = hostServiceLimits(tier, gateways)["containerd.service"];
      const containers = 5 + gateways * (2 + tier.sandbox.count);
      expect(memoryMiB).toBeGreaterThan(87 + 5 * containers);
      expect(tasks).toBeGreaterThan(2 * 12 * containers);
    }
  });
});
