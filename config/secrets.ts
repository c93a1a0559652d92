/**
 * The secrets of a stack: flat keys, set with `pulumi config set --secret`, read as secrets. This table says for
 * each its shape and who needs it. Callers, channels or providers know every one of them, so a standby holds the same
 * values to take over; what is a stack's own is made by the program and is not in here.
 */
import { privateKeyProblem } from "./certificates";
import { telegramSettings } from "./gateway-schema";
import { customKeyName, providerOf, type ProviderChoice } from "./providers";

export interface SecretRule {
  /** Configuration key behind `clawkeep:`. */
  readonly key: string;
  readonly shape: RegExp;
  /** The shape in words, for errors. */
  readonly description: string;
  /** What else is wrong with a value of the right shape, never quoting it; undefined when nothing is. */
  readonly problem?: (value: string) => string | undefined;
  /** The set-up command can make it up; otherwise it comes from somebody else. */
  readonly generated?: () => string;
  /** Needed only by what it switches on. */
  readonly optional?: boolean;
  /** File the value comes in, where it has more than one line. */
  readonly file?: string;
  /** No other secret of the stack may say the same of the same kind. */
  readonly distinct?: Distinct;
}

/** What tells its holder from all others. */
interface Distinct {
  readonly kind: string;
  /** The part of the value that does. */
  readonly part: (value: string) => string;
  /** Why two that are the same cannot work. */
  readonly why: string;
}

/** What of the settings decides which secrets there are. */
export interface SecretUsers {
  readonly models: readonly { readonly provider: ProviderChoice }[];
  readonly gateways: readonly { readonly name: string; readonly telegram: unknown }[];
  readonly originCertificate?: string | undefined;
}

const hex = (prefix: string): RegExp => new RegExp(`^${prefix}[0-9a-f]{64}$`);
/** 32 random bytes as hexadecimal digits, the guide's measure for tokens and keys. */
const randomHex = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("hex");

const providerKeyShapes: Readonly<Record<string, { shape: RegExp; description: string }>> = {
  anthropicApiKey: { shape: /^sk-ant-[A-Za-z0-9_-]{20,}$/, description: "an Anthropic key (sk-ant-…)" },
  openaiApiKey: { shape: /^sk-[A-Za-z0-9_-]{20,}$/, description: "an OpenAI key (sk-…)" },
  voyageApiKey: { shape: /^pa-[A-Za-z0-9_-]{20,}$/, description: "a Voyage key (pa-…)" },
};

const otherProviderKey = {
  shape: /^[\x21-\x7e]{8,}$/,
  description: "a provider's key (8 characters or more)",
};

/** Secret that holds the webhook which is told when a cap is near or reached. */
export const alertWebhookKey = "alertWebhookUrl";

/** Keys of one gateway's own secrets. */
export const gatewaySecretKeys = (name: string) =>
  ({
    token: `gatewayToken-${name}`,
    litellmKey: `litellmKey-${name}`,
    telegramBotToken: `telegramBotToken-${name}`,
  }) as const;

const whole = (value: string): string => value;
const ownToken: Distinct = {
  kind: "gateway token",
  part: whole,
  why: "whoever has the token of one gateway would have the other",
};
const ownKey: Distinct = {
  kind: "LiteLLM key",
  part: whole,
  why: "LiteLLM knows its callers by their keys, and would count one's calls as the other's",
};
const ownBot: Distinct = {
  kind: "bot",
  // The bot's id: a token that was made anew is of the same bot.
  part: (token) => token.split(":")[0] ?? "",
  why: "Telegram ends one poll of a bot when another begins, and each gateway would hear half",
};

/** The secrets that this configuration needs, no more and no fewer. */
export function requiredSecrets(settings: SecretUsers): SecretRule[] {
  const providerKeys = [...new Set(settings.models.map((model) => providerOf(model.provider).secret))];
  return [
    {
      key: "litellmMasterKey",
      shape: hex("sk-"),
      description: "sk- and 64 hexadecimal digits",
      generated: () => `sk-${randomHex()}`,
      distinct: ownKey,
    },
    {
      key: "originKey",
      shape: /^-----BEGIN (EC |RSA )?PRIVATE KEY-----[\s\S]+-----END (EC |RSA )?PRIVATE KEY-----\s*$/,
      description: "the PEM private key of originCertificate",
      problem: (value) => privateKeyProblem(value, settings.originCertificate),
      file: "origin.key",
    },
    ...providerKeys.map((key) => ({
      key,
      ...(providerKeyShapes[key] ?? otherProviderKey),
    })),
    {
      key: alertWebhookKey,
      // No user, no other port: the egress proxy lets LiteLLM reach port 443 of exactly this host.
      shape:
        /^https:\/\/(?=[^/?#]{4,253}(?:[/?#]|$))(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,63}(?:[/?#]\S*)?$/,
      description: "an https URL with a host name in lower case and no port",
      optional: true,
    },
    ...settings.gateways.flatMap((gateway): SecretRule[] => {
      const keys = gatewaySecretKeys(gateway.name);
      return [
        {
          key: keys.token,
          shape: hex(""),
          description: "64 hexadecimal digits",
          generated: randomHex,
          distinct: ownToken,
        },
        {
          key: keys.litellmKey,
          shape: hex("sk-"),
          description: "sk- and 64 hexadecimal digits",
          generated: () => `sk-${randomHex()}`,
          distinct: ownKey,
        },
        ...(telegramSettings(gateway) !== undefined
          ? [
              {
                key: keys.telegramBotToken,
                shape: /^\d{6,12}:[A-Za-z0-9_-]{35}$/,
                description: "a bot token as @BotFather gives it (digits, colon, 35 characters)",
                distinct: ownBot,
              },
            ]
          : []),
      ];
    }),
  ];
}

/** What a secret of some stack may be called, behind `clawkeep:`; as text, for a schema. */
export const secretKeyPattern = ((): string => {
  const gateway = "GATEWAY";
  const own = requiredSecrets({ models: [], gateways: [{ name: gateway, telegram: true }] });
  return [...own.map(({ key }) => key.replace(gateway, ".+")), customKeyName].join("|");
})();
