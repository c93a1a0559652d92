/** The gateway's configuration file, `openclaw.json`, for the release line 2026.9. */
import type { GatewaySettings } from "../../config/gateway-schema";
import type { ModelSettings } from "../../config/model-schema";
import type { SandboxLimits } from "../../config/tiers";

export interface OpenClawConfigArgs {
  readonly gateway: GatewaySettings;
  readonly models: readonly ModelSettings[];
  readonly sandbox: SandboxLimits;
  /** Reference of the sandbox image on the host. */
  readonly sandboxImage: string;
  readonly hostname: string;
  /** The reverse proxy's one address on proxy-net. */
  readonly trustedProxy: string;
}

export const gatewayPort = 18789;
/** Where the gateway's state is inside its container: the image's own home. */
export const stateDirectory = "/home/node/.openclaw";
/** Folder of the gateway's secrets inside its container. */
export const gatewaySecretsDirectory = "/run/secrets/gateway";

/** Keys of the gateway's secrets file; the canary gets the same keys with made-up values. */
export type GatewaySecretName = "gatewayToken" | "litellmKey" | "telegramBotToken";

export const gatewaySecretNames = (gateway: GatewaySettings): GatewaySecretName[] => [
  "gatewayToken",
  "litellmKey",
  ...(gateway.telegram ? (["telegramBotToken"] as const) : []),
];

const secretRef = (name: GatewaySecretName) => ({ source: "file", provider: "gateway", id: `/${name}` });

/** `openclaw.json`. The file is mounted read-only: the gateway, and so the agent, cannot change it. */
export function openclawConfig(args: OpenClawConfigArgs): string {
  return `${JSON.stringify(document(args), null, 2)}\n`;
}

function document({ gateway, models, sandbox, sandboxImage, hostname, trustedProxy }: OpenClawConfigArgs) {
  const primary = gateway.defaultModel ?? models[0]?.name;
  return {
    gateway: {
      mode: "local",
      bind: "lan",
      port: gatewayPort,
      auth: {
        mode: "token",
        token: secretRef("gatewayToken"),
        // Behind a reverse proxy a header can be forged.
        allowTailscale: false,
        rateLimit: { maxAttempts: 10, windowMs: 60_000, lockoutMs: 300_000, exemptLoopback: false },
      },
      trustedProxies: [trustedProxy],
      allowRealIpFallback: false,
      controlUi: { enabled: true, allowedOrigins: [`https://${hostname}`] },
      tailscale: { mode: "off" },
      terminal: { enabled: false },
      reload: { mode: "off" },
      ...(gateway.httpApi ? { http: { endpoints: { chatCompletions: { enabled: true } } } } : {}),
    },
    agents: {
      defaults: {
        workspace: `${stateDirectory}/workspace`,
        skipBootstrap: true,
        model: { primary: `litellm/${primary}` },
        sandbox: {
          mode: "all",
          backend: "docker",
          scope: "agent",
          workspaceAccess: "none",
          docker: {
            image: sandboxImage,
            containerPrefix: "openclaw-sbx-",
            workdir: "/workspace",
            readOnlyRoot: true,
            tmpfs: [
              "/tmp:rw,nosuid,nodev,size=64m",
              "/var/tmp:rw,nosuid,nodev,size=16m",
              "/run:rw,nosuid,nodev,size=16m",
            ],
            network: "none",
            user: "1000:1000",
            capDrop: ["ALL"],
            env: { LANG: "C.UTF-8" },
            pidsLimit: sandbox.pids,
            memory: `${sandbox.memoryMiB}m`,
            memorySwap: `${sandbox.memoryMiB}m`,
            cpus: sandbox.cpus,
            ulimits: { nofile: { soft: 1024, hard: 1024 }, core: 0 },
          },
          browser: { enabled: false, allowHostControl: false },
          prune: { idleHours: 24, maxAgeDays: 7 },
        },
      },
      entries: { main: {} },
    },
    tools: {
      deny: [
        "process",
        "gateway",
        "cron",
        "nodes",
        "browser",
        "canvas",
        "sessions_spawn",
        "sessions_send",
        "web_fetch",
        "web_search",
      ],
      elevated: { enabled: false },
      fs: { workspaceOnly: true },
      exec: { host: "sandbox", timeoutSeconds: 60 },
      sessions: { visibility: "self" },
      agentToAgent: { enabled: false },
      web: { fetch: { enabled: false }, search: { enabled: false } },
      message: { crossContext: { allowWithinProvider: false, allowAcrossProviders: false } },
    },
    session: { dmScope: "per-channel-peer" },
    commands: { bash: false, config: false, debug: false, mcp: false, plugins: false, restart: false },
    plugins: { allow: ["memory-core"] },
    discovery: { mdns: { mode: "off" } },
    telemetry: { enabled: false },
    update: { checkOnStart: false, auto: { enabled: false } },
    browser: { enabled: false },
    cron: { enabled: false },
    logging: {
      level: "info",
      consoleLevel: "info",
      consoleStyle: "json",
      file: `${stateDirectory}/logs/openclaw.log`,
    },
    memory: { search: { enabled: false } },
    secrets: {
      providers: {
        gateway: { source: "file", path: `${gatewaySecretsDirectory}/secrets.json`, mode: "json" },
      },
    },
    models: {
      mode: "replace",
      catalogRefresh: { enabled: false },
      providers: {
        litellm: {
          baseUrl: "http://openclaw-litellm:4000/v1",
          api: "openai-completions",
          apiKey: secretRef("litellmKey"),
          models: models.map((model) => ({
            id: model.name,
            name: model.name,
            reasoning: false,
            input: ["text"],
            contextWindow: 200_000,
            maxTokens: gateway.maxOutputTokens,
            // Spending is counted where the keys are, in LiteLLM.
            cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
          })),
        },
      },
    },
  };
}
