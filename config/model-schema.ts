/** The models that gateways may use, and what may be spent on them. */
import { z } from "zod";
import { providerNames } from "./providers";

export const model = z.strictObject({
  /** The name gateways ask for. */
  name: z.string().regex(/^[a-z0-9][a-z0-9._/-]{1,80}$/, "is not a model name"),
  provider: z.enum(providerNames),
  /** The provider's own name for it. */
  model: z.string().min(1),
  /** Spending cap in US dollars for each period. */
  budgetUsd: z.number().positive(),
  /** Period of the cap: `30d`, `1d`, `1h` (it begins with the first spending and rolls). */
  budgetPeriod: z
    .string()
    .regex(/^[1-9]\d{0,3}[dhm]$/, "is not a period such as 30d")
    .default("30d"),
  requestsPerMinute: z.int().positive(),
  tokensPerMinute: z.int().positive().optional(),
});

/** The models and caps of a stack that names none. */
export const defaultModels = [
  {
    name: "anthropic/claude-opus-4-6",
    provider: "anthropic",
    model: "claude-opus-4-6",
    budgetUsd: 100,
    budgetPeriod: "30d",
    requestsPerMinute: 60,
  },
  {
    name: "anthropic/claude-sonnet-4-5-20250929",
    provider: "anthropic",
    model: "claude-sonnet-4-5-20250929",
    budgetUsd: 50,
    budgetPeriod: "30d",
    requestsPerMinute: 120,
  },
] as const;

export type ModelSettings = z.infer<typeof model>;
