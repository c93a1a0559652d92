/** What a rule is, what it sees of a resource, and how it says what it found. */

/** Stands for a value that the engine does not know before it has made something. */
export const unknown: unique symbol = Symbol("unknown");

export type Value =
  | undefined
  | null
  | boolean
  | number
  | string
  | typeof unknown
  | readonly Value[]
  | { readonly [key: string]: Value };
export type Inputs = Readonly<Record<string, Value>>;

/** A resource as its provider is about to get it: inputs in the clear, and where the engine marks them secret. */
export interface Resource {
  /** Type token. */
  readonly type: string;
  readonly urn: string;
  /** Logical name. */
  readonly name: string;
  readonly inputs: Inputs;
  readonly protect: boolean;
  /** Paths (`stdin`, `files[0].content`) of the inputs marked secret; undefined: the engine has not said. */
  readonly secrets: readonly string[] | undefined;
}

/** A resource among all of its stack. */
export interface StackResource extends Resource {
  /** URNs of the resources it waits for. */
  readonly dependencies: readonly string[];
}

/** What a check found. Undecided: the answer lies in a value that is not known yet. */
export interface Finding {
  readonly says: string;
  readonly decided: boolean;
}

interface RuleText {
  /** `service-what`, unique. */
  readonly name: string;
  /** The promise, one sentence. */
  readonly promise: string;
  /** What to do when it is broken. */
  readonly mend: string;
  /**
   * What is done with a value that a preview does not know yet. `refused`: what the rule reads is written down in the
   * program, so an unknown value breaks it at once. `waits`: the preview passes, and the update is judged before the
   * resource is touched. In an update an unknown value always breaks the rule.
   */
  readonly unknown: "refused" | "waits";
}

/** Judges one resource before its provider gets it. */
export interface ResourceRule extends RuleText {
  /** Type tokens it judges; a token that ends in `*` stands for all that begin so. */
  readonly types: readonly string[];
  /** True: reads `secrets`, and breaks where the engine has not said them. */
  readonly readsSecretMarks?: true;
  /** @param earlier resources judged before, those that this one depends on among them */
  readonly check: (resource: Resource, earlier: readonly Resource[]) => readonly Finding[];
}

/** Judges what only all resources together show, when all of them have been declared. */
export interface StackRule extends RuleText {
  readonly checkStack: (
    resources: readonly StackResource[],
  ) => readonly { readonly urn: string; readonly findings: readonly Finding[] }[];
}

export type Rule = ResourceRule | StackRule;

export const isStackRule = (rule: Rule): rule is StackRule => "checkStack" in rule;

export const judges = (rule: ResourceRule, type: string): boolean =>
  rule.types.some((token) => (token.endsWith("*") ? type.startsWith(token.slice(0, -1)) : token === type));

export const broken = (says: string): Finding => ({ says, decided: true });
export const undecided = (says: string): Finding => ({ says, decided: false });

/** The findings that break the rule. @param preview true while nothing is deployed yet */
export function violations(rule: Rule, findings: readonly Finding[], preview: boolean): string[] {
  return findings
    .filter(({ decided }) => decided || rule.unknown === "refused" || !preview)
    .map(({ says, decided }) => (decided ? says : `${says}: it is not known yet, so nobody can tell`));
}

/** The value at the end of the path: undefined where there is none, unknown where a step is. */
export function at(value: Value, ...path: readonly string[]): Value {
  let here = value;
  for (const key of path) {
    if (here === unknown) return unknown;
    if (typeof here !== "object" || here === null || Array.isArray(here)) return undefined;
    here = (here as Inputs)[key];
  }
  return here;
}

export function holdsUnknown(value: Value): boolean {
  if (value === unknown) return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some((part: Value) => holdsUnknown(part));
}

/** One finding unless the value passes; undecided where a part of it is unknown. */
export function want(value: Value, passes: (value: Value) => boolean, says: string): Finding[] {
  if (holdsUnknown(value)) return [undecided(says)];
  return passes(value) ? [] : [broken(says)];
}

/** Findings of each item of a list; one that is missing is empty. */
export function each(list: Value, what: string, check: (item: Value) => readonly Finding[]): Finding[] {
  if (list === unknown) return [undecided(`${what} is a list`)];
  if (list === undefined || list === null) return [];
  return Array.isArray(list)
    ? (list as readonly Value[]).flatMap((item) => check(item))
    : [broken(`${what} is no list`)];
}

/** True for what an unset input looks like, from the program or from a provider's defaults. */
export const isUnset = (value: Value): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  value === "" ||
  (typeof value === "object" && Object.keys(value).length === 0);

/** For messages; never of a value that may be secret. */
export const shown = (value: Value): string =>
  value === unknown ? "unknown" : value === undefined ? "missing" : JSON.stringify(value);
