import { parse } from "yaml";
import {
  deploymentId,
  gatewayAccess,
  litellmConfig,
  litellmEnvironment,
  providerKeyVariable,
} from "../../../config-files/litellm/config";
import { providerNames } from "../../../config/providers";

const models = [
  {
    name: "anthropic/opus",
    provider: "anthropic",
    model: "claude-opus",
    budgetUsd: 100,
    budgetPeriod: "30d",
    requestsPerMinute: 60,
  },
  {
    name: "openai/gpt",
    provider: "openai",
    model: "gpt",
    budgetUsd: 0.5,
    budgetPeriod: "1d",
    requestsPerMinute: 5,
    tokensPerMinute: 1000,
  },
] as const;
const config = parse(litellmConfig(models));

it("caps every model: budget, period and id together, or none of it takes effect", () => {
  expect(config.model_list).toEqual([
    {
      model_name: "anthropic/opus",
      litellm_params: {
        model: "anthropic/claude-opus",
        api_key: "os.environ/CLAWKEEP_ANTHROPIC_KEY",
        max_budget: 100,
        budget_duration: "30d",
        rpm: 60,
      },
      model_info: { id: "anthropic-opus" },
    },
    {
      model_name: "openai/gpt",
      litellm_params: {
        model: "openai/gpt",
        api_key: "os.environ/CLAWKEEP_OPENAI_KEY",
        max_budget: 0.5,
        budget_duration: "1d",
        rpm: 5,
        tpm: 1000,
      },
      model_info: { id: "openai-gpt" },
    },
  ]);
});

it("names where keys come from, never a key", () => {
  expect(config.general_settings.master_key).toBe("os.environ/LITELLM_MASTER_KEY");
  const keys = config.model_list.map(
    (entry: { litellm_params: { api_key: string } }) => entry.litellm_params.api_key,
  );
  for (const key of keys) expect(key).toMatch(/^os\.environ\/CLAWKEEP_[A-Z]+_KEY$/);
});

it("asks our own hook who may call, and lets LiteLLM enforce its answer", () => {
  expect(config.general_settings).toMatchObject({
    custom_auth: "gateway_auth.authenticate",
    custom_auth_run_common_checks: true,
  });
  expect(config.litellm_settings.enable_post_custom_auth_checks).toBe(true);
});

it("keeps what was spent in the store, and messages out of logs", () => {
  expect(config.router_settings.redis_url).toBe("unix:///run/redis/redis.sock");
  expect(config.litellm_settings).toMatchObject({
    turn_off_message_logging: true,
    redact_messages_in_exceptions: true,
  });
});

it.each(providerNames)(
  "hands the key of %s over in a variable that LiteLLM's pass-through routes do not know",
  (provider) => {
    expect(providerKeyVariable(provider)).toMatch(/^CLAWKEEP_[A-Z]+_KEY$/);
  },
);

// What was spent is stored under these: another id forgets it.
it.each([
  ["anthropic/claude-opus-4-6", "anthropic-claude-opus-4-6"],
  ["gpt-4.1", "gpt-4-1"],
  ["a_b", "a-b"],
])("the deployment of %s is %s for good", (name, id) => expect(deploymentId(name)).toBe(id));

it("gives every gateway the models that are listed", () => {
  const gateways = ["openclaw", "second"].map((name) => ({
    name,
    maxOutputTokens: 1,
    httpApi: false,
    telegram: false,
  }));
  const access = { models: ["anthropic/opus", "openai/gpt"] };
  expect(JSON.parse(gatewayAccess(gateways, models))).toEqual({ openclaw: access, second: access });
});

it("goes out by the egress proxy alone, and serves neither documentation nor a user interface", () => {
  const environment = litellmEnvironment("http://openclaw-egress:3128");
  expect(environment).toMatchObject({
    HTTPS_PROXY: "http://openclaw-egress:3128",
    HTTP_PROXY: "http://openclaw-egress:3128",
    NO_PROXY: "localhost,127.0.0.1",
    NO_DOCS: "True",
    DISABLE_ADMIN_UI: "True",
  });
});
