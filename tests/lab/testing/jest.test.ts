/** What is made of a report of jest: a test that was not run is none that passed. */
import { join } from "node:path";
import { fileResults, problemsOf, skipsFail, type JestReport } from "../../../lab/testing/jest";
import { repoDir } from "../../../lab/lib/paths";

const test = (fullName: string, status: string) => ({
  ...{ fullName, status },
  failureMessages: status === "failed" ? [`${fullName} is wrong`] : [],
});
const file = (name: string, ...tests: ReturnType<typeof test>[]): JestReport["testResults"][number] => ({
  ...{ name: join(repoDir, name), startTime: 1000, endTime: 3500, message: "" },
  assertionResults: tests,
});
const good = file("tests/a.test.ts", test("one", "passed"), test("two", "passed"));
const problems = (
  files: readonly JestReport["testResults"][number][],
  strict = true,
  outcome = { code: 0, timedOut: false, output: "" },
): string[] => problemsOf(["tests/a.test.ts"], outcome, fileResults("fast", { testResults: files }), strict);

it("tells of each file how long it took and what passed", () => {
  expect(fileResults("fast", { testResults: [good] })).toEqual([
    { group: "fast", file: "tests/a.test.ts", seconds: 2.5, passed: 2, skipped: [], failures: [] },
  ]);
});

it("finds nothing wrong where all passed", () => {
  expect(problems([good])).toEqual([]);
});

it("names tests that failed", () => {
  const bad = file("tests/a.test.ts", test("one", "passed"), test("two", "failed"));
  expect(problems([bad], true, { code: 1, timedOut: false, output: "" })).toEqual([
    "FAILED tests/a.test.ts: two\ntwo is wrong",
  ]);
});

it("says once what fails every test of a file", () => {
  const each = (name: string) => ({ ...test(name, "failed"), failureMessages: ["no engine"] });
  expect(problems([file("tests/a.test.ts", each("one"), each("two"))], true)).toEqual([
    "FAILED tests/a.test.ts: one\nno engine",
    "FAILED tests/a.test.ts: two\nthe same as one above",
    "no test passed",
  ]);
});

it.each(["pending", "todo", "skipped", "disabled"])(
  "in CI a test that is %s is named and fails",
  (status) => {
    const skipping = file("tests/a.test.ts", test("one", "passed"), test("two", status));
    expect(problems([skipping], true)).toEqual(["SKIPPED tests/a.test.ts: two"]);
    expect(problems([skipping], false)).toEqual([]);
  },
);

it.each<[string, JestReport["testResults"], RegExp]>([
  [
    "a file that does not load",
    [{ ...file("tests/a.test.ts"), message: "SyntaxError: x" }],
    /^FAILED tests\/a\.test\.ts: SyntaxError: x/,
  ],
  ["a file without tests", [file("tests/a.test.ts")], /^FAILED tests\/a\.test\.ts: it holds no test/],
  [
    "a file that was asked for and is not there",
    [file("tests/b.test.ts", test("x", "passed"))],
    /^NOT RUN tests\/a/,
  ],
  ["nothing at all", [], /^NOT RUN tests\/a/],
  [
    "only skipped tests, where skips do not count",
    [file("tests/a.test.ts", test("x", "pending"))],
    /^no test passed/,
  ],
])("%s is no pass", (_, files, message) => {
  expect(problems(files, false)[0]).toMatch(message);
});

it("an end by time, or with an odd code, is no pass", () => {
  expect(problems([good], true, { code: 128, timedOut: true, output: "" })).toEqual([
    "TIMEOUT: it was ended",
  ]);
  expect(problems([good], true, { code: 1, timedOut: false, output: "worker gone" })).toEqual([
    "jest ended with 1: worker gone",
  ]);
});

it.each([
  ["true", true],
  ["1", true],
  ["false", false],
  [undefined, false],
])("CI=%s", (value, strict) => {
  expect(skipsFail(value === undefined ? {} : { CI: value })).toBe(strict);
});
