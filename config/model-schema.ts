/** The models that gateways may use, and what may be spent on them. */
import { z } from "zod";
import { provider } from "./providers";

/** Period of a cap. */
export const budgetPeriod = z
  .string()
  // LiteLLM's own "m" is a minute: whoever means a month would have a cap that opens again every minute.
  .regex(/^[1-9]\d{0,3}[dh]$/, "is not a number of days or hours, such as 30d (a month), 7d or 12h")
  .default("30d");

const secondsOf = { d: 86_400, h: 3600 } as const;

/** @param period `30d`, `12h` */
export const periodSeconds = (period: string): number =>
  Number(period.slice(0, -1)) * secondsOf[period.slice(-1) as keyof typeof secondsOf];

/** What the ledger counts in: a nano-dollar a token. */
const leastUsdPerMillionTokens = 0.001;

export const model = z.strictObject({
  /** The name gateways ask for. */
  name: z.string().regex(/^[a-z0-9][a-z0-9._/-]{1,80}$/, "is not a model name"),
  /** A provider of the table, or `{host, secret, litellmPrefix, path}` for any other. */
  provider,
  /** The provider's own name for it. */
  model: z.string().min(1),
  /** What it is for: to answer, or to index memory. */
  mode: z.enum(["chat", "embedding"]).default("chat"),
  /** Whether it takes pictures; false for a model whose provider refuses them. */
  images: z.boolean().default(true),
  /** Spending cap in US dollars for each period. */
  budgetUsd: z.number().positive(),
  /** Period of the cap: `30d`, `1d`, `1h` (it begins with the first spending and rolls). */
  budgetPeriod,
  /**
   * Gateway -> its part of the cap and of the limits a minute, such as 0.5; together at most 1. Gateways that are not
   * named share equally what is left: all of it unless any is named.
   */
  shares: z
    .record(
      z.string(),
      z.number().gt(0, "is no part: above 0, and at most 1").max(1, "is no part: above 0, and at most 1"),
    )
    .default({}),
  /** Attempts at the provider in a minute, retries included. */
  requestsPerMinute: z.int().positive(),
  /** Tokens in a minute; none unless said. */
  tokensPerMinute: z.int().positive().optional(),
  /** Models that answer when this one cannot, in order; each counts against its own cap. */
  fallbacks: z.array(z.string()).max(3).default([]),
  /** Seconds one attempt may take until the provider's answer begins, and between the pieces of a streamed one. */
  timeoutSeconds: z.int().min(1).max(600).default(120),
  /** Further attempts after an error or a timeout, before a fallback is asked. */
  retries: z.int().min(0).max(3).default(1),
  /** US dollars for a million tokens, where the price is not known (config/litellm-prices.json) or is another one. */
  inputUsdPerMillionTokens: z
    .number()
    .min(
      leastUsdPerMillionTokens,
      `is below ${leastUsdPerMillionTokens}, a nano-dollar a token: too little to be counted`,
    )
    .optional(),
  outputUsdPerMillionTokens: z.number().nonnegative().optional(),
  /**
   * Longest context in tokens. Needed for a model to chat with that config/litellm-prices.json does not know; of one that
   * it knows, a shorter one keeps conversations short.
   */
  contextTokens: z.int().positive().optional(),
});

/** The models and caps of a stack that names none. */
export const defaultModels = [
  {
    name: "anthropic/claude-opus-4-6",
    provider: "anthropic",
    model: "claude-opus-4-6",
    mode: "chat",
    budgetUsd: 100,
    requestsPerMinute: 60,
  },
  {
    name: "anthropic/claude-sonnet-4-5-20250929",
    provider: "anthropic",
    model: "claude-sonnet-4-5-20250929",
    mode: "chat",
    budgetUsd: 50,
    requestsPerMinute: 120,
  },
] as const;

export type ModelSettings = z.infer<typeof model>;

/** Identifier of a model's deployment: it is part of the name its spending is stored under, so it must stay the same. */
export const deploymentId = (modelName: string): string => modelName.replace(/[^a-z0-9]+/g, "-");
