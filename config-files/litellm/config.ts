/** LiteLLM's configuration file and the list of what each gateway may use. */
import { stringify } from "yaml";
import { providers, type ProviderName } from "../../config/providers";
import type { GatewaySettings } from "../../config/gateway-schema";
import type { ModelSettings } from "../../config/model-schema";

/** Environment variable that holds a provider's key. Not the well-known name: LiteLLM's pass-through routes look for that. */
export const providerKeyVariable = (provider: ProviderName): string =>
  `CLAWKEEP_${provider.toUpperCase()}_KEY`;

/** Identifier of a model's deployment: it is part of the name its spending is stored under, so it must stay the same. */
export const deploymentId = (modelName: string): string => modelName.replace(/[^a-z0-9]+/g, "-");

/**
 * `config.yaml`. A cap takes effect only with budget, period and a model id together, and lasts over a restart only
 * with the store.
 */
export function litellmConfig(models: readonly ModelSettings[]): string {
  return stringify({
    model_list: models.map((model) => ({
      model_name: model.name,
      litellm_params: {
        model: `${providers[model.provider].litellmPrefix}/${model.model}`,
        api_key: `os.environ/${providerKeyVariable(model.provider)}`,
        max_budget: model.budgetUsd,
        budget_duration: model.budgetPeriod,
        rpm: model.requestsPerMinute,
        ...(model.tokensPerMinute === undefined ? {} : { tpm: model.tokensPerMinute }),
      },
      model_info: { id: deploymentId(model.name) },
    })),
    litellm_settings: {
      enable_post_custom_auth_checks: true,
      turn_off_message_logging: true,
      redact_messages_in_exceptions: true,
      request_timeout: 120,
      num_retries: 1,
      telemetry: false,
    },
    router_settings: { redis_url: "unix:///run/redis/redis.sock", num_retries: 1 },
    general_settings: {
      master_key: "os.environ/LITELLM_MASTER_KEY",
      custom_auth: "gateway_auth.authenticate",
      custom_auth_run_common_checks: true,
    },
  });
}

/** `gateways.json`: the models each gateway's key may use. */
export function gatewayAccess(
  gateways: readonly GatewaySettings[],
  models: readonly ModelSettings[],
): string {
  const access = Object.fromEntries(
    gateways.map((gateway) => [gateway.name, { models: models.map((model) => model.name) }]),
  );
  return `${JSON.stringify(access, null, 2)}\n`;
}

/** Plain environment of the container: nothing secret, nothing that asks the internet at start. */
export const litellmEnvironment = (egressProxyUrl: string): Record<string, string> => ({
  HTTPS_PROXY: egressProxyUrl,
  HTTP_PROXY: egressProxyUrl,
  NO_PROXY: "localhost,127.0.0.1",
  HOME: "/tmp",
  LITELLM_LOCAL_MODEL_COST_MAP: "True",
  LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS: "True",
  LITELLM_LOCAL_BLOG_POSTS: "True",
  NO_DOCS: "True",
  NO_REDOC: "True",
  NO_OPENAPI: "True",
  DISABLE_ADMIN_UI: "True",
});
