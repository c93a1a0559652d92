/** From the raw configuration of a stack to checked settings, or every problem in it at once. No Pulumi here. */
import type { z } from "zod";
import { checkTogether } from "./cross-checks";
import { dotted, settingProblem, structureProblem, type Problem, type RawConfiguration } from "./problems";
import { settingsShape, type Settings, type UsableSettings } from "./schema";
import { checkProviderKeys, checkSecrets, project, providerKeys, secretUsers } from "./secret-checks";
import { gatewaySecretKeys, requiredSecrets, secretKeyPattern, type SecretRule } from "./secrets";
import { kindOf, rawValue } from "./value-kind";

export type { RawConfiguration };

export interface ParsedConfiguration {
  readonly settings: Settings;
  readonly secretRules: readonly SecretRule[];
}

type SettingsKey = keyof typeof settingsShape;
type Issue = z.core.$ZodIssue;

const isStructured = (key: SettingsKey): boolean => kindOf(settingsShape[key]) === "structure";
const couldBeSecret = new RegExp(`^${project}:(${secretKeyPattern})$`);

export function parseConfiguration(raw: RawConfiguration): ParsedConfiguration | { problems: Problem[] } {
  const problems: Problem[] = [];
  const usable = parseSettings(raw, problems);
  // Settings that are wrong may be what decides which secrets there are, so a strange one is then not reported.
  const certain = !problems.some(({ key }) => /^clawkeep:(gateways|models|backups|registryLogins)/.test(key));
  problems.push(...checkTogether(raw.stack, usable));
  const users = secretUsers(usable);
  const rules = requiredSecrets(users);
  checkSecrets(raw, rules, problems);
  checkProviderKeys(raw, usable, problems);
  const names = users.gateways.map(({ name }) => name);
  checkUnknownKeys(raw, names, rules, certain, problems);
  if (problems.length > 0) return { problems };
  // Without a problem every key has been parsed.
  return { settings: usable as Settings, secretRules: rules };
}

/** Parses key by key; of a value that is wrong, the parts that are not wrong are returned for the further checks. */
function parseSettings(raw: RawConfiguration, problems: Problem[]): UsableSettings {
  const usable: Record<string, unknown> = {};
  for (const key of Object.keys(settingsShape) as SettingsKey[]) {
    const schema: z.ZodType = settingsShape[key];
    const text = raw.values[`${project}:${key}`];
    let value: unknown = rawValue(schema, text);
    if (isStructured(key)) {
      if (value === text && text !== undefined) {
        problems.push(structureProblem(raw.stack, key, [], "is not structured (YAML map or list)"));
        continue;
      }
      // An absent structure is reported by what has to be in it, because that is what can be set.
      if (text === undefined && !schema.safeParse(undefined).success) value = {};
    }
    const result = schema.safeParse(value);
    if (result.success) usable[key] = result.data;
    else {
      problems.push(...result.error.issues.flatMap((issue) => issueProblems(raw.stack, key, value, issue)));
      usable[key] = withoutFaults(value, result.error.issues);
    }
  }
  return usable;
}

function issueProblems(stack: string, key: SettingsKey, value: unknown, issue: Issue): Problem[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((unknown) => {
      const path = dotted(key, [...issue.path, unknown]);
      const remedy = `pulumi config rm --stack ${stack} --path '${path}'`;
      return { key: path, message: "is a key nobody reads", remedy };
    });
  }
  if (key === "host" && issue.path[0] === "hostKey") return [hostKeyProblem(stack, value)];
  const missing = valueAt(value, issue.path) === undefined;
  const report = wantsStructure(key, issue, value) ? structureProblem : settingProblem;
  return [report(stack, key, issue.path, missing ? "is missing" : issue.message)];
}

/** Whether what stands, or has to stand, at the place of the issue is a list or an object. */
function wantsStructure(key: SettingsKey, issue: Issue, value: unknown): boolean {
  if (issue.path.length === 0 && isStructured(key)) return true;
  if (issue.code === "invalid_type" && ["array", "object", "record"].includes(issue.expected)) return true;
  if (issue.code === "invalid_key") return true;
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const wholly = (fault: Issue): boolean =>
      fault.path.length === 0 && fault.code === "invalid_type" && fault.expected === "object";
    if (issue.errors.every((faults) => faults.some(wholly))) return true;
  }
  return typeof valueAt(value, issue.path) === "object";
}

/** A host key is never taken on trust, so the refusal says how to get it from a place that is trusted. */
function hostKeyProblem(stack: string, value: unknown): Problem {
  const host = value as { address?: unknown; sshPort?: unknown; hostKey?: unknown };
  const address = typeof host.address === "string" ? host.address : "ADDRESS";
  const port = typeof host.sshPort === "number" ? host.sshPort : 22;
  const key = dotted("host", ["hostKey"]);
  return {
    key,
    message:
      host.hostKey === undefined
        ? "is missing: the host would be taken on trust"
        : "is not an ssh-ed25519 or ecdsa-sha2-nistp256 host key line",
    remedy:
      `ssh-keyscan -t ed25519 -p ${port} ${address} | cut -d' ' -f2,3   (compare with ` +
      `/etc/ssh/ssh_host_ed25519_key.pub on the host's console), then ` +
      `pulumi config set --stack ${stack} --path '${key}' 'ssh-ed25519 AAAA…'`,
  };
}

/** `value` without what the issues name; undefined when one of them is about the whole. Places in lists stay. */
function withoutFaults(value: unknown, issues: readonly Issue[]): unknown {
  const rest: unknown = structuredClone(value);
  for (const issue of issues) {
    // An unknown key takes nothing along; without its mode, nothing else of a host has been looked at.
    if (issue.code === "unrecognized_keys") continue;
    const path = issue.code === "invalid_union" ? issue.path.slice(0, -1) : issue.path;
    const last = path.at(-1);
    if (last === undefined) return undefined;
    const parent = valueAt(rest, path.slice(0, -1));
    if (typeof parent === "object" && parent !== null) Reflect.set(parent, last, undefined);
  }
  return rest;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (found, part) => (typeof found === "object" && found !== null ? Reflect.get(found, part) : undefined),
    value,
  );
}

/** The gateway whose bot token the key holds. */
const botOf = (key: string, gateways: readonly string[]): string | undefined =>
  gateways.find((name) => key === `${project}:${gatewaySecretKeys(name).telegramBotToken}`);

function checkUnknownKeys(
  raw: RawConfiguration,
  names: readonly string[],
  rules: readonly SecretRule[],
  certain: boolean,
  problems: Problem[],
): void {
  const known = new Set<string>([
    ...Object.keys(settingsShape).map((key) => `${project}:${key}`),
    ...rules.map((rule) => `${project}:${rule.key}`),
    ...Object.keys(providerKeys),
  ]);
  for (const key of Object.keys(raw.values)) {
    if (known.has(key) || key.startsWith("pulumi:")) continue;
    if (!certain && couldBeSecret.test(key)) continue;
    const remedy = `pulumi config rm --stack ${raw.stack} ${key}`;
    const silent = botOf(key, names);
    problems.push(
      silent === undefined
        ? { key, message: "is a key nobody reads", remedy }
        : {
            key,
            message: `telegram is off for ${silent}: switch it on there, or remove the token`,
            remedy: `edit Pulumi.${raw.stack}.yaml: telegram: true in ${silent} of clawkeep:gateways; or ${remedy}`,
          },
    );
  }
}
