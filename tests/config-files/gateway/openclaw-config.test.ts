import fc from "fast-check";
import {
  gatewaySecretNames,
  openclawConfig,
  type OpenClawConfigArgs,
} from "../../../config-files/gateway/openclaw-config";
import { chat, embedding, policyArgs } from "./support/policy-args";

const args = (changes: Partial<OpenClawConfigArgs> = {}): OpenClawConfigArgs => ({
  ...policyArgs(),
  ...changes,
});
const document = (changes: Partial<OpenClawConfigArgs> = {}) => JSON.parse(openclawConfig(args(changes)));

it("is the same text for the same settings", () => {
  expect(openclawConfig(args())).toBe(openclawConfig(args()));
});

it("refers to every secret, and holds none", () => {
  const { gateway, models, secrets } = document();
  expect(gateway.auth).toMatchObject({
    mode: "token",
    token: { source: "file", provider: "gateway", id: "/gatewayToken" },
  });
  expect(models.providers.litellm.apiKey).toEqual({ source: "file", provider: "gateway", id: "/litellmKey" });
  expect(secrets.providers.gateway).toEqual({
    source: "file",
    path: "/run/secrets/gateway/secrets.json",
    mode: "json",
  });
});

it("names the reverse proxy's one address and the one origin", () => {
  const { gateway } = document();
  expect(gateway.trustedProxies).toEqual(["172.30.2.40"]);
  expect(gateway.controlUi.allowedOrigins).toEqual(["https://assistant.example.org"]);
  expect(gateway).toMatchObject({
    allowRealIpFallback: false,
    terminal: { enabled: false },
    tailscale: { mode: "off" },
  });
});

it("counts wrong tokens of everybody, of whoever comes by way of loopback too", () => {
  const { maxAttempts, lockoutMs, exemptLoopback } = document().gateway.auth.rateLimit;
  expect(maxAttempts).toBeLessThanOrEqual(10);
  expect(lockoutMs).toBeGreaterThanOrEqual(300_000);
  expect(exemptLoopback).toBe(false);
});

it("serves programs only when asked to", () => {
  const endpoints = (httpApi: boolean) =>
    JSON.parse(openclawConfig(policyArgs({ httpApi }))).gateway.http.endpoints;
  expect(endpoints(false)).toEqual({ chatCompletions: { enabled: false }, responses: { enabled: false } });
  expect(endpoints(true)).toEqual({ chatCompletions: { enabled: true }, responses: { enabled: false } });
});

it("runs every tool in a sandbox of the shape that the filter lets through", () => {
  fc.assert(
    fc.property(fc.integer({ min: 64, max: 4096 }), fc.integer({ min: 16, max: 1024 }), (memoryMiB, pids) => {
      const { sandbox } = document({ sandbox: { memoryMiB, cpus: 0.5, pids, count: 1 } }).agents.defaults;
      expect(sandbox).toMatchObject({ mode: "all", backend: "docker", workspaceAccess: "none" });
      expect(sandbox.docker).toMatchObject({
        image: "clawkeep/sandbox:0123456789ab",
        readOnlyRoot: true,
        network: "none",
        user: "1000:1000",
        capDrop: ["ALL"],
        pidsLimit: pids,
        memory: `${memoryMiB}m`,
        memorySwap: `${memoryMiB}m`,
      });
    }),
  );
});

it("denies the tools that reach outside or reconfigure", () => {
  const { tools } = document();
  expect(tools.deny).toEqual(
    expect.arrayContaining(["process", "gateway", "cron", "nodes", "browser", "web_fetch", "web_search"]),
  );
  expect(tools).toMatchObject({
    elevated: { enabled: false },
    exec: { host: "sandbox" },
    agentToAgent: { enabled: false },
  });
});

it("knows LiteLLM and nobody else, and a default model that LiteLLM has", () => {
  const { models, agents } = document();
  expect(Object.keys(models.providers)).toEqual(["litellm"]);
  expect(models.mode).toBe("replace");
  expect(models.providers.litellm.baseUrl).toBe("http://openclaw-litellm:4000/v1");
  expect(models.providers.litellm.models.map((entry: { id: string }) => entry.id)).toEqual([
    "anthropic/one",
    "anthropic/two",
  ]);
  expect(agents.defaults.model.primary).toBe("litellm/anthropic/one");
  const { gateway } = args();
  const chosen = document({ gateway: { ...gateway, defaultModel: "anthropic/two" } });
  expect(chosen.agents.defaults.model.primary).toBe("litellm/anthropic/two");
});

it("gives aliases, and leaves models that answer nobody out", () => {
  const models = [embedding("voyage/large"), chat("anthropic/one"), chat("anthropic/two")];
  const settings = policyArgs({ aliases: { strong: "anthropic/two" } }, models);
  const { agents, models: known } = JSON.parse(openclawConfig(settings));
  expect(agents.defaults.model.primary).toBe("litellm/anthropic/one");
  expect(agents.defaults.models).toEqual({
    "litellm/anthropic/one": {},
    "litellm/anthropic/two": { alias: "strong" },
  });
  expect(known.providers.litellm.models.map(({ id }: { id: string }) => id)).toEqual([
    "anthropic/one",
    "anthropic/two",
  ]);
});

it("indexes memory through LiteLLM with the gateway's own key, and only then offers the agent its tools", () => {
  const off = document();
  expect(off.memory).toEqual({ search: { enabled: false } });
  expect(off.tools.sandbox.tools.allow).not.toContain("memory_search");
  const on = JSON.parse(
    openclawConfig(policyArgs({ memory: { model: "voyage/large" } }, [embedding("voyage/large")])),
  );
  expect(on.memory.search).toEqual({
    enabled: true,
    provider: "openai-compatible",
    model: "voyage/large",
    fallback: "none",
    remote: {
      baseUrl: "http://openclaw-litellm:4000/v1",
      apiKey: { source: "file", provider: "gateway", id: "/litellmKey" },
    },
  });
  expect(on.tools.sandbox.tools.allow).toEqual(expect.arrayContaining(["memory_search", "memory_get"]));
});

it("has Telegram's plugin, relay and pairing exactly when Telegram is on", () => {
  const off = document();
  expect(off.plugins.allow).toEqual(["memory-core"]);
  expect(off.channels).toEqual({ defaults: { groupPolicy: "allowlist" } });
  const on = JSON.parse(openclawConfig(policyArgs({ telegram: true })));
  expect(on.plugins.allow).toEqual(["memory-core", "telegram"]);
  expect(on.channels.telegram).toEqual({
    enabled: true,
    apiRoot: "http://openclaw-relay:8090",
    botToken: { source: "file", provider: "gateway", id: "/telegramBotToken" },
    configWrites: false,
    dmPolicy: "pairing",
    groupPolicy: "disabled",
  });
});

it("lets the bot into named groups only, and there only when mentioned", () => {
  const groups = { allowed: ["-100123"] };
  const { telegram } = JSON.parse(
    openclawConfig(policyArgs({ telegram: { groups, allowFrom: ["7"] } })),
  ).channels;
  expect(telegram).toMatchObject({
    allowFrom: ["7"],
    groupPolicy: "allowlist",
    groups: { "-100123": { requireMention: true } },
  });
});

it("takes a denial back only where it is named, and takes more away where that is asked for", () => {
  const tools = { allow: ["update_goal"], deny: ["apply_patch"], liftDenials: ["process"] };
  const { deny, sandbox } = JSON.parse(openclawConfig(policyArgs({ tools }))).tools;
  expect(deny).toEqual(expect.arrayContaining(["apply_patch", "gateway", "cron"]));
  expect(deny).not.toContain("process");
  expect(sandbox.tools.deny).toEqual(deny);
  expect(sandbox.tools.allow).toEqual(expect.arrayContaining(["update_goal", "process", "exec"]));
  expect(sandbox.tools.allow).not.toContain("apply_patch");
});

it.each([
  [false, ["gatewayToken", "litellmKey"]],
  [true, ["gatewayToken", "litellmKey", "telegramBotToken"]],
  [{}, ["gatewayToken", "litellmKey", "telegramBotToken"]],
  [{ enabled: false }, ["gatewayToken", "litellmKey"]],
])("a gateway with Telegram %j has the secrets %j", (telegram, names) => {
  expect(gatewaySecretNames(policyArgs({ telegram }).gateway)).toEqual(names);
});
