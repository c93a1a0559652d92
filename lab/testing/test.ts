/** `make test`, after the set-up: the fast tests, those that need an engine, a rehearsal, and the tests of it. */
import { join } from "node:path";
import { repoDir } from "../lib/paths";
import { endFamiliesWithUs, runFamily } from "./family";
import { leftToTheLongRun, guardedRows, longestMinutes, type FilesRow } from "./rows";
import { sideBySide, testFiles, type Group } from "./groups";
import { inputsHash } from "./inputs";
import {
  fileResults,
  newReportFile,
  problemsOf,
  runJest,
  skipsFail,
  takeReport,
  type FileResult,
  type JestOutcome,
} from "./jest";
import { beginRow, endRow, passedWith, remarkOf, resultsOfPage, type RowResult } from "./page";
import { dockerSeconds, fitting, mostSeconds, rehearsalSeconds } from "./time-left";
import { phasesOf, timesTable, writeTimes, type Times } from "./times";

const results: FileResult[] = [];
const problems: string[] = [];
const groups: { name: string; seconds: number }[] = [];

/** Takes down what came of some files. @returns what is wrong with it */
function note(group: Group, wanted: readonly string[], outcome: JestOutcome): string[] {
  const own = fileResults(group, outcome.report);
  results.push(...own);
  const found = problemsOf(wanted, outcome, own, skipsFail());
  problems.push(...found);
  return found;
}

/** Notes a group's seconds on the clock. */
async function timed(name: string, work: () => Promise<boolean>): Promise<boolean> {
  const begin = Date.now();
  try {
    return await work();
  } finally {
    groups.push({ name, seconds: (Date.now() - begin) / 1000 });
  }
}

/** Types, lint, format and the fast tests, by the target that developers use too. */
async function fast(): Promise<boolean> {
  const file = newReportFile();
  const jest = `JEST=--json --outputFile ${file}`;
  const outcome = await runFamily("make", ["--no-print-directory", "test-fast", jest], { show: true });
  const report = takeReport(file);
  // Without a report jest was never come to: types, lint or format have said why.
  if (report === undefined) problems.push("make test-fast failed before its tests were run");
  else return note("fast", testFiles("fast"), { ...outcome, report }).length === 0;
  return false;
}

/** Guarded rows of a group that have not passed with what they are made from now. */
async function changedRows(group: Group): Promise<FilesRow[]> {
  const page = resultsOfPage();
  const changed: FilesRow[] = [];
  for (const row of guardedRows.filter((each) => each.group === group)) {
    const last = page.get(row.name);
    const unchanged = passedWith(last, await inputsHash(row));
    if (!unchanged) changed.push(row);
    const why = unchanged
      ? `not run, unchanged since it passed on ${last?.date}`
      : "run, not passed as it is now";
    console.log(`${row.name.padEnd(20)} ${why} (docs/test-long.md)`);
  }
  return changed;
}

/** What most of the tests with an engine boot from: made here, so that none of them waits for it. */
async function warmUp(): Promise<boolean> {
  const tsx = join(repoDir, "node_modules", ".bin", "tsx");
  const { code } = await runFamily(tsx, ["lab/vps/warm-up.ts"], { show: true });
  if (code !== 0) problems.push("the warm machine could not be made: lab/vps/README.md");
  return code === 0;
}

/** What the page says of a row with these problems. */
const endingOf = (found: readonly string[]): Pick<RowResult, "result" | "remark"> => ({
  result: found.length === 0 ? "passed" : "failed",
  remark: remarkOf(found),
});

/** Runs those with an engine. They run alone: some take parts of the lab away for a while. */
async function guarded(): Promise<boolean> {
  let good = true;
  for (const row of inTime(await changedRows("docker"), dockerSeconds + rehearsalSeconds)) {
    const begun = await beginRow(row);
    const found = note("docker", row.files, await runJest({ ...row, show: true }));
    await endRow(begun, endingOf(found));
    good = good && found.length === 0;
  }
  return good;
}

async function docker(): Promise<boolean> {
  const left = leftToTheLongRun("docker");
  const files = testFiles("docker").filter((file) => !left.includes(file));
  const outcome = await runJest({ group: "docker", files, workers: sideBySide, show: true });
  return note("docker", files, outcome).length === 0;
}

async function rehearse(): Promise<boolean> {
  const tsx = join(repoDir, "node_modules", ".bin", "tsx");
  const { code } = await runFamily(tsx, ["lab/rehearsal/rehearse.ts"], { show: true });
  if (code !== 0) problems.push("the rehearsal failed, so its tests were not run");
  return code === 0;
}

/**
 * Without rows that CI's time would not hold; they stay due, here and in the long run.
 * @param rest seconds that all takes that comes after them, rows apart
 */
function inTime(changed: readonly FilesRow[], rest: number): FilesRow[] {
  const page = resultsOfPage();
  const gone = (Date.now() - Date.parse(times(new Date()).started)) / 1000;
  const due = changed.map((row) => {
    const last = page.get(row.name);
    return { name: row.name, row, seconds: last?.seconds ?? longestMinutes * 60, date: last?.date ?? "" };
  });
  const run = fitting(due, mostSeconds - gone - rest).map(({ row }) => row);
  for (const { name } of changed.filter((row) => !run.includes(row)))
    console.log(
      `NOT RUN, for want of time: ${name}. It has not passed as it is now: make test-long NAME=${name}`,
    );
  return run;
}

/** The files tell one story, so those of the rows that have changed are run in their place, not by themselves. */
async function rehearsal(): Promise<boolean> {
  const changed = inTime(await changedRows("rehearsal"), rehearsalSeconds);
  const begun = await Promise.all(changed.map((row) => beginRow(row)));
  const run = changed.flatMap((row) => row.files);
  const left = leftToTheLongRun("rehearsal").filter((file) => !run.includes(file));
  const files = testFiles("rehearsal").filter((file) => !left.includes(file));
  const outcome = await runJest({ group: "rehearsal", files, show: true });
  for (const each of begun) {
    const own = fileResults("rehearsal", outcome.report).filter(({ file }) => each.row.files.includes(file));
    // How jest ended as a whole says nothing of this row.
    const found = problemsOf(each.row.files, { ...outcome, code: 0 }, own, skipsFail());
    await endRow(each, endingOf(found), Math.round(own.reduce((sum, { seconds }) => sum + seconds, 0)));
  }
  return note("rehearsal", files, outcome).length === 0;
}

function times(begin: Date): Times {
  const setup = phasesOf("setup.json");
  const started = setup?.started ?? begin.toISOString();
  const rehearsed = groups.some(({ name }) => name === "rehearse") ? phasesOf("report.json") : undefined;
  const phases = (group: string, of: typeof setup) => (of?.phases ?? []).map((each) => ({ group, ...each }));
  const setupSeconds = (setup?.phases ?? []).reduce((sum, { seconds }) => sum + seconds, 0);
  return {
    started,
    total: (Date.now() - Date.parse(started)) / 1000,
    groups: [{ name: "set-up", seconds: setupSeconds }, ...groups],
    phases: [...phases("set-up", setup), ...phases("rehearse", rehearsed)],
    files: results.map(({ group, file, seconds }) => ({ group, file, seconds })),
  };
}

async function main(): Promise<void> {
  endFamiliesWithUs();
  const begin = new Date();
  let good = await timed("fast", fast);
  // A mistake that is seen in a minute is not waited for half an hour.
  good = good && (await timed("warm machine", warmUp));
  if (good) {
    const rows = await timed("guarded rows", guarded);
    const others = await timed("docker", docker);
    const rehearsed = await timed("rehearse", rehearse);
    good = rehearsed && (await timed("rehearsal", rehearsal)) && rows && others;
  }
  for (const problem of problems) console.error(`\n${problem}`);
  const measured = times(begin);
  writeTimes(measured);
  console.log(`\n${timesTable(measured).join("\n")}`);
  const count = (of: (result: FileResult) => number): number =>
    results.reduce((sum, result) => sum + of(result), 0);
  const failures = count((result) => result.failures.length);
  const skipped = count((result) => result.skipped.length);
  console.log(`${count((result) => result.passed)} passed, ${failures} failed, ${skipped} skipped`);
  process.exitCode = good ? 0 : 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
