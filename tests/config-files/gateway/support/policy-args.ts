/** Settings that the gateway's configuration is made from, by what they show. */
import type { z } from "zod";
import type { PolicyArgs } from "../../../../config-files/gateway/hardening-policy";
import { gateway } from "../../../../config/gateway-schema";
import { model, type ModelSettings } from "../../../../config/model-schema";
import { releaseProfiles, type ReleaseLine } from "../../../../config/release-lines";

type GatewayInput = Omit<z.input<typeof gateway>, "name">;

export const chat = (name: string): ModelSettings =>
  model.parse({ name, provider: "anthropic", model: "m", budgetUsd: 1, requestsPerMinute: 1 });
export const embedding = (name: string): ModelSettings =>
  model.parse({
    name,
    provider: "voyage",
    model: "m",
    mode: "embedding",
    budgetUsd: 1,
    requestsPerMinute: 1,
  });

/** What the configuration of a stack hands over, with some of the gateway's settings and models said. */
export const policyArgs = (
  settings: GatewayInput = {},
  models: readonly ModelSettings[] = [chat("anthropic/one"), chat("anthropic/two")],
): PolicyArgs => ({
  gateway: gateway.parse({ name: "openclaw", ...settings }),
  models,
  sandbox: { memoryMiB: 512, cpus: 0.5, pids: 256, count: 3 },
  sandboxUser: 1000,
  sandboxImage: "clawkeep/sandbox:0123456789ab",
  hostname: "assistant.example.org",
  trustedProxy: "172.30.2.40",
});

/** What users vary, a few things at a time: each configuration is a start of the real validator. */
export const variations = (release: ReleaseLine): Readonly<Record<string, PolicyArgs>> => ({
  "nothing but the defaults": policyArgs({ release }),
  "two models with aliases, the second by default": policyArgs({
    release,
    aliases: { fast: "anthropic/one", strong: "anthropic/two" },
    defaultModel: "anthropic/two",
    telegram: releaseProfiles[release].noTelegram === undefined,
  }),
  "other tools, rules, times": policyArgs({
    release,
    httpApi: true,
    tools: { allow: ["update_goal"], deny: ["apply_patch"], liftDenials: ["process"] },
    soul: { append: "Speak Latin." },
    sandboxIdleHours: 2,
    timeouts: { turnSeconds: 60, commandSeconds: 10 },
  }),
  "memory, and Telegram in groups": policyArgs(
    {
      release,
      memory: { model: "voyage/voyage-3-large" },
      ...(releaseProfiles[release].noTelegram === undefined
        ? { telegram: { allowFrom: ["4711"], groups: { allowed: ["-1001234567890"] } } }
        : {}),
    },
    [chat("anthropic/one"), embedding("voyage/voyage-3-large")],
  ),
});
