/**
 * Model providers: the exact host LiteLLM calls (the egress proxy lets it reach nothing else), the secret that
 * holds the key, and LiteLLM's own prefix for the provider.
 */
export const providers = {
  anthropic: { host: "api.anthropic.com", secret: "anthropicApiKey", litellmPrefix: "anthropic" },
  openai: { host: "api.openai.com", secret: "openaiApiKey", litellmPrefix: "openai" },
  voyage: { host: "api.voyageai.com", secret: "voyageApiKey", litellmPrefix: "voyage" },
} as const;

export type ProviderName = keyof typeof providers;
export const providerNames = Object.keys(providers) as [ProviderName, ...ProviderName[]];
