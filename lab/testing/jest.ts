/** Runs test files by jest, and says what came of each file. */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { labDir, repoDir } from "../lib/paths";
import { runFamily } from "./family";
import type { Group } from "./groups";

/** What is read of jest's JSON report. */
export interface JestReport {
  readonly testResults: readonly {
    /** Full path of the file. */
    readonly name: string;
    /** Milliseconds since 1970. */
    readonly startTime: number;
    readonly endTime: number;
    /** Why the file could not be run at all. */
    readonly message: string;
    readonly assertionResults: readonly {
      /** `passed`, `failed`, or that it was not run: `pending`, `todo`, `skipped`, `disabled`. */
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

export interface JestOptions {
  readonly group: Group;
  /** Paths in the checkout; at least one. */
  readonly files: readonly string[];
  /** How many files at a time. Default: 1. */
  readonly workers?: number;
  /** Where the checkout is, if not here. */
  readonly cwd?: string;
  readonly args?: readonly string[];
  readonly timeoutSeconds?: number;
  readonly show: boolean;
}

export interface JestOutcome {
  readonly code: number;
  readonly timedOut: boolean;
  readonly seconds: number;
  readonly output: string;
  /** Undefined where jest wrote none. */
  readonly report: JestReport | undefined;
}

const inOrder = join(repoDir, "tests/rehearsal/in-order.js");
let counter = 0;

/** Where a run of jest is to write its report. */
export function newReportFile(): string {
  const folder = join(labDir(), "run");
  mkdirSync(folder, { recursive: true });
  return join(folder, `jest-${process.pid}-${++counter}.json`);
}

/** Runs test files; not a thing of what comes of them is thrown. */
export async function runJest({
  group,
  files,
  workers = 1,
  args = [],
  ...options
}: JestOptions): Promise<JestOutcome> {
  const reportFile = newReportFile();
  const outcome = await runFamily(
    join(repoDir, "node_modules", ".bin", "jest"),
    [
      ...["--selectProjects", group, "--json", "--outputFile", reportFile, ...args],
      // Two at a time jest begins with those that took longest; one by one they run by the number in their name.
      ...(workers === 1 ? ["--runInBand", "--testSequencer", inOrder] : [`--maxWorkers=${workers}`]),
      ...["--runTestsByPath", ...files],
    ],
    options,
  );
  return { ...outcome, report: takeReport(reportFile) };
}

/** Reads a report and removes it. @returns undefined where there is none */
export function takeReport(file: string): JestReport | undefined {
  if (!existsSync(file)) return undefined;
  const report = JSON.parse(readFileSync(file, "utf8")) as JestReport;
  rmSync(file);
  return report;
}

/** What came of one file. */
export interface FileResult {
  readonly group: Group;
  readonly file: string;
  readonly seconds: number;
  readonly passed: number;
  /** Full names of tests that were not run. */
  readonly skipped: readonly string[];
  /** A text for each failure; a file that could not even be loaded has one. */
  readonly failures: readonly string[];
}

const failureCharacters = 1500;

export function fileResults(group: Group, report: JestReport | undefined): FileResult[] {
  return (report?.testResults ?? []).map(({ name, startTime, endTime, message, assertionResults }) => {
    const named = (status: RegExp) => assertionResults.filter((test) => status.test(test.status));
    const seen = new Set<string>();
    const failures = named(/^failed$/).map(({ fullName, failureMessages }) => {
      const text = failureMessages.join("\n").slice(0, failureCharacters);
      // What fails before the first test fails every test of the file.
      const again = seen.has(text);
      seen.add(text);
      return `${fullName}\n${again ? "the same as one above" : text}`;
    });
    if (assertionResults.length === 0)
      failures.push(message.slice(0, failureCharacters) || "it holds no test");
    return {
      group,
      file: relative(repoDir, name),
      seconds: Math.max(0, endTime - startTime) / 1000,
      passed: named(/^passed$/).length,
      skipped: named(/^(?!passed$|failed$)/).map(({ fullName }) => fullName),
      failures,
    };
  });
}

/**
 * Why a group of files cannot be called passed, one text a reason, in the words that are printed last: somebody who sees
 * only the end of a long log finds them. None where everything that was asked for ran and passed.
 *
 * @param strict a test that was not run counts as a failure, as it does in CI and in the long run
 */
export function problemsOf(
  wanted: readonly string[],
  outcome: Pick<JestOutcome, "code" | "timedOut" | "output">,
  results: readonly FileResult[],
  strict: boolean,
): string[] {
  const problems = results.flatMap(({ file, failures, skipped }) => [
    ...failures.map((text) => `FAILED ${file}: ${text}`),
    ...(strict ? skipped.map((name) => `SKIPPED ${file}: ${name}`) : []),
  ]);
  if (outcome.timedOut) problems.push("TIMEOUT: it was ended");
  const ran = new Set(results.map(({ file }) => file));
  problems.push(...wanted.filter((file) => !ran.has(file)).map((file) => `NOT RUN ${file}`));
  if (results.every(({ passed }) => passed === 0)) problems.push("no test passed");
  if (outcome.code !== 0 && problems.length === 0)
    problems.push(`jest ended with ${outcome.code}: ${outcome.output.slice(-500)}`);
  return problems;
}

/** In CI a test that was not run is one that nobody will ever see fail. */
export const skipsFail = (environment: NodeJS.ProcessEnv = process.env): boolean =>
  /^(true|1)$/.test(environment["CI"] ?? "");
