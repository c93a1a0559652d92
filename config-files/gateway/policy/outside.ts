/** The few things that the gateway talks to, and that it talks to nothing else. */
import { chatModels, modelAliases } from "../models";
import { gatewaySecretsDirectory, secretValue } from "../paths";
import type { ReleaseLine } from "../../../config/release-lines";
import { services } from "../../../config/services";
import type { Json, PolicyArgs, PolicyRow } from "./row";

const litellm = `http://${services.litellm.name}:${services.litellm.port}/v1`;

const providers =
  (line: ReleaseLine) =>
  (args: PolicyArgs): Json => ({
    litellm: {
      baseUrl: litellm,
      api: "openai-completions",
      apiKey: secretValue(line, "litellmKey"),
      models: chatModels(args.models).map(({ name, images, contextTokens }) => ({
        id: name,
        name,
        reasoning: false,
        input: images ? ["text", "image"] : ["text"],
        contextWindow: contextTokens ?? 200_000,
        maxTokens: args.gateway.maxOutputTokens,
        // Spending is counted where the keys are, in LiteLLM.
        cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
      })),
    },
  });

const primary = ({ gateway, models }: PolicyArgs): Json =>
  `litellm/${gateway.defaultModel ?? chatModels(models)[0]?.name ?? ""}`;

/** Every model by its full name, with its alias where it has one. */
const known = (args: PolicyArgs): Json =>
  Object.fromEntries(
    chatModels(args.models).map(({ name }) => {
      const alias = modelAliases(args.gateway)[name];
      return [`litellm/${name}`, alias === undefined ? {} : { alias }];
    }),
  );

const remembered =
  (value: (model: string) => Json) =>
  ({ gateway }: PolicyArgs): Json | undefined =>
    gateway.memory === undefined ? undefined : value(gateway.memory.model);

export const outsideRows: readonly PolicyRow[] = [
  {
    id: "secrets",
    intent: "Secrets are read from files that only the gateway's uid can open.",
    guide: "436-440",
    lines: {
      "2026.9": {
        keys: {
          "secrets.providers": {
            gateway: { source: "file", path: `${gatewaySecretsDirectory}/secrets.json`, mode: "json" },
          },
        },
      },
      "2026.2": {
        builtIn:
          "a launcher sets them inside the process, so neither docker inspect nor /proc/PID/environ has them",
      },
    },
  },
  {
    id: "models",
    intent: "Every model call goes to LiteLLM, with the gateway's own key, and answers have a length.",
    guide: "569-573",
    lines: {
      "2026.9": {
        keys: {
          "models.mode": "replace",
          "models.providers": providers("2026.9"),
          "agents.defaults.model": (args) => ({ primary: primary(args) }),
          "agents.defaults.models": known,
        },
        note: "the guide's apiBase and maxTokens are refused by both lines",
      },
      "2026.2": {
        keys: {
          "models.mode": "replace",
          "models.providers": providers("2026.2"),
          "agents.defaults.model": (args) => ({ primary: primary(args) }),
          "agents.defaults.models": known,
        },
      },
    },
  },
  {
    id: "memory",
    intent: "Memory, where it is on, is indexed through LiteLLM; no provider's key is in the gateway.",
    guide: "575-580, 621-631",
    lines: {
      "2026.9": {
        keys: {
          "memory.search.enabled": ({ gateway }) => gateway.memory !== undefined,
          "memory.search.provider": remembered(() => "openai-compatible"),
          "memory.search.model": remembered((model) => model),
          "memory.search.fallback": remembered(() => "none"),
          "memory.search.remote": remembered(() => ({
            baseUrl: litellm,
            apiKey: secretValue("2026.9", "litellmKey"),
          })),
        },
        note: "the guide's memory.provider is refused; a VOYAGE_API_KEY in the environment would stop the start",
      },
      "2026.2": {
        keys: {
          "agents.defaults.memorySearch.enabled": ({ gateway }) => gateway.memory !== undefined,
          "agents.defaults.memorySearch.provider": remembered(() => "openai"),
          "agents.defaults.memorySearch.model": remembered((model) => model),
          "agents.defaults.memorySearch.fallback": remembered(() => "none"),
          "agents.defaults.memorySearch.remote": remembered(() => ({
            baseUrl: litellm,
            apiKey: secretValue("2026.2", "litellmKey"),
          })),
        },
      },
    },
  },
  {
    id: "telemetry",
    intent: "Nothing is reported, no update is looked for, no catalog is fetched.",
    lines: {
      "2026.9": {
        keys: {
          "telemetry.enabled": false,
          "update.checkOnStart": false,
          "update.auto.enabled": false,
          "models.catalogRefresh.enabled": false,
        },
        alreadyDefault: ["telemetry.enabled", "update.auto.enabled"],
        note: "the plugin feed has no switch; the network has no way to it",
      },
      "2026.2": {
        keys: { "update.checkOnStart": false },
        note: "telemetry, automatic updates and hosted catalogs do not exist in this line",
      },
    },
  },
  {
    id: "agent",
    intent: "There is one agent, named main.",
    lines: {
      "2026.9": { keys: { "agents.entries": { main: {} } }, alreadyDefault: ["agents.entries"] },
      "2026.2": { keys: { "agents.list": [{ id: "main" }] } },
    },
  },
];
