import { parse } from "yaml";
import { z } from "zod";
import { deploymentId, model } from "../../../config/model-schema";
import { litellmConfig, litellmEnvironment, providerKeyVariable } from "../../../config-files/litellm/config";
import { providerNames } from "../../../config/providers";

const models = z.array(model).parse([
  {
    name: "anthropic/opus",
    provider: "anthropic",
    model: "claude-opus-4-6",
    budgetUsd: 100,
    requestsPerMinute: 60,
    fallbacks: ["openai/gpt", "own"],
  },
  {
    name: "openai/gpt",
    provider: "openai",
    model: "gpt-4o",
    budgetUsd: 0.5,
    budgetPeriod: "1d",
    requestsPerMinute: 5,
    tokensPerMinute: 1000,
    timeoutSeconds: 30,
    retries: 0,
  },
  {
    name: "own",
    provider: { host: "models.example.org", secret: "exampleApiKey" },
    model: "llama",
    budgetUsd: 1,
    requestsPerMinute: 1,
    inputUsdPerMillionTokens: 2,
    outputUsdPerMillionTokens: 4,
    contextTokens: 100_000,
  },
]);
const config = parse(litellmConfig(models));

it("caps every model: budget, period and id together, or none of it takes effect", () => {
  const common = {
    timeout: 120,
    stream_timeout: 120,
    num_retries: 1,
    max_retries: 0,
    budget_duration: "30d",
  };
  expect(config.model_list).toEqual([
    {
      model_name: "anthropic/opus",
      litellm_params: {
        ...common,
        model: "anthropic/claude-opus-4-6",
        api_key: "os.environ/CLAWKEEP_ANTHROPIC_KEY",
        max_budget: 100,
        rpm: 60,
      },
      model_info: { id: "anthropic-opus", mode: "chat" },
    },
    {
      model_name: "openai/gpt",
      litellm_params: {
        ...{ ...common, timeout: 30, stream_timeout: 30, num_retries: 0, budget_duration: "1d" },
        model: "openai/gpt-4o",
        api_key: "os.environ/CLAWKEEP_OPENAI_KEY",
        max_budget: 0.5,
        rpm: 5,
        tpm: 1000,
      },
      model_info: { id: "openai-gpt", mode: "chat" },
    },
    {
      model_name: "own",
      litellm_params: {
        ...common,
        model: "openai/llama",
        api_key: "os.environ/CLAWKEEP_EXAMPLE_KEY",
        api_base: "https://models.example.org/v1",
        max_budget: 1,
        rpm: 1,
        input_cost_per_token: 0.000002,
        output_cost_per_token: 0.000004,
      },
      model_info: { id: "own", mode: "chat" },
    },
  ]);
});

it("asks fallbacks in their order, and lets no model's fault or refusal shut it for others", () => {
  expect(config.router_settings).toMatchObject({
    fallbacks: [{ "anthropic/opus": ["openai/gpt", "own"] }],
    disable_cooldowns: true,
    num_retries: 0,
  });
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
