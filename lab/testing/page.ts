/** docs/test-long.md: what each row of the long run saw last. The page is all that is kept; it is read as it is written. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { currentCommit } from "../lib/commit";
import { run } from "../lib/exec";
import { repoDir } from "../lib/paths";
import { inputsHash } from "./inputs";
import { isFilesRow, rows, type Row } from "./rows";

export interface RowResult {
  readonly name: string;
  /** UTC, to the minute: `2026-11-28 16:40`. */
  readonly date: string;
  /** Short hash; `+` behind it where the checkout had changes. */
  readonly commit: string;
  readonly result: "passed" | "failed" | "timeout";
  readonly seconds: number;
  /** Of what the row is made from; empty where `make test` does not ask. */
  readonly inputs: string;
  /** What failed. */
  readonly remark: string;
}

const file = join(repoDir, "docs", "test-long.md");
const remarkCharacters = 400;

const head = `# The long run

\`make test-long\` writes this page: what each of its rows (\`lab/testing/rows.ts\`) saw last. Without \`NAME=\` it begins with
the row whose result is oldest. \`+\`: the checkout had changes that were not committed. A row with \`inputs\` is run by
\`make test\` too, and noted here, as long as it has not passed with just those: a hash over its tests, all they import
and read.
A row of controls takes each of them away, in a copy of the checkout, and sees a test fail by an assertion.
`;

// Nothing that Markdown or its formatter would take for something else.
const cell = (text: string): string => text.replace(/[\s|`*_<>\\[\]]+/g, " ").trim();

/** The page, as far as a formatter does not touch it. */
export function pageOf(
  rows: readonly Pick<Row, "name" | "what">[],
  results: ReadonlyMap<string, RowResult>,
): string {
  const lines = rows.map(({ name, what }) => {
    const seen = results.get(name);
    const cells =
      seen === undefined
        ? ["", "", "not run yet", "", "", ""]
        : [
            ...[seen.date, seen.commit, seen.result, seen.seconds.toFixed(0), seen.inputs],
            cell(seen.remark).slice(0, remarkCharacters).trim(),
          ];
    return `| ${[name, what, ...cells].join(" | ")} |`;
  });
  const table = [
    "| row | what | date | commit | result | seconds | inputs | remark |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...lines,
  ];
  return `${head}\n${table.join("\n")}\n`;
}

/** What a page says. A line that is no result of a row says nothing, so that the row counts as not run. */
export function readResults(text: string): Map<string, RowResult> {
  const results = new Map<string, RowResult>();
  const twice = new Set<string>();
  for (const line of text.split("\n")) {
    const cells = line.split("|").map((part) => part.trim());
    if (cells.length !== 10) continue;
    const [, name = "", , date = "", commit = "", result = "", seconds = "", inputs = "", remark = ""] =
      cells;
    if (!/^\d{4}-\d\d-\d\d \d\d:\d\d$/.test(date) || !/^(passed|failed|timeout)$/.test(result)) continue;
    if (!/^\d+$/.test(seconds) || !/^([0-9a-f]{12})?$/.test(inputs)) continue;
    if (results.has(name)) twice.add(name);
    results.set(name, {
      ...{ name, date, commit, result: result as RowResult["result"] },
      ...{ seconds: Number(seconds), inputs, remark },
    });
  }
  // As after a merge: none of them is believed.
  for (const name of twice) results.delete(name);
  return results;
}

export const resultsOfPage = (): Map<string, RowResult> =>
  readResults(existsSync(file) ? readFileSync(file, "utf8") : "");

async function writePage(results: ReadonlyMap<string, RowResult>): Promise<void> {
  writeFileSync(file, pageOf(rows, results));
  await run(join(repoDir, "node_modules", ".bin", "prettier"), ["--write", file]);
}

/** The first line of each problem, which names the file and the test. */
export const remarkOf = (problems: readonly string[]): string =>
  problems.map((text) => text.split("\n")[0]).join("; ");

/** A row that is being run. */
interface Begun<T extends Row = Row> {
  readonly row: T;
  readonly begin: Date;
  readonly commit: string;
  readonly inputs: string;
}

/** Takes down from what a row is run. */
export const beginRow = async <T extends Row>(row: T): Promise<Begun<T>> => ({
  ...{ row, begin: new Date(), commit: await currentCommit() },
  inputs: isFilesRow(row) && row.reads !== undefined ? await inputsHash(row) : "",
});

/**
 * Puts what came of it on the page, at once: nothing that was seen is lost, whatever ends us later.
 * @param seconds what it took; by default all the time since it was begun
 */
export async function endRow(
  { row, begin, commit, inputs }: Begun,
  ending: Pick<RowResult, "result" | "remark">,
  seconds = Math.round((Date.now() - begin.getTime()) / 1000),
): Promise<RowResult> {
  const date = begin.toISOString().slice(0, 16).replace("T", " ");
  const result = { name: row.name, date, commit, seconds, inputs, ...ending };
  await writePage(resultsOfPage().set(row.name, result));
  return result;
}

/** In the order they are to be run: never run first, then the oldest result. */
export function oldestFirst<T extends Pick<Row, "name">>(
  rows: readonly T[],
  results: ReadonlyMap<string, RowResult>,
): T[] {
  const date = ({ name }: T): string => results.get(name)?.date ?? "";
  return [...rows].sort((a, b) => (date(a) < date(b) ? -1 : date(a) > date(b) ? 1 : 0));
}

/** Whether `make test` can leave a row to the long run: it passed there with what it is made from now. */
export const passedWith = (result: RowResult | undefined, inputs: string): boolean =>
  result?.result === "passed" && inputs !== "" && result.inputs === inputs;
