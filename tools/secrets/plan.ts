/** What `make secrets` does to a pair of stacks, decided before anything is set. No Pulumi in here. */
import { parseConfiguration, type RawConfiguration } from "../../config/parse";
import { problemReport } from "../../config/problems";
import { repositoryKind } from "../../config/repository";
import { settingsShape } from "../../config/schema";
import { requiredSecrets, type SecretRule } from "../../config/secrets";

/** A value to set in one stack. */
export interface Setting {
  readonly stack: string;
  /** Full configuration key. */
  readonly key: string;
  readonly value: string;
  /** Stack that it is copied from; absent: made up. */
  readonly from?: string;
}

export interface Plan {
  readonly settings: readonly Setting[];
  /** What is left as it is, a line each. */
  readonly notes: readonly string[];
}

/**
 * Secrets that must be equal for one stack to take over from the other: what nobody gives is made up, what one stack has is
 * copied to the other, what a stack has stays.
 * @param stacks those that exist
 * @throws Error with everything that stands in the way: wrong settings, secrets of the wrong shape or in the clear, and
 *   secrets that differ between the stacks
 */
export function planSecrets(stacks: readonly RawConfiguration[]): Plan {
  const wanted = stacks.map((stack) => ({ stack, rules: rulesOf(stack) }));
  const rules = new Map(wanted.flatMap((one) => one.rules.map((rule) => [rule.key, rule])));
  const [settings, notes, conflicts]: [Setting[], string[], string[]] = [[], [], []];
  for (const rule of rules.values()) {
    const key = `clawkeep:${rule.key}`;
    const users = wanted.filter((one) => one.rules.some((other) => other.key === rule.key));
    const [holders, others] = [true, false].map((has) =>
      users.map(({ stack }) => stack).filter(({ values }) => (values[key] !== undefined) === has),
    ) as [RawConfiguration[], RawConfiguration[]];
    const [source, ...more] = holders;
    if (source !== undefined && more.some(({ values }) => values[key] !== source.values[key])) {
      conflicts.push(conflict(key, [source, ...more]));
      continue;
    }
    const value = source?.values[key] ?? rule.generated?.();
    if (value === undefined) {
      if (rule.optional !== true) notes.push(missing(key, rule, users));
      continue;
    }
    if (others.length === 0) notes.push(`${key}: set in ${names(holders)}, left alone`);
    for (const { stack } of others)
      settings.push({ stack, key, value, ...(source === undefined ? {} : { from: source.stack }) });
  }
  if (conflicts.length > 0) throw new Error(`${conflicts.join("\n")}\nnothing was set`);
  return { settings, notes };
}

const names = (stacks: readonly { readonly stack: string }[]): string =>
  stacks.map(({ stack }) => stack).join(" and ");

function conflict(key: string, holders: readonly RawConfiguration[]): string {
  const remedy = holders.map(({ stack }) => `pulumi config rm --stack ${stack} ${key}`).join(", or ");
  return `${key}: has one value in ${holders.map(({ stack }) => stack).join(", another in ")}\n      mend: take the wrong one away, then make secrets again: ${remedy}`;
}

function missing(
  key: string,
  { description, file }: SecretRule,
  users: readonly { stack: RawConfiguration }[],
): string {
  const set = `pulumi config set --stack ${users[0]?.stack.stack ?? ""} --secret ${key}`;
  const how = file === undefined ? `${set}   (it asks for ${description})` : `${set} < ${file}`;
  return `${key}: not set yet, only you have it: ${how}`;
}

/** @throws Error with what is wrong with the settings that decide which secrets there are, and with secrets that are set */
function rulesOf(raw: RawConfiguration): SecretRule[] {
  const parsed = parseConfiguration(raw);
  const problems = "problems" in parsed ? parsed.problems : [];
  const deciding = problems.filter(({ key }) =>
    /^clawkeep:(gateways|models|backups|registryLogins)\b/.test(key),
  );
  if (deciding.length > 0) throw new Error(problemReport(raw.stack, deciding));
  // Without a problem in them, both parse.
  const structure = (key: string): unknown => {
    const text = raw.values[`clawkeep:${key}`];
    return text === undefined ? undefined : JSON.parse(text);
  };
  const rules = requiredSecrets({
    paired: raw.values["clawkeep:pairedStack"] !== undefined,
    gateways: settingsShape.gateways.parse(structure("gateways")),
    models: settingsShape.models.parse(structure("models")),
    backups: repositoryKind(settingsShape.backups.parse(structure("backups"))?.repository),
    registries: settingsShape.registryLogins
      .parse(structure("registryLogins"))
      .map(({ registry }) => registry),
  });
  const wrong = problems.filter(
    ({ key }) => raw.values[key] !== undefined && rules.some((rule) => key === `clawkeep:${rule.key}`),
  );
  if (wrong.length > 0) throw new Error(problemReport(raw.stack, wrong));
  return rules;
}
