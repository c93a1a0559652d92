/** Puts the report together, and refuses it where it holds what may not leave this machine. */
import type { Result } from "../verify/row";
import { forbiddenFields, redacted, type Forbidden } from "./forbidden";
import type { HostFacts } from "./host-facts";
import type { Update } from "./updates";
import type { Versions } from "./versions";

/** What could not be asked says why in place of what it is. */
export type Asked<T> = T | { readonly problem: string };

export interface Parts {
  readonly program: { readonly version: string; readonly commit: string; readonly changed: boolean };
  readonly node: string;
  readonly versions: Versions;
  readonly stack: object;
  readonly host: Asked<HostFacts>;
  readonly verify: Asked<readonly Result[]>;
  readonly updates: readonly Update[];
}

/** A failed row's own words are the longest; nobody reads more of them. */
const longest = 1_000;

/**
 * @param hide replaces names that are the stack's own, such as its gateways'
 * @param at day of the report
 */
export function report(
  parts: Parts,
  forbidden: Forbidden,
  hide: (text: string) => string,
  at: Date,
): Record<string, unknown> {
  const clean = (text: string): string => redacted(hide(text), forbidden).slice(0, longest);
  const { host, verify, ...rest } = parts;
  return {
    form: 1,
    day: at.toISOString().slice(0, 10),
    ...rest,
    host: "problem" in host ? { problem: clean(host.problem) } : cleanFacts(host, clean),
    verify: "problem" in verify ? { problem: clean(verify.problem) } : cleanRows(verify, clean),
  };
}

/** Units may bear names that somebody on that host gave them. */
const cleanFacts = (host: HostFacts, clean: (text: string) => string): HostFacts => ({
  ...host,
  failedUnits: { ...host.failedUnits, words: host.failedUnits.words.map(clean) },
});

function cleanRows(results: readonly Result[], clean: (text: string) => string): object {
  return {
    hold: results.filter(({ ok }) => ok).length,
    of: results.length,
    // What a row saw that holds is not needed, so it is not taken.
    rows: results.map(({ group, name, ok, detail }) => ({
      group,
      name: clean(name),
      ok,
      ...(ok ? {} : { detail: clean(detail) }),
    })),
  };
}

/** Takes fields away that the user says are to be left out: `host.failedUnits`. */
export function without(
  document: Readonly<Record<string, unknown>>,
  paths: readonly string[],
): Record<string, unknown> {
  const copy = structuredClone(document) as Record<string, unknown>;
  for (const path of paths) {
    const steps = path.split(".");
    const last = steps.pop() ?? "";
    let at: unknown = copy;
    for (const step of steps)
      at = typeof at === "object" && at !== null ? (at as Record<string, unknown>)[step] : undefined;
    if (last === "" || typeof at !== "object" || at === null || Array.isArray(at) || !Object.hasOwn(at, last))
      throw new Error(`the report has no field ${path} to leave out: name one as the refusal named it`);
    delete (at as Record<string, unknown>)[last];
  }
  return copy;
}

/**
 * The text to write.
 * @param again the command that was typed
 * @throws Error naming each field that holds what may not be sent, and never its value
 */
export function written(document: object, forbidden: Forbidden, again: string): string {
  const problems = forbiddenFields(document, forbidden);
  if (problems.length === 0) return `${JSON.stringify(document, null, 2)}\n`;
  const fields = problems.flatMap(
    (line) => /^([A-Za-z]+(?:\.[A-Za-z]+)?)(?:\.\S+)? holds/.exec(line)?.[1] ?? [],
  );
  const leave = [...new Set(fields)].join(",");
  throw new Error(
    [
      "no report was written, because it would hold what may not leave this machine:",
      ...problems.map((line) => `  ${line}`),
      leave === ""
        ? "Open an issue that says so, without the value."
        : `Leave it out: ${again} WITHOUT=${leave} (and say in an issue which field it was, without the value)`,
    ].join("\n"),
  );
}
