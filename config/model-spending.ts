/** The most that models can cost, whatever a gateway does: from the caps alone. */
import type { GatewaySettings } from "./gateway-schema";
import { periodSeconds, type ModelSettings } from "./model-schema";
import { sharesOf } from "./model-shares";

const thirtyDaysSeconds = 30 * 86_400;

/** US dollars, rounded up to the cent. */
export interface MostSpending {
  /** Of all gateways together, in any 30 days, wherever in a period they begin and end. */
  readonly usdPer30Days: number;
  /** Gateway -> the same of it alone. */
  readonly ofGateways: Readonly<Record<string, number>>;
}

type Capped = Pick<ModelSettings, "budgetUsd" | "budgetPeriod">;
type Gateway = Capped & Pick<GatewaySettings, "name" | "models">;
type Model = Capped & Pick<ModelSettings, "name" | "shares">;

/**
 * Periods of a cap that any 30 days can have a part of, at most. A period begins with its first spending and can be used up at
 * once, at its very end too: so the one that the 30 days begin in counts whole, beside those that begin in them.
 */
const inAny30Days = (period: string): number => Math.ceil(thirtyDaysSeconds / periodSeconds(period)) + 1;

/** Without the last digits, which are the arithmetic's. */
const cents = (usd: number): number => Math.ceil(Math.round(usd * 1e6) / 1e4) / 100;

/**
 * What a gateway's own cap and its shares of its models' caps leave it, whichever is less. A call counts when it is booked,
 * before it leaves: a provider can bill it some minutes later.
 *
 * @param periodsOf how many periods of a cap count; those of any 30 days if it is not said
 */
export function mostModelSpending(
  gateways: readonly Gateway[],
  models: readonly Model[],
  periodsOf: (period: string) => number = inAny30Days,
): MostSpending {
  const usd = ({ budgetUsd, budgetPeriod }: Capped): number => budgetUsd * periodsOf(budgetPeriod);
  const most = gateways.map((gateway) => {
    const ofModels = models.map((model) => (sharesOf(model, gateways)[gateway.name] ?? 0) * usd(model));
    return [
      gateway.name,
      Math.min(
        usd(gateway),
        ofModels.reduce((sum, one) => sum + one, 0),
      ),
    ] as const;
  });
  return {
    usdPer30Days: cents(most.reduce((sum, [, dollars]) => sum + dollars, 0)),
    ofGateways: Object.fromEntries(most.map(([name, dollars]) => [name, cents(dollars)])),
  };
}
