/** The part of `make test` that needs a Docker engine: tests of the lab's parts, a rehearsal, and the tests of it. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { labDir, repoDir } from "../lib/paths";

const bin = (name: string): string => join(repoDir, "node_modules", ".bin", name);

/** Runs a command with its output on ours. @returns its exit code */
function show(command: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    spawn(command, args, { cwd: repoDir, stdio: "inherit" })
      .on("exit", (code) => resolve(code ?? 1))
      .on("error", () => resolve(127));
  });
}

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  /** One text for each failure: printed last, where somebody who sees only the end of a long log finds them. */
  readonly failures: string[];
}

/** What is read of jest's JSON report. */
interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const failureCharacters = 1500;

/** The failures of a group; a file that could not even be loaded is one. */
function failuresOf(report: JestReport): string[] {
  return report.testResults.flatMap(({ name, message, assertionResults }) => {
    const failed = assertionResults.filter(({ status }) => status === "failed");
    const texts = failed.map(
      ({ fullName, failureMessages }) =>
        `${fullName}\n${failureMessages.join("\n").slice(0, failureCharacters)}`,
    );
    if (assertionResults.length === 0 && message !== "") texts.push(message.slice(0, failureCharacters));
    return texts.map((text) => `FAILED ${relative(repoDir, name)}: ${text}`);
  });
}

/** Runs one group of tests, one file after the other. A group that runs no test at all counts as a failure. */
async function group(name: string, total: Counts): Promise<boolean> {
  const output = join(labDir(), "run", `jest-${name}.json`);
  mkdirSync(join(labDir(), "run"), { recursive: true });
  rmSync(output, { force: true });
  const code = await show(bin("jest"), [
    ...[
      "--selectProjects",
      name,
      "--runInBand",
      "--testSequencer",
      join(repoDir, "tests/rehearsal/in-order.js"),
    ],
    ...["--json", "--outputFile", output],
  ]);
  if (!existsSync(output)) return false;
  const report = JSON.parse(readFileSync(output, "utf8")) as JestReport;
  total.passed += report.numPassedTests;
  total.failed += report.numFailedTests;
  total.skipped += report.numPendingTests;
  total.failures.push(...failuresOf(report));
  return code === 0 && report.numPassedTests > 0;
}

async function main(): Promise<void> {
  const total: Counts = { passed: 0, failed: 0, skipped: 0, failures: [] };
  const parts = await group("docker", total);
  const rehearsed = (await show(bin("tsx"), ["lab/rehearsal/rehearse.ts"])) === 0;
  const told = rehearsed && (await group("rehearsal", total));
  if (!rehearsed) console.error("the rehearsal failed, so its tests were not run");
  for (const failure of total.failures) console.error(`\n${failure}`);
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exitCode = parts && rehearsed && told ? 0 : 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
