/**
 * Model providers: the exact host LiteLLM calls (the egress proxy lets it reach nothing else), the secret that
 * holds the key, and LiteLLM's own prefix for the provider.
 */
import { z } from "zod";
import { hostName, neither } from "./fields";

export const providers = {
  anthropic: { host: "api.anthropic.com", secret: "anthropicApiKey", litellmPrefix: "anthropic" },
  openai: { host: "api.openai.com", secret: "openaiApiKey", litellmPrefix: "openai" },
  voyage: { host: "api.voyageai.com", secret: "voyageApiKey", litellmPrefix: "voyage" },
} as const;

export type ProviderName = keyof typeof providers;
export const providerNames = Object.keys(providers) as [ProviderName, ...ProviderName[]];

/** Form of the secret's name that holds a provider's key. */
export const customKeyName = "[a-z][a-z0-9]*ApiKey";

/** A provider that is not in the table: any that LiteLLM knows, or any that speaks OpenAI's API. */
export const customProvider = z.strictObject({
  /** Exact host of its API; HTTPS on port 443. */
  host: hostName,
  /** Name of the secret that holds its key, such as mistralApiKey. */
  secret: z
    .string()
    .regex(new RegExp(`^${customKeyName}$`), "is not a name such as mistralApiKey (lower case, then ApiKey)"),
  /** LiteLLM's prefix for it; `openai` for whatever speaks OpenAI's API. */
  litellmPrefix: z
    .string()
    .regex(/^[a-z0-9_]+$/, "is not a LiteLLM provider prefix")
    .default("openai"),
  /** Path of its API on the host; with `openai` it is /v1 unless said, with others LiteLLM's own. */
  path: z
    .string()
    .regex(/^(\/[A-Za-z0-9._-]+)+$/, "is not a path such as /v1")
    .optional(),
});

export const provider = z.union([z.enum(providerNames), customProvider], {
  error: neither(`one of ${providerNames.join(", ")} nor {host, secret, litellmPrefix, path}`),
});
export type ProviderChoice = z.infer<typeof provider>;

export interface Provider {
  readonly host: string;
  readonly secret: string;
  readonly litellmPrefix: string;
  /** Base URL, where it is not LiteLLM's own for the prefix. */
  readonly apiBase?: string;
}

export function providerOf(choice: ProviderChoice): Provider {
  if (typeof choice === "string") return providers[choice];
  const { host, secret, litellmPrefix } = choice;
  const path = choice.path ?? (litellmPrefix === "openai" ? "/v1" : undefined);
  return {
    host,
    secret,
    litellmPrefix,
    ...(path === undefined ? {} : { apiBase: `https://${host}${path}` }),
  };
}
