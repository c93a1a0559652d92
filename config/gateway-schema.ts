/** What a user may vary of a gateway. */
import { z } from "zod";
import { neither } from "./fields";
import { budgetPeriod } from "./model-schema";
import { releaseLines } from "./release-lines";
import { isOfGateway, services, type Services } from "./services";

const toolName = z.string().regex(/^[a-z][a-z0-9_]{1,60}$/, "is not the name of a tool");
/** An id that YAML may have read as a number. */
const telegramId = (form: RegExp, error: string) =>
  z.coerce
    .string()
    .regex(form, error)
    .meta({ type: ["string", "integer"] });
const telegramUser = telegramId(/^[1-9]\d{0,14}$/, "is not a Telegram user id (digits)");
const telegramGroup = telegramId(/^-[1-9]\d{0,15}$/, "is not a Telegram group id (digits behind a minus)");

/** Telegram, for those who want more than `telegram: true`. */
export const telegram = z.strictObject({
  enabled: z.boolean().default(true),
  /** Who may write to the bot: whoever is paired, only `allowFrom`, or nobody. */
  dmPolicy: z.enum(["pairing", "allowlist", "disabled"]).default("pairing"),
  /** Telegram user ids that need no pairing. */
  allowFrom: z.array(telegramUser).default([]),
  groups: z
    .strictObject({
      /** Group ids in which the bot answers; none: it answers in no group. */
      allowed: z.array(telegramGroup).default([]),
      /** In a group, answer only when mentioned. */
      requireMention: z.boolean().default(true),
    })
    .prefault({}),
});
export type TelegramSettings = z.infer<typeof telegram>;

/** What the names of a gateway's other containers end in: of its services, and of those that scripts make for a while. */
const ownEndings = Object.values(services as Services).flatMap((row) =>
  isOfGateway(row) && row.suffix !== "" ? [row.suffix] : [],
);
const takenEndings = [
  ...ownEndings,
  ...["-canary", "-canary-copy", "-state", "-snapshot", "-previous", "-refused"],
];

export const gateway = z.strictObject({
  /** Container and host name. */
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{1,30}[a-z0-9]$/, "is not a name of lower case letters, digits and dashes")
    .refine(
      (name) => name !== "operator" && name !== "localhost",
      "is taken: operator is whoever has LiteLLM's master key, localhost every container itself",
    )
    .refine(
      (name) => !name.startsWith("openclaw-") && !takenEndings.some((ending) => name.endsWith(ending)),
      `is, or may become, the name of another container (openclaw-…, …${ownEndings.join(", …")}, …-canary, …-refused)`,
    ),
  /**
   * Number of its fixed addresses, 0 to 99; its place in the list unless said. With it a gateway keeps its addresses
   * when others before it in the list come, go or change places.
   */
  slot: z.int().min(0).max(99).optional(),
  /** Release line of OpenClaw. */
  release: z
    .enum(releaseLines, {
      error: ({ input }) =>
        typeof input === "number" ? `is a number: write it in quotes, like "${releaseLines[0]}"` : undefined,
    })
    .default(releaseLines[0]),
  /** Model of `models` that answers by default. */
  defaultModel: z.string().optional(),
  /** Short name -> model of `models`, for `/model NAME` in a chat. */
  aliases: z
    .record(z.string().regex(/^[a-z0-9][a-z0-9._-]{0,30}$/), z.string(), {
      error: ({ code }) =>
        code === "invalid_key"
          ? "is not a short name: lower-case letters, digits, dots, dashes and underscores, 31 at most, a letter or digit first"
          : undefined,
    })
    .default({}),
  /** Longest answer in tokens. */
  maxOutputTokens: z.int().min(256).max(128000).default(8192),
  /** The OpenAI-compatible HTTP endpoint, for programs; off unless you use it. */
  httpApi: z.boolean().default(false),
  /** Telegram channel; needs the secret telegramBotToken-NAME. */
  telegram: z
    .union([z.boolean(), telegram], { error: neither("true, false nor {dmPolicy, allowFrom, groups}") })
    .default(false),
  /** Tools beside the policy's. */
  tools: z
    .strictObject({
      /** Further tools that the agent has in its sandbox; none that the policy denies. */
      allow: z.array(toolName).default([]),
      /** Further tools that it never gets. */
      deny: z.array(toolName).default([]),
      /** Denials of the policy that you take back, each by its name. */
      liftDenials: z.array(toolName).default([]),
    })
    .prefault({}),
  /** The agent's rules, SOUL.md: text behind the standard ones, or in their place. */
  soul: z
    .union(
      [
        z.strictObject({ append: z.string().min(1).max(10_000) }),
        z.strictObject({ replace: z.string().min(1).max(19_000) }),
      ],
      { error: neither("{append: TEXT} nor {replace: TEXT}") },
    )
    .optional(),
  /** Memory search, off when absent: the model of `models` with mode `embedding` that indexes. */
  memory: z
    .strictObject(
      { model: z.string() },
      {
        error: ({ code }) =>
          code === "invalid_type"
            ? "is not {model: NAME}, the name of a model with mode embedding"
            : undefined,
      },
    )
    .optional(),
  /** A sandbox that nobody used for so many hours is removed. */
  sandboxIdleHours: z.int().min(1).max(168).default(24),
  timeouts: z
    .strictObject({
      /** Longest turn in seconds. */
      turnSeconds: z.int().min(30).max(3600).default(600),
      /** Longest command in a sandbox in seconds. */
      commandSeconds: z.int().min(5).max(1800).default(60),
    })
    .prefault({}),
  /** Models of `models` it may use; all unless said. */
  models: z.array(z.string()).min(1).optional(),
  /** Spending cap in US dollars for each period, over all its models. */
  budgetUsd: z.number().positive().default(150),
  budgetPeriod,
  /** Attempts at providers in a minute, retries and fallbacks included. */
  requestsPerMinute: z.int().positive().default(120),
  /** Tokens in a minute; none unless said. */
  tokensPerMinute: z.int().positive().optional(),
  /** Calls at the same time. */
  maxParallelRequests: z.int().min(1).max(100).default(8),
});

export type GatewaySettings = z.infer<typeof gateway>;

/** Telegram's settings with their defaults; undefined where it is off, or not said in a way that can be used. */
export function telegramSettings(settings: { readonly telegram?: unknown }): TelegramSettings | undefined {
  const { telegram: said } = settings;
  const parsed = telegram.safeParse(said === true ? {} : said);
  return parsed.success && parsed.data.enabled ? parsed.data : undefined;
}
