/** What of a state, written by the stand-ins, the true plugins could not read. */
import * as path from "node:path";
import { TypeReader } from "../../../lab/toolchain/stand-ins/tables/read-types";
import { standIns } from "../../../lab/toolchain/stand-ins/tables/tables";

/** One resource as a state holds it. */
export interface InState {
  readonly type: string;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

type Kind = "string" | "number" | "boolean" | "array" | "object" | "any";
type Shape = (value: unknown) => string | undefined;

const text = (value: unknown): string => JSON.stringify(value) ?? "nothing";
const matches =
  (pattern: RegExp, what: string): Shape =>
  (value) =>
    typeof value === "string" && pattern.test(value) ? undefined : `${text(value)} is not ${what}`;
const jsonText: Shape = (value) => {
  try {
    if (typeof value === "string") return void JSON.parse(value);
  } catch {
    // Said below.
  }
  return `${text(value)} is not a text of JSON`;
};
const date = matches(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, "a date in whole seconds");

/**
 * What the npm types do not say, by type: properties that have to be there, and their values. Of Cloudflare it was seen with
 * the true provider on 2026-11-28 (docs/rehearsed.md, C1 and C11): without an id it cannot refresh, with another `meta` not
 * even preview. Of commands it is what the npm package declares as never undefined: the true plugin reads a state into types
 * of its own, in which those are no pointers.
 */
const beyondTypes: Readonly<
  Record<string, { readonly needed: readonly string[]; readonly values: Readonly<Record<string, Shape>> }>
> = {
  "cloudflare:index/dnsRecord:DnsRecord": {
    needed: ["id", "zoneId", "name", "type", "ttl"],
    values: {
      id: matches(/^[0-9a-f]{32}$/, "an id of Cloudflare's"),
      meta: jsonText,
      createdOn: date,
      modifiedOn: date,
      commentModifiedOn: date,
      tagsModifiedOn: date,
    },
  },
  "command:remote:Command": { needed: ["connection", "stdout", "stderr"], values: {} },
  "command:remote:CopyToRemote": { needed: ["connection", "source", "remotePath"], values: {} },
  "command:local:Command": { needed: ["stdout", "stderr"], values: {} },
};

/** The kind of JSON that a type of an npm package is written as in a state. */
function kindOf(type: string): Kind {
  const plain = type.replace(/ \| undefined$/, "");
  if (plain === "string" || plain === "number" || plain === "boolean" || plain === "any") return plain;
  if (plain.endsWith("[]")) return "array";
  return plain.startsWith("enums.") ? "string" : "object";
}

const kindIn = (value: unknown): Kind =>
  Array.isArray(value) ? "array" : value === null ? "any" : (typeof value as Kind);

/** Encrypted in the state; what is in it only who has the key can see. */
const isSecret = (value: unknown): boolean =>
  typeof value === "object" && value !== null && ("ciphertext" in value || "plaintext" in value);

const declared = new Map<string, Record<string, string>>();
function declaredOutputs(token: string): Record<string, string> | undefined {
  const [name = ""] = token.split(":");
  const [file, type] = standIns[name]?.[token] ?? [];
  if (file === undefined || type === undefined) return undefined;
  const known =
    declared.get(token) ??
    new TypeReader(path.dirname(require.resolve(`@pulumi/${name}/package.json`))).outputTypes(file, type);
  declared.set(token, known);
  return known;
}

/** @returns how many resources of the stand-ins were looked at, and a sentence for each property that is not as it must be */
export function unreadable(resources: readonly InState[]): { looked: number; wrong: string[] } {
  const wrong: string[] = [];
  let looked = 0;
  for (const { type, outputs = {} } of resources) {
    const types = declaredOutputs(type);
    if (types === undefined) continue;
    looked++;
    const { needed, values } = beyondTypes[type] ?? { needed: [], values: {} };
    for (const name of needed.filter((each) => (outputs[each] ?? undefined) === undefined))
      wrong.push(`${type}: ${name} is missing`);
    for (const [name, value] of Object.entries(outputs)) {
      if (isSecret(value)) continue;
      const declaredType = name === "id" ? "string" : types[name];
      const kind = declaredType === undefined ? undefined : kindOf(declaredType);
      if (kind === undefined) wrong.push(`${type}: ${name} is no output of the npm package`);
      else if (kind !== "any" && kindIn(value) !== kind)
        wrong.push(`${type}: ${name} is ${text(value)}, and no ${kind}`);
      const problem = values[name]?.(value);
      if (problem !== undefined) wrong.push(`${type}: ${name}: ${problem}`);
    }
  }
  return { looked, wrong };
}
