/**
 * The secrets of a stack: flat keys, set with `pulumi config set --secret`, read as secrets. This table says for
 * each its shape and who needs it. Callers, channels or providers know every one of them, so a standby holds the same
 * values to take over; what is a stack's own is made by the program and is not in here.
 */
import { backupSecrets } from "./backup-secrets";
import { privateKeyProblem } from "./certificates";
import { telegramSettings } from "./gateway-schema";
import { customKeyName, providerOf, type ProviderChoice } from "./providers";
import { registryPasswordKey, registrySecrets } from "./registries";
import { repositoryForms, type RepositoryKind } from "./repository";
import { hex, randomHex, told, type Distinct, type SecretRule } from "./secret-rule";

export type { SecretRule };

/** What of the settings decides which secrets there are. */
export interface SecretUsers {
  readonly models: readonly { readonly provider: ProviderChoice }[];
  readonly gateways: readonly { readonly name: string; readonly telegram: unknown }[];
  readonly originCertificate?: string | undefined;
  /** Whether the stack has another that takes over from it, or from which it does. */
  readonly paired?: boolean | undefined;
  /** Kind of the repository that backups go to; absent: there are none. */
  readonly backups?: RepositoryKind | undefined;
  /** Registries that the stack logs in at. */
  readonly registries?: readonly string[];
}

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

/** Secret that a host reads the record of the active stack by. */
export const readTokenKey = "cloudflareReadToken";
const readTokenRule: SecretRule = {
  key: readTokenKey,
  shape: /^[A-Za-z0-9_-]{40,80}$/,
  description:
    "a Cloudflare API token with Zone / DNS / Read for the zone and nothing else (40 to 80 characters)",
};

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
      ...told,
    },
    ...(settings.paired === true ? [readTokenRule] : []),
    ...(settings.backups === undefined ? [] : backupSecrets(settings.backups)),
    ...registrySecrets(settings.registries ?? []),
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
  const own = requiredSecrets({ models: [], gateways: [{ name: gateway, telegram: true }], paired: true });
  const kinds = Object.keys(repositoryForms) as RepositoryKind[];
  const backups = new Set(kinds.flatMap((kind) => backupSecrets(kind).map(({ key }) => key)));
  return [
    ...backups,
    ...own.map(({ key }) => key.replace(gateway, ".+")),
    registryPasswordKey(".+"),
    customKeyName,
  ].join("|");
})();
