/** What jest's report of one test file says about a control. */
import type { JestReport as WholeReport } from "../jest";

/** What is read of it. */
export interface JestReport {
  readonly testResults: readonly Pick<WholeReport["testResults"][number], "message" | "assertionResults">[];
}

/**
 * `caught`: a test failed, by an assertion. `missed`: all passed without the control. `broken`: what was to be seen
 * could not be, because of something else than an assertion. `skipped`: the tests do not run on this machine.
 */
export interface Verdict {
  readonly result: "caught" | "missed" | "broken" | "skipped";
  /** The test that failed, or what went wrong. */
  readonly detail: string;
}

const firstLine = (text: string): string => text.trim().split("\n")[0]?.slice(0, 300) ?? "";

const testsOf = (report: JestReport, failing: string) =>
  report.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ fullName }) => new RegExp(failing).test(fullName));

/** An expectation that was not met, also inside a property of fast-check. Not: a type error, a timeout, a lost socket. */
const isAssertion = (message: string): boolean => /\bexpect\(.*\)\.?/.test(stripColour(message));

const stripColour = (text: string): string => text.replace(/\u001b\[\d+m/g, "");

/** Why the tests prove nothing, run with the control on; undefined where all of them pass. */
export function problemWithControlOn(report: JestReport, failing: string): Verdict | undefined {
  const tests = testsOf(report, failing);
  const message = report.testResults.map((file) => file.message).join("\n");
  if (tests.length === 0)
    return { result: "broken", detail: `no test is called ${failing}: ${firstLine(message)}` };
  const failed = tests.find(({ status }) => status === "failed");
  if (failed !== undefined)
    return { result: "broken", detail: `fails with the control on: ${failed.fullName}` };
  if (!tests.some(({ status }) => status === "passed"))
    return { result: "skipped", detail: tests[0]?.fullName ?? "" };
  return undefined;
}

/** The same tests with the control off. */
export function judge(report: JestReport, failing: string): Verdict {
  const tests = testsOf(report, failing);
  const ran = tests.filter(({ status }) => status === "passed" || status === "failed");
  if (ran.length === 0) {
    const message = report.testResults.map((file) => file.message).join("\n");
    return { result: "broken", detail: `no test ran: ${firstLine(stripColour(message))}` };
  }
  const failed = ran.filter(({ status }) => status === "failed");
  const caught = failed.find(({ failureMessages }) => failureMessages.some(isAssertion));
  if (caught !== undefined) return { result: "caught", detail: caught.fullName };
  const [other] = failed;
  if (other !== undefined)
    return {
      result: "broken",
      detail: `${other.fullName}: ${firstLine(stripColour(other.failureMessages[0] ?? ""))}`,
    };
  return { result: "missed", detail: `${ran.length} tests pass without the control` };
}
