/**
 * `make drills`: takes controls away, one after the other, and sees that a test notices.
 * Usage: tsx lab/drills/run.ts [NAME or fast or docker]... (default: all)
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { currentCommit } from "../lib/commit";
import { attempt } from "../lib/exec";
import { cacheDir } from "../lib/paths";
import { withScratch } from "../lib/scratch";
import { atMost, oncePerKey } from "../lib/turns";
import { copyCheckout, withControlOff } from "./checkout";
import { groupOf, type Drill } from "./drill";
import { drills } from "./drills";
import { judge, problemWithControlOn, type JestReport, type Verdict } from "./judge";
import { writeResults, type DrillResult } from "./results";

/** Of the fast ones at the same time. Those with an engine run one by one. */
const sideBySide = 2;
const fileTimeoutSeconds = 600;

async function jest(copy: string, test: string, group: string, pattern: string): Promise<JestReport> {
  const output = join(copy, "jest-report.json");
  rmSync(output, { force: true });
  const { stderr } = await attempt(
    join(copy, "node_modules", ".bin", "jest"),
    [
      ...[test, "--selectProjects", group, "--runInBand", "--silent", "--testNamePattern", pattern],
      ...["--json", "--outputFile", output, "--cacheDirectory", join(cacheDir(), "drills-jest")],
    ],
    { cwd: copy, timeoutSeconds: fileTimeoutSeconds },
  );
  if (!existsSync(output))
    return { testResults: [{ message: stderr.slice(-500) || "timeout", assertionResults: [] }] };
  return JSON.parse(readFileSync(output, "utf8")) as JestReport;
}

/** The tests of several drills in one run. */
const anyOf = (chosen: readonly Drill[]): string => chosen.map(({ failing }) => `(${failing})`).join("|");

async function drillAll(chosen: readonly Drill[], copies: string[], report: (result: DrillResult) => void) {
  const date = new Date().toISOString().slice(0, 10);
  const commit = await currentCommit();
  /** One run of each test file as it is, for all drills that use it. */
  const asItIs = oncePerKey(async (key) => {
    const [copy = "", test = ""] = key.split("\0");
    const group = groupOf({ test });
    return jest(copy, test, group, anyOf(chosen.filter((drill) => drill.test === test)));
  });
  const tests = [...new Set(chosen.map(({ test }) => test))];
  // A file's drills stay in one copy, so that the file is run once as it is.
  await atMost(copies.length, tests, async (test) => {
    const copy = copies.pop() ?? "";
    try {
      for (const drill of chosen.filter((one) => one.test === test)) {
        const begin = Date.now();
        const verdict = await oneDrill(copy, drill, await asItIs(`${copy}\0${test}`));
        report({ name: drill.name, date, commit, ...verdict, seconds: (Date.now() - begin) / 1000 });
      }
    } finally {
      copies.push(copy);
    }
  });
}

async function oneDrill(copy: string, drill: Drill, asItIs: JestReport): Promise<Verdict> {
  const problem = problemWithControlOn(asItIs, drill.failing);
  if (problem !== undefined) return problem;
  return withControlOff(copy, drill, async () =>
    judge(await jest(copy, drill.test, groupOf(drill), drill.failing), drill.failing),
  );
}

function chosenBy(names: readonly string[]): Drill[] {
  const known = (drill: Drill): string[] => [drill.name, groupOf(drill)];
  const unknown = names.filter((name) => !drills.some((drill) => known(drill).includes(name)));
  if (unknown.length > 0)
    throw new Error(
      `no drill ${unknown.join(", ")}. There are: fast, docker, ${drills.map((d) => d.name).join(", ")}`,
    );
  return drills.filter((drill) => names.length === 0 || known(drill).some((name) => names.includes(name)));
}

async function main(): Promise<void> {
  const chosen = chosenBy(process.argv.slice(2));
  const results: DrillResult[] = [];
  const report = (result: DrillResult): void => {
    results.push(result);
    const remark = result.result === "caught" ? "" : `  ${result.detail}`;
    const line = `${result.result.padEnd(8)} ${result.name.padEnd(34)} ${result.seconds.toFixed(1).padStart(6)} s`;
    console.log(`${line}${remark}`);
  };
  const begin = Date.now();
  await withScratch(async (scratch) => {
    for (const [group, copies] of [
      ["fast", sideBySide],
      ["docker", 1],
    ] as const) {
      const own = chosen.filter((drill) => groupOf(drill) === group);
      if (own.length === 0) continue;
      const places = Array.from({ length: copies }, (_, index) => join(scratch, `${group}-${index}`));
      for (const place of places) {
        mkdirSync(place);
        await copyCheckout(place);
      }
      await drillAll(own, places, report);
    }
  });
  await writeResults(drills, results);
  const bad = results.filter(({ result }) => result !== "caught");
  console.log(
    `${results.length - bad.length} of ${results.length} controls are held by a test ` +
      `(${((Date.now() - begin) / 1000).toFixed(0)} s); docs/drills.md has the results`,
  );
  process.exitCode = bad.length === 0 ? 0 : 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
