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

export interface Tier {
  readonly services: Readonly<Record<Service, Limits>>;
  readonly sandbox: SandboxLimits;
  /** Memory in MiB left for the operating system and the Docker daemon. */
  readonly systemReserveMiB: number;
}

/** What is not a container of the stack's own; the guide's Starter tier has three sandboxes of 512 MiB and 0.5 CPU. */
const beside: Readonly<Record<TierName, Omit<Tier, "services">>> = {
  starter: {
    sandbox: { memoryMiB: 512, cpus: 0.5, pids: 256, count: 3 },
    systemReserveMiB: 768,
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
