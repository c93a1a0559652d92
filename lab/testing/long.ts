/**
 * `make test-long`: what is too long for `make test`, row by row, and the page that says what each saw last.
 * Usage: tsx lab/testing/long.ts [NAME [MINUTES]] (NAME: a row, or a control, which is tried without a note on the page)
 */
import { join } from "node:path";
import { repoDir } from "../lib/paths";
import { allControls } from "./controls/all";
import { NoTimeLeft, takeAway } from "./controls/take-away";
import { endFamiliesWithUs, runFamily } from "./family";
import { fileResults, problemsOf, runJest } from "./jest";
import { removeMadeSince, thereNow } from "./leftovers";
import { beginRow, endRow, oldestFirst, remarkOf, resultsOfPage, type RowResult } from "./page";
import { isFilesRow, longestMinutes, rows, type ControlsRow, type FilesRow, type Row } from "./rows";

type Ending = Pick<RowResult, "result" | "remark">;

async function runFiles(row: FilesRow, deadline: number): Promise<Ending> {
  const before = await thereNow();
  const secondsLeft = (): number => Math.max(1, (deadline - Date.now()) / 1000);
  if (row.group === "rehearsal") {
    // Without an end of its own: it starts what is to stay.
    const { code } = await runFamily(join(repoDir, "node_modules/.bin/tsx"), ["lab/rehearsal/rehearse.ts"], {
      show: true,
    });
    if (code !== 0) return { result: "failed", remark: "make rehearse fails" };
  }
  const outcome = await runJest({ ...row, timeoutSeconds: secondsLeft(), show: true });
  const results = fileResults(row.group, outcome.report);
  const problems = problemsOf(row.files, outcome, results, true);
  for (const problem of problems) console.error(`\n${problem}`);
  if (outcome.timedOut && row.group === "docker") await removeMadeSince(before);
  const result = outcome.timedOut ? "timeout" : problems.length === 0 ? "passed" : "failed";
  return { result, remark: remarkOf(problems) };
}

async function runControls({ controls }: Pick<ControlsRow, "controls">, deadline: number): Promise<Ending> {
  const before = await thereNow();
  const bad: string[] = [];
  let known = 0;
  try {
    await takeAway(controls, deadline, ({ name }, { result, detail }, seconds) => {
      known += 1;
      const remark = result === "caught" ? "" : `  ${detail}`;
      console.log(`${result.padEnd(8)} ${name.padEnd(34)} ${seconds.toFixed(1).padStart(6)} s${remark}`);
      if (result !== "caught") bad.push(`${name} ${result}: ${detail}`);
    });
  } catch (error) {
    if (!(error instanceof NoTimeLeft)) throw error;
    await removeMadeSince(before);
    return { result: "timeout", remark: [`${known} of ${controls.length} tried`, ...bad].join("; ") };
  }
  return {
    result: bad.length === 0 && known === controls.length ? "passed" : "failed",
    remark: bad.join("; "),
  };
}

/** Runs one row, and notes its result on the page. */
async function runRow(row: Row): Promise<RowResult> {
  const begun = await beginRow(row);
  const deadline = begun.begin.getTime() + (row.minutes ?? longestMinutes) * 60_000;
  return endRow(begun, await (isFilesRow(row) ? runFiles(row, deadline) : runControls(row, deadline)));
}

function chosen(name: string): Row[] {
  const all = resultsOfPage();
  const found = rows.filter((row) => name === "" || row.name === name);
  if (found.length > 0) return oldestFirst(found, all);
  throw new Error(
    `no row ${name}. There are: ${rows.map((row) => row.name).join(", ")}; and each control of lab/testing/controls`,
  );
}

async function main(): Promise<void> {
  const [name = "", given = ""] = process.argv.slice(2);
  if (!/^\d*$/.test(given)) throw new Error(`MINUTES=${given} is no whole number of minutes`);
  endFamiliesWithUs();
  const control = allControls.find((one) => one.name === name);
  if (control !== undefined) {
    const { result } = await runControls({ controls: [control] }, Date.now() + longestMinutes * 60_000);
    process.exitCode = result === "passed" ? 0 : 1;
    return;
  }
  const end = given === "" ? Infinity : Date.now() + Number(given) * 60_000;
  let failed = 0;
  for (const row of chosen(name)) {
    if (Date.now() >= end) {
      console.log(`${given} minutes are over; the next run goes on with ${row.name}`);
      break;
    }
    console.log(`\n${row.name}: ${row.what}`);
    const result = await runRow(row);
    console.log(`${row.name}: ${result.result}, ${result.seconds} s ${result.remark}`);
    if (result.result !== "passed") failed += 1;
  }
  console.log(`docs/test-long.md has the results${failed === 0 ? "" : `; ${failed} rows failed`}`);
  process.exitCode = failed === 0 ? 0 : 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
