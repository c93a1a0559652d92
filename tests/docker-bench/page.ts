/** docs/docker-bench.md as data. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Row {
  readonly ids: readonly string[];
  /** Where it does not pass: everywhere, on the stand-in alone, or on a rented server alone. */
  readonly where: string;
  readonly what: readonly string[];
  readonly why: string;
}

const text = readFileSync(join(__dirname, "..", "..", "docs", "docker-bench.md"), "utf8");
const number = /(\d+(?:\.\d+)+)(?: to \d+(?:\.\d+)*\.(\d+))?/g;

/** "1.1.3 to 1.1.5, 2.1" -> all four. */
export function numbers(cell: string): string[] {
  return [...cell.matchAll(number)].flatMap(([, first = "", last]) => {
    const parts = first.split(".");
    const from = Number(parts.pop());
    return Array.from({ length: Number(last ?? from) - from + 1 }, (_, index) =>
      [...parts, from + index].join("."),
    );
  });
}

const section = (title: string): string => text.split(`## ${title}\n`)[1]?.split("\n## ")[0] ?? "";
const rowsOf = (title: string): string[][] =>
  section(title)
    .split("\n")
    .filter((line) => /^\| \d/.test(line))
    .map((line) =>
      line
        .slice(2, -2)
        .split(" | ")
        .map((cell) => cell.trim()),
    );

/** What does not pass. */
export const failing: readonly Row[] = rowsOf("What does not pass").map(
  ([ids = "", where = "", what = "", why = ""]) => ({
    ids: numbers(ids),
    where,
    what: [...what.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word).sort(),
    why,
  }),
);
/** Checks of which a rehearsed host has not the thing. */
export const notApplicable: readonly string[] = rowsOf("Not applicable").flatMap(([ids = ""]) =>
  numbers(ids),
);
/** Numbers of the benchmark without a check. */
export const leftOut: readonly string[] = rowsOf("Left out").flatMap(([ids = ""]) => numbers(ids));
