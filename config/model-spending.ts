/** The most that models can cost, whatever a gateway does: from the caps alone. */
import type { GatewaySettings } from "./gateway-schema";
import { periodSeconds, type ModelSettings } from "./model-schema";
import { sharesOf } from "./model-shares";

const thirtyDaysSeconds = 30 * 86_400;

/** US dollars, rounded up to the cent. */
export interface MostSpending {
  /** Of all gateways together, in 30 days that begin with a period. */
  readonly usdPer30Days: number;
  /** Gateway -> the same of it alone. */
  readonly ofGateways: Readonly<Record<string, number>>;
}

type Capped = Pick<ModelSettings, "budgetUsd" | "budgetPeriod">;
type Gateway = Capped & Pick<GatewaySettings, "name" | "models">;
type Model = Capped & Pick<ModelSettings, "name" | "shares">;

/** A period that has begun can be used up at once, so each that begins in the 30 days counts whole. */
const in30Days = ({ budgetUsd, budgetPeriod }: Capped): number =>
  budgetUsd * Math.ceil(thirtyDaysSeconds / periodSeconds(budgetPeriod));

/** Without the last digits, which are the arithmetic's. */
const cents = (usd: number): number => Math.ceil(Math.round(usd * 1e6) / 1e4) / 100;

/**
 * What a gateway's own cap and its shares of its models' caps leave it, whichever is less. A period begins with its first
 * spending: 30 days that begin in the middle of one can hold a part of one more.
 */
export function mostModelSpending(gateways: readonly Gateway[], models: readonly Model[]): MostSpending {
  const most = gateways.map((gateway) => {
    const ofModels = models.map((model) => (sharesOf(model, gateways)[gateway.name] ?? 0) * in30Days(model));
    return [
      gateway.name,
      Math.min(
        in30Days(gateway),
        ofModels.reduce((sum, one) => sum + one, 0),
      ),
    ] as const;
  });
  return {
    usdPer30Days: cents(most.reduce((sum, [, usd]) => sum + usd, 0)),
    ofGateways: Object.fromEntries(most.map(([name, usd]) => [name, cents(usd)])),
  };
}
