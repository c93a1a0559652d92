/** Each gateway's share of what a model may cost, and of how often it may be asked. */
import type { GatewaySettings } from "./gateway-schema";
import type { ModelSettings } from "./model-schema";
import type { Usable } from "./schema";

type Gateways = readonly (Usable<Pick<GatewaySettings, "name" | "models">> | undefined)[];
type SharedModel = Usable<Pick<ModelSettings, "name" | "shares">>;

/** Names of the gateways that may use a model: all, but those that name their models and not this one. */
export const usersOf = (model: Pick<SharedModel, "name">, gateways: Gateways): string[] =>
  gateways.flatMap((gateway) =>
    gateway?.name !== undefined && (gateway.models?.includes(model.name) ?? true) ? [gateway.name] : [],
  );

/**
 * Gateway -> its part of a model's cap and of its limits a minute, above 0 and at most 1; never more than 1 together.
 * Whoever is not named in `shares` gets as much as the others that are not, of what is left.
 */
export function sharesOf(model: SharedModel, gateways: Gateways): Record<string, number> {
  const users = usersOf(model, gateways);
  const said = (name: string): number | undefined => model.shares?.[name];
  const equal = users.filter((name) => said(name) === undefined).length;
  const taken = users.reduce((sum, name) => sum + (said(name) ?? 0), 0);
  const left = Math.max(0, 1 - taken);
  return Object.fromEntries(users.map((name) => [name, said(name) ?? left / equal]));
}
