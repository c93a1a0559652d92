/**
 * Tiers: how much of a host a stack may use, the containers by their rows of the services. The memory budget is computed
 * from it and refused when it does not fit the host.
 */
import {
  isOfGateway,
  rowOf,
  services,
  tierNames,
  type Limits,
  type Service,
  type Services,
  type TierName,
} from "./services";

/** Limits of the sandboxes of one gateway. */
export interface SandboxLimits extends Limits {
  /** Sandboxes that may exist at the same time. */
  readonly count: number;
}

/** Services of the host that work for containers; what a gateway makes them do is in no container's limits. */
export const hostServices = ["docker.service", "containerd.service"] as const;
export type HostService = (typeof hostServices)[number];

/** Limits of one of them. */
export interface HostServiceLimits {
  /** Memory in MiB past which it is ended, and started again by systemd. Containers outlive that. */
  readonly memoryMiB: number;
  /** Processes and threads. */
  readonly tasks: number;
  /** Share of the CPUs beside the host's other services, which have 100 each. Unused, it is anybody's. */
  readonly cpuWeight: number;
}

export interface Tier {
  readonly services: Readonly<Record<Service, Limits>>;
  readonly sandbox: SandboxLimits;
  /** Memory in MiB left for the operating system and the Docker daemon. */
  readonly systemReserveMiB: number;
  /** Limits with no gateway, and what each gateway adds. */
  readonly hostServices: Readonly<
    Record<HostService, HostServiceLimits & { readonly perGateway: Omit<HostServiceLimits, "cpuWeight"> }>
  >;
}

/**
 * What is not a container of the stack's own; the guide's Starter tier has three sandboxes of 512 MiB and 0.5 CPU.
 *
 * The daemon was seen to use 50 MiB and 22 threads, and 137 MiB at the most while it pulled and built a whole stack's
 * images. containerd: 87 MiB at the most; each container has a shim of 5 MiB and 12 threads, which counts there, and
 * so does runc, while it starts something. The limits are about twice that, so that what is legal never meets them,
 * and together leave the operating system 128 MiB of the reserve with four gateways. Half a service's weight each: both
 * together are one share beside sshd, the healers, LiteLLM and Caddy.
 */
const beside: Readonly<Record<TierName, Omit<Tier, "services">>> = {
  starter: {
    sandbox: { memoryMiB: 512, cpus: 0.5, pids: 256, count: 3 },
    systemReserveMiB: 768,
    hostServices: {
      "docker.service": {
        ...{ memoryMiB: 320, tasks: 512, cpuWeight: 50 },
        perGateway: { memoryMiB: 0, tasks: 64 },
      },
      "containerd.service": {
        ...{ memoryMiB: 192, tasks: 512, cpuWeight: 50 },
        perGateway: { memoryMiB: 32, tasks: 256 },
      },
    },
  },
};

export const tierOf = (name: TierName, table: Services = services): Tier => ({
  ...beside[name],
  services: Object.fromEntries(
    Object.entries(table).map(([service, { limits }]) => [service, limits[name]]),
  ) as Tier["services"],
});

export const tiers = Object.fromEntries(tierNames.map((name) => [name, tierOf(name)])) as Readonly<
  Record<TierName, Tier>
>;

/** Limits of the host's services with that many gateways. */
export const hostServiceLimits = (tier: Tier, gatewayCount: number): Record<HostService, HostServiceLimits> =>
  Object.fromEntries(
    hostServices.map((name) => {
      const { perGateway, cpuWeight, memoryMiB, tasks } = tier.hostServices[name];
      const limits: HostServiceLimits = {
        memoryMiB: memoryMiB + gatewayCount * perGateway.memoryMiB,
        tasks: tasks + gatewayCount * perGateway.tasks,
        cpuWeight,
      };
      return [name, limits];
    }),
  ) as Record<HostService, HostServiceLimits>;

/** One line of the budget: what it is for and how much it takes. */
export interface BudgetLine {
  readonly part: string;
  readonly memoryMiB: number;
}

/**
 * Every container, every sandbox and the system reserve, at their limits at the same time.
 * @param gatewayCount gateways in the stack
 */
export function memoryBudget(
  tier: Tier,
  gatewayCount: number,
  table: Services = services,
): { lines: BudgetLine[]; totalMiB: number } {
  const lines: BudgetLine[] = Object.entries(tier.services).map(([part, { memoryMiB }]) => ({
    part,
    memoryMiB: memoryMiB * (isOfGateway(rowOf(table, part)) ? gatewayCount : 1),
  }));
  lines.push({ part: "sandboxes", memoryMiB: tier.sandbox.memoryMiB * tier.sandbox.count * gatewayCount });
  lines.push({ part: "system", memoryMiB: tier.systemReserveMiB });
  return { lines, totalMiB: lines.reduce((sum, line) => sum + line.memoryMiB, 0) };
}
