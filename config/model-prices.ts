/**
 * What models cost at most. The table is the part of LiteLLM's own that concerns the known providers, as it is in the
 * pinned LiteLLM (`npx tsx tools/write-model-prices.ts` writes it): so a model without a price is refused before
 * anything is touched, and not by LiteLLM, for which it would cost nothing and never reach a cap.
 */
import table from "./litellm-prices.json";
import type { ModelSettings } from "./model-schema";

/** Prices in US dollars for a million tokens; of several rates the dearest. */
export interface Price {
  readonly inputUsdPerMillionTokens: number;
  /** Input that the provider is asked to cache. */
  readonly cacheWriteUsdPerMillionTokens: number;
  readonly outputUsdPerMillionTokens: number;
  /** Most tokens that the provider takes; 0: not known. */
  readonly contextTokens: number;
  /** Given in the configuration, not LiteLLM's own. */
  readonly custom: boolean;
}

type Row = readonly [input: number, cacheWrite: number, output: number, contextTokens: number];
const prices = table as unknown as Readonly<Record<string, Readonly<Record<string, Row>>>>;

type Priced = Pick<
  ModelSettings,
  "provider" | "model" | "mode" | "inputUsdPerMillionTokens" | "outputUsdPerMillionTokens" | "contextTokens"
>;

/** The model's price; undefined when it is neither known nor given. */
export function priceOf(model: Priced): Price | undefined {
  const rows = typeof model.provider === "string" ? prices[model.provider] : undefined;
  const row = rows !== undefined && Object.hasOwn(rows, model.model) ? rows[model.model] : undefined;
  // A shorter context keeps OpenClaw's conversations short; a provider takes more all the same.
  const contextTokens = Math.max(model.contextTokens ?? 0, row?.[3] ?? 0);
  const input = model.inputUsdPerMillionTokens;
  const output = model.outputUsdPerMillionTokens ?? (model.mode === "embedding" ? 0 : undefined);
  if (input !== undefined && output !== undefined) {
    return {
      inputUsdPerMillionTokens: input,
      // Twice the input is what the dearest known cache costs.
      cacheWriteUsdPerMillionTokens: 2 * input,
      outputUsdPerMillionTokens: output,
      contextTokens,
      custom: true,
    };
  }
  if (row === undefined) return undefined;
  return {
    inputUsdPerMillionTokens: row[0],
    cacheWriteUsdPerMillionTokens: row[1],
    outputUsdPerMillionTokens: row[2],
    contextTokens,
    custom: false,
  };
}
