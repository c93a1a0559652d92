/** Results of drills: kept from run to run in docs/drills.json, shown in docs/drills.md. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../lib/exec";
import { repoDir } from "../lib/paths";
import { groupOf, type Drill } from "./drill";
import type { Verdict } from "./judge";

export interface DrillResult extends Verdict {
  readonly name: string;
  /** Day, ISO 8601. */
  readonly date: string;
  /** Short hash; `+` behind it where the checkout had changes. */
  readonly commit: string;
  readonly seconds: number;
}

const jsonFile = join(repoDir, "docs", "drills.json");
const markdownFile = join(repoDir, "docs", "drills.md");

/** Beginnings of the rows of the threat model's tables. */
export const threatRows = (): string[] =>
  readFileSync(join(repoDir, "docs", "threat-model.md"), "utf8")
    .split("\n")
    .filter((line) => /^\| (?!control |-)/.test(line))
    .map((line) => line.slice(2).split(" | ")[0]?.trim() ?? "");

const readResults = (): DrillResult[] =>
  existsSync(jsonFile) ? (JSON.parse(readFileSync(jsonFile, "utf8")) as DrillResult[]) : [];

/** Keeps the newest result of each drill that there still is, and writes both files. */
export async function writeResults(drills: readonly Drill[], results: readonly DrillResult[]): Promise<void> {
  const newest = new Map([...readResults(), ...results].map((result) => [result.name, result]));
  const kept = drills.flatMap(({ name }) => newest.get(name) ?? []);
  writeFileSync(jsonFile, JSON.stringify(kept));
  writeFileSync(markdownFile, markdown(drills, newest, threatRows()));
  await run(join(repoDir, "node_modules", ".bin", "prettier"), ["--write", jsonFile, markdownFile]);
}

export function markdown(
  drills: readonly Drill[],
  results: ReadonlyMap<string, DrillResult>,
  threats: readonly string[],
): string {
  const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  const rows = drills.map((drill) => {
    const { result, detail, date, commit, seconds } = results.get(drill.name) ?? {};
    const shown =
      result === undefined ? ["not run yet", ""] : [result, `${date} ${commit}, ${seconds?.toFixed(0)} s`];
    const failed = result === "caught" ? "" : cell(detail ?? "");
    return `| ${drill.name} | \`${drill.file}\` | \`${drill.test}\` | ${shown.join(" | ")} | ${failed} |`;
  });
  const counted = (["caught", "missed", "broken", "skipped"] as const).map(
    (kind) => `${drills.filter(({ name }) => results.get(name)?.result === kind).length} ${kind}`,
  );
  const never = drills.filter(({ name }) => !results.has(name)).length;
  const without = threats.filter((row) => !drills.some(({ threat }) => threat && row.startsWith(threat)));
  const docker = drills.filter((drill) => groupOf(drill) === "docker").length;
  return [
    "# Drills: controls switched off",
    "",
    "`make drills` takes each control of the table in `lab/drills/` away, in a copy of the checkout, and runs the test",
    "that must then fail, by an assertion. Before that the same test has to pass. `make drills` writes this page; a row",
    "keeps its last result, with the day and the commit it is of (`+`: with changes that were not committed).",
    "",
    `${drills.length} drills, ${docker} of them with a Docker engine: ${counted.join(", ")}, ${never} not run yet.`,
    "`missed` is a control that no test holds; `broken` says nothing about the control.",
    "",
    "| drill | control in | test | result | of | remark |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
    "## Rows of the threat model without a drill",
    "",
    "Their tests take the control away themselves, or need the whole rehearsal, or nobody has tried yet.",
    "",
    ...without.map((row) => `- ${row}`),
    "",
  ].join("\n");
}
