/**
 * Tiers: how much of a host each container may use. One table; the memory budget is computed from it and
 * refused when it does not fit the host.
 *
 * Numbers of the guide's Starter tier stand as they are (gateway 2 CPU 4 GiB with 2 GiB reserved, LiteLLM
 * 1 CPU 1 GiB, egress and socket proxy 0.25 CPU 128 MiB, three sandboxes of 512 MiB and 0.5 CPU). The guide
 * gives none for Caddy, Redis and the relay: theirs are about twice what they were measured to use.
 */

/** Limits of one container. */
export interface Limits {
  /** Hard memory limit in MiB. */
  readonly memoryMiB: number;
  /** Memory in MiB that the kernel tries to leave the container under pressure; absent: none. */
  readonly memoryReservationMiB?: number;
  /** CPUs, fractions allowed. */
  readonly cpus: number;
  /** Processes and threads. */
  readonly pids: number;
}

/** Limits of the sandboxes of one gateway. */
export interface SandboxLimits extends Limits {
  /** Sandboxes that may exist at the same time. */
  readonly count: number;
}

export interface Tier {
  readonly services: Readonly<Record<Service, Limits>>;
  readonly sandbox: SandboxLimits;
  /** Memory in MiB left for the operating system and the Docker daemon. */
  readonly systemReserveMiB: number;
}

/** The parts that run as containers; each is one row of a tier. */
export type Service =
  "gateway" | "socketProxy" | "litellm" | "redis" | "egressProxy" | "relay" | "reverseProxy";

/** Containers that exist once for each gateway; all others exist once a stack. */
export const perGatewayServices: readonly Service[] = ["gateway", "socketProxy"];

export const tiers = {
  starter: {
    services: {
      gateway: { memoryMiB: 4096, memoryReservationMiB: 2048, cpus: 2.0, pids: 512 },
      socketProxy: { memoryMiB: 128, cpus: 0.25, pids: 64 },
      litellm: { memoryMiB: 1024, cpus: 1.0, pids: 256 },
      redis: { memoryMiB: 64, cpus: 0.25, pids: 32 },
      egressProxy: { memoryMiB: 128, cpus: 0.25, pids: 64 },
      relay: { memoryMiB: 96, cpus: 0.25, pids: 64 },
      reverseProxy: { memoryMiB: 128, cpus: 0.5, pids: 128 },
    },
    sandbox: { memoryMiB: 512, cpus: 0.5, pids: 256, count: 3 },
    systemReserveMiB: 768,
  },
} as const satisfies Record<string, Tier>;

export type TierName = keyof typeof tiers;

/** One line of the budget: what it is for and how much it takes. */
export interface BudgetLine {
  readonly part: string;
  readonly memoryMiB: number;
}

/**
 * Every container, every sandbox and the system reserve, at their limits at the same time.
 * @param gatewayCount gateways in the stack
 */
export function memoryBudget(tier: Tier, gatewayCount: number): { lines: BudgetLine[]; totalMiB: number } {
  const lines: BudgetLine[] = (Object.keys(tier.services) as Service[]).map((service) => ({
    part: service,
    memoryMiB: tier.services[service].memoryMiB * (perGatewayServices.includes(service) ? gatewayCount : 1),
  }));
  lines.push({ part: "sandboxes", memoryMiB: tier.sandbox.memoryMiB * tier.sandbox.count * gatewayCount });
  lines.push({ part: "system", memoryMiB: tier.systemReserveMiB });
  return { lines, totalMiB: lines.reduce((sum, line) => sum + line.memoryMiB, 0) };
}
