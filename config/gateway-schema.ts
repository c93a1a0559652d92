/** What a user may vary of a gateway. */
import { z } from "zod";

export const gateway = z.strictObject({
  /** Container and host name. */
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{1,30}[a-z0-9]$/, "is not a name of lower case letters, digits and dashes")
    .refine(
      (name) => !/^openclaw-|-(docker-proxy|canary|canary-copy)$/.test(name),
      "is, or may become, the name of another container (openclaw-…, …-docker-proxy, …-canary)",
    ),
  /** Model of `models` that answers by default. */
  defaultModel: z.string().optional(),
  /** Longest answer in tokens. */
  maxOutputTokens: z.int().min(256).max(128000).default(8192),
  /** The OpenAI-compatible HTTP endpoint, for programs; off unless you use it. */
  httpApi: z.boolean().default(false),
  /** Telegram channel; needs the secret telegramBotToken-NAME. */
  telegram: z.boolean().default(false),
});

export type GatewaySettings = z.infer<typeof gateway>;
