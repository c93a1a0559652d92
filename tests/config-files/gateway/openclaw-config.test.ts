import fc from "fast-check";
import {
  gatewaySecretNames,
  openclawConfig,
  type OpenClawConfigArgs,
} from "../../../config-files/gateway/openclaw-config";

const model = (name: string) => ({
  name,
  provider: "anthropic" as const,
  model: "m",
  budgetUsd: 1,
  budgetPeriod: "30d",
  requestsPerMinute: 1,
});
const args = (changes: Partial<OpenClawConfigArgs> = {}): OpenClawConfigArgs => ({
  gateway: { name: "openclaw", maxOutputTokens: 8192, httpApi: false, telegram: false },
  models: [model("anthropic/one"), model("anthropic/two")],
  sandbox: { memoryMiB: 512, cpus: 0.5, pids: 256, count: 3 },
  sandboxImage: "clawkeep/sandbox:0123456789ab",
  hostname: "assistant.example.org",
  trustedProxy: "172.30.2.40",
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

it("serves programs only when asked to", () => {
  expect(document().gateway.http).toBeUndefined();
  const { gateway } = args();
  expect(
    document({ gateway: { ...gateway, httpApi: true } }).gateway.http.endpoints.chatCompletions.enabled,
  ).toBe(true);
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

it.each([
  [false, ["gatewayToken", "litellmKey"]],
  [true, ["gatewayToken", "litellmKey", "telegramBotToken"]],
])("a gateway with Telegram %s has the secrets %j", (telegram, names) => {
  expect(gatewaySecretNames({ ...args().gateway, telegram })).toEqual(names);
});
