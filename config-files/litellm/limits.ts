/** `limits.json`: who may use and spend what. Gate and ledger read it (spend_limits.py). */
import type { GatewaySettings } from "../../config/gateway-schema";
import { priceOf } from "../../config/model-prices";
import { deploymentId, periodSeconds, type ModelSettings } from "../../config/model-schema";
import { sharesOf } from "../../config/model-shares";
import { litellmModel } from "./config";

/** Between an error and the next attempt, and LiteLLM's own work. */
const betweenAttemptsSeconds = 2;

/** The models that a gateway may use: all, unless it names some. */
export const modelsOf = (gateway: GatewaySettings, models: readonly ModelSettings[]): ModelSettings[] =>
  models.filter(({ name }) => gateway.models?.includes(name) ?? true);

/** Longest time in seconds until an answer of the model begins: every attempt at it and at its fallbacks, one after the other. */
export function waitSeconds(model: ModelSettings, models: readonly ModelSettings[]): number {
  const reached = new Set([model]);
  for (const one of reached) {
    for (const other of models) if (one.fallbacks.includes(other.name)) reached.add(other);
  }
  return [...reached].reduce(
    (sum, { timeoutSeconds, retries }) => sum + (retries + 1) * (timeoutSeconds + betweenAttemptsSeconds),
    0,
  );
}

const spending = (settings: GatewaySettings | ModelSettings) => ({
  budgetUsd: settings.budgetUsd,
  budgetPeriodSeconds: periodSeconds(settings.budgetPeriod),
  requestsPerMinute: settings.requestsPerMinute,
  tokensPerMinute: settings.tokensPerMinute ?? 0,
});

export interface LimitsArgs {
  readonly gateways: readonly GatewaySettings[];
  readonly models: readonly ModelSettings[];
  readonly audit: { readonly retentionDays: number };
}

export function limitsFile({ gateways, models, audit }: LimitsArgs): string {
  const document = {
    auditRetentionDays: audit.retentionDays,
    models: Object.fromEntries(
      models.map((model) => {
        const price = priceOf(model);
        if (price === undefined)
          throw new Error(`${model.name} has no price; the configuration refuses that`);
        const { custom, contextTokens, ...rates } = price;
        return [
          model.name,
          {
            id: deploymentId(model.name),
            mode: model.mode,
            litellmModel: litellmModel(model),
            ...spending(model),
            shares: sharesOf(model, gateways),
            price: rates,
            customPrice: custom,
            contextTokens,
            waitSeconds: waitSeconds(model, models),
          },
        ];
      }),
    ),
    gateways: Object.fromEntries(
      gateways.map((gateway) => [
        gateway.name,
        {
          models: modelsOf(gateway, models).map(({ name }) => name),
          ...spending(gateway),
          maxOutputTokens: gateway.maxOutputTokens,
          maxParallelRequests: gateway.maxParallelRequests,
        },
      ]),
    ),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
