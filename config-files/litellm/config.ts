/** LiteLLM's configuration file and plain environment. What may be spent is in limits.ts. */
import { stringify } from "yaml";
import { redisSocket } from "../redis/redis-conf";
import { priceOf } from "../../config/model-prices";
import { deploymentId, type ModelSettings } from "../../config/model-schema";
import { providerOf, type ProviderChoice } from "../../config/providers";

/** Environment variable that holds a provider's key. Not the well-known name: LiteLLM's pass-through routes look for that. */
export const providerKeyVariable = (provider: ProviderChoice): string =>
  `CLAWKEEP_${providerOf(provider)
    .secret.replace(/ApiKey$/, "")
    .toUpperCase()}_KEY`;

/** LiteLLM's name for the model, its provider's prefix first. */
export const litellmModel = ({ provider, model }: Pick<ModelSettings, "provider" | "model">): string =>
  `${providerOf(provider).litellmPrefix}/${model}`;

function deployment(model: ModelSettings) {
  const { apiBase } = providerOf(model.provider);
  const price = priceOf(model);
  return {
    model_name: model.name,
    litellm_params: {
      model: litellmModel(model),
      api_key: `os.environ/${providerKeyVariable(model.provider)}`,
      ...(apiBase === undefined ? {} : { api_base: apiBase }),
      // LiteLLM's own cap is the second lock behind the ledger. It takes effect only with budget, period and id together.
      max_budget: model.budgetUsd,
      budget_duration: model.budgetPeriod,
      rpm: model.requestsPerMinute,
      ...(model.tokensPerMinute === undefined ? {} : { tpm: model.tokensPerMinute }),
      timeout: model.timeoutSeconds,
      stream_timeout: model.timeoutSeconds,
      num_retries: model.retries,
      // The provider libraries would retry beside the ledger.
      max_retries: 0,
      ...(price?.custom === true
        ? {
            input_cost_per_token: price.inputUsdPerMillionTokens / 1e6,
            output_cost_per_token: price.outputUsdPerMillionTokens / 1e6,
          }
        : {}),
    },
    model_info: { id: deploymentId(model.name), mode: model.mode },
  };
}

/** `config.yaml`. */
export function litellmConfig(models: readonly ModelSettings[]): string {
  return stringify({
    model_list: models.map(deployment),
    litellm_settings: {
      enable_post_custom_auth_checks: true,
      turn_off_message_logging: true,
      redact_messages_in_exceptions: true,
      num_retries: 0,
      telemetry: false,
    },
    router_settings: {
      redis_url: `unix://${redisSocket}`,
      num_retries: 0,
      retry_after: 0,
      // A refusal by one gateway's cap would otherwise put the model out of reach of all others.
      disable_cooldowns: true,
      fallbacks: models
        .filter((model) => model.fallbacks.length > 0)
        .map((model) => ({ [model.name]: [...model.fallbacks] })),
    },
    general_settings: {
      master_key: "os.environ/LITELLM_MASTER_KEY",
      custom_auth: "gateway_auth.authenticate",
      custom_auth_run_common_checks: true,
    },
  });
}

/** Plain environment of the container: nothing secret, nothing that asks the internet at start. */
export const litellmEnvironment = (egressProxyUrl: string): Record<string, string> => ({
  HTTPS_PROXY: egressProxyUrl,
  HTTP_PROXY: egressProxyUrl,
  NO_PROXY: "localhost,127.0.0.1",
  HOME: "/tmp",
  PYTHONDONTWRITEBYTECODE: "1",
  LITELLM_LOCAL_MODEL_COST_MAP: "True",
  LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS: "True",
  LITELLM_LOCAL_BLOG_POSTS: "True",
  // /v1/messages with a fallback of another kind of provider.
  LITELLM_USE_CHAT_COMPLETIONS_URL_FOR_ANTHROPIC_MESSAGES: "True",
  LITELLM_LOG: "ERROR",
  NO_DOCS: "True",
  NO_REDOC: "True",
  NO_OPENAPI: "True",
  DISABLE_ADMIN_UI: "True",
});
