/** A check and its three possible results. */
import type { Container, Facts } from "./facts";

export type Result =
  | { readonly outcome: "pass" }
  /** @param what each thing that does not pass, in a form that stays the same from one host to the next */
  | { readonly outcome: "fail"; readonly what: readonly string[] }
  | { readonly outcome: "not applicable"; readonly reason: string };

export interface Check {
  /** Number in the CIS Docker Benchmark 1.6. */
  readonly id: string;
  /** What has to hold. */
  readonly title: string;
  readonly judge: (facts: Facts) => Result;
}

export const pass: Result = { outcome: "pass" };
export const notApplicable = (reason: string): Result => ({ outcome: "not applicable", reason });

/** Passes where nothing is wrong. */
export const passUnless = (wrong: readonly string[]): Result =>
  wrong.length === 0 ? pass : { outcome: "fail", what: [...new Set(wrong)].sort() };

/** Passes where the condition holds. @param otherwise what does not pass if it does not */
export const passIf = (holds: boolean, otherwise: string): Result => passUnless(holds ? [] : [otherwise]);

/** Sandboxes come and go under names of their own; the filter of the Docker API marks them. */
export const nameOf = (container: Container): string =>
  container.Config.Labels?.["clawkeep.gateway"] === undefined ? container.Name.slice(1) : "sandbox";

/** A check that every container has to pass. */
export const ofContainers = (
  id: string,
  title: string,
  holds: (container: Container, facts: Facts) => boolean,
): Check => ({
  id,
  title,
  judge: (facts) => passUnless(facts.containers.filter((container) => !holds(container, facts)).map(nameOf)),
});

/**
 * What the daemon was told, by arguments and daemon.json together.
 * @param key name in daemon.json @default the flag
 * @returns all values, as text; a flag without a value is "true"
 */
export function told(facts: Facts, flag: string, key = flag, short?: string): string[] {
  const { arguments: words, settings } = facts.daemon;
  const values = words.flatMap((word, index) => {
    if (word.startsWith(`--${flag}=`)) return [word.slice(flag.length + 3)];
    if (word !== `--${flag}` && word !== short) return [];
    const next = words[index + 1];
    return [next === undefined || next.startsWith("-") ? "true" : next];
  });
  const set = settings[key];
  if (set === undefined || set === null) return values;
  const list: unknown[] = Array.isArray(set) ? set : [set];
  return [...values, ...list.map((value) => (typeof value === "string" ? value : JSON.stringify(value)))];
}
