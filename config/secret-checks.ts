/** Secrets and the providers' own keys: which a stack has to have, and what is wrong with those it has. */
import { telegramSettings } from "./gateway-schema";
import type { Problem, RawConfiguration } from "./problems";
import { repositoryKind } from "./repository";
import type { UsableSettings } from "./schema";
import type { SecretRule, SecretUsers } from "./secrets";

export const project = "clawkeep";

/** The providers' own keys that a stack may set. */
export const providerKeys = {
  "hcloud:token": {
    ...{ secret: true, requiredBy: "hcloud" },
    shape: /^[A-Za-z0-9]{64}$/,
    description: "a Hetzner Cloud token (64 letters and digits)",
  },
  "hcloud:endpoint": { secret: false, requiredBy: undefined },
  "cloudflare:apiToken": {
    // A standby asks which stack is the active one.
    ...{ secret: true, requiredBy: "every stack" },
    // The provider takes 40 to 80 characters. The global key, which may do everything, has 37 hexadecimal digits.
    shape: /^[A-Za-z0-9_-]{40,80}$/,
    description: "a Cloudflare API token (40 to 80 characters; the global API key is another thing)",
  },
  "cloudflare:baseUrl": { secret: false, requiredBy: undefined },
} as const;

export function secretUsers(settings: UsableSettings): SecretUsers {
  const { models, gateways, originCertificate, backups, registryLogins, pairedStack } = settings;
  const named = new Map<string, boolean>();
  for (const gateway of gateways ?? []) {
    if (gateway?.name === undefined) continue;
    named.set(gateway.name, telegramSettings(gateway) !== undefined || named.get(gateway.name) === true);
  }
  return {
    originCertificate,
    paired: pairedStack !== undefined,
    backups: repositoryKind(backups?.repository),
    registries: [...new Set((registryLogins ?? []).flatMap((login) => login?.registry ?? []))],
    models: (models ?? []).flatMap((model): SecretUsers["models"] => {
      const provider = model?.provider;
      if (typeof provider === "string") return [{ provider }];
      const { host, secret, litellmPrefix = "openai" } = provider ?? {};
      return host === undefined || secret === undefined
        ? []
        : [{ provider: { host, secret, litellmPrefix } }];
    }),
    gateways: [...named].map(([name, telegram]) => ({ name, telegram })),
  };
}

export function checkSecrets(raw: RawConfiguration, rules: readonly SecretRule[], problems: Problem[]): void {
  const holders = new Map<string, string>();
  for (const rule of rules) {
    const key = `${project}:${rule.key}`;
    const value = raw.values[key];
    const remedy = secretRemedy(raw.stack, key, rule, value !== undefined);
    if (value === undefined && rule.optional === true) continue;
    if (value === undefined) problems.push({ key, message: "is missing", remedy });
    else if (!rule.shape.test(value)) problems.push({ key, message: `is not ${rule.description}`, remedy });
    else if (!raw.secretKeys.has(key)) problems.push(plaintextSecret(raw.stack, key));
    else {
      const message = rule.problem?.(value) ?? sameAsAnother(holders, rule, key, value);
      if (message !== undefined) problems.push({ key, message, remedy });
    }
  }
}

/** What is wrong with a value that another key has too, where each needs its own; `holders` remembers who has which. */
function sameAsAnother(
  holders: Map<string, string>,
  { distinct }: SecretRule,
  key: string,
  value: string,
): string | undefined {
  if (distinct === undefined) return undefined;
  const mark = `${distinct.kind} ${distinct.part(value)}`;
  const holder = holders.get(mark);
  if (holder === undefined) holders.set(mark, key);
  return holder === undefined ? undefined : `is the same ${distinct.kind} as ${holder}: ${distinct.why}`;
}

function secretRemedy(
  stack: string,
  key: string,
  { file, description, generated }: SecretRule,
  there: boolean,
): string {
  const made = "make secrets   (makes up what is missing, the same for both stacks, and overwrites nothing)";
  if (generated !== undefined)
    return there
      ? `pulumi config rm --stack ${stack} ${key}, the same in the other stack, then ${made}`
      : made;
  const set = `pulumi config set --stack ${stack} --secret ${key}`;
  return file === undefined ? `${set}   (it asks for the value: ${description})` : `${set} < ${file}`;
}

function plaintextSecret(stack: string, key: string): Problem {
  return {
    key,
    message:
      "is stored in the clear: whoever has read the file has the value, so replace it at its source too",
    remedy: `pulumi config set --stack ${stack} --secret ${key}`,
  };
}

export function checkProviderKeys(
  raw: RawConfiguration,
  settings: UsableSettings,
  problems: Problem[],
): void {
  for (const [key, rule] of Object.entries(providerKeys)) {
    const needed =
      rule.requiredBy !== undefined &&
      (rule.requiredBy === "every stack" || rule.requiredBy === settings.host?.mode);
    const remedy = `pulumi config set --stack ${raw.stack} --secret ${key}`;
    const value = raw.values[key];
    if (needed && value === undefined) problems.push({ key, message: "is missing", remedy });
    if (rule.secret && value !== undefined && !raw.secretKeys.has(key)) {
      problems.push(plaintextSecret(raw.stack, key));
    } else if ("shape" in rule && value !== undefined && !rule.shape.test(value)) {
      problems.push({ key, message: `is not ${rule.description}`, remedy });
    }
  }
}
