/** The table of controls, and what is made of a test's report. They are taken away by `make test-long NAME=controls-...`. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { allControls } from "../../../lab/testing/controls/all";
import { switchedOff } from "../../../lab/testing/controls/checkout";
import { groupOf } from "../../../lab/testing/controls/control";
import { judge, problemWithControlOn, type JestReport } from "../../../lab/testing/controls/judge";
import { isFilesRow, rows } from "../../../lab/testing/rows";

const root = join(__dirname, "..", "..", "..");
/** Beginnings of the rows of the threat model's tables. */
const threats = readFileSync(join(root, "docs", "threat-model.md"), "utf8")
  .split("\n")
  .filter((line) => /^\| (?!control |-)/.test(line))
  .map((line) => line.slice(2).split(" | ")[0]?.trim() ?? "");

it("is a table of different controls, most of which need nothing but Node", () => {
  expect(new Set(allControls.map(({ name }) => name)).size).toBe(allControls.length);
  expect(new Set(allControls.map(({ file, from, to }) => [file, from, to].join("\0"))).size).toBeGreaterThan(
    allControls.length - 3,
  );
  expect(allControls.filter((control) => groupOf(control) === "fast").length).toBeGreaterThan(60);
});

it("each of them is in exactly one row of the long run", () => {
  const inRows = rows.flatMap((row) => (isFilesRow(row) ? [] : row.controls.map(({ name }) => name)));
  expect(inRows.sort()).toEqual(allControls.map(({ name }) => name).sort());
});

it("the text of each is in its file once: one that has moved is no control any more", () => {
  const moved = allControls.filter(
    ({ file, from }) => readFileSync(join(root, file), "utf8").split(from).length !== 2,
  );
  expect(moved.map(({ name, file }) => `${name} in ${file}`)).toEqual([]);
});

describe.each(allControls)("$name", (control) => {
  it("has a test", () => {
    expect(existsSync(join(root, control.test))).toBe(true);
    // Those of a deployed lab are not for here.
    expect(control.test).not.toContain("tests/rehearsal/");
    expect(control.failing.length).toBeGreaterThan(5);
    expect(() => new RegExp(control.failing)).not.toThrow();
  });

  it("belongs to one row of the threat model, or to none", () => {
    const own = threats.filter((row) => control.threat !== undefined && row.startsWith(control.threat));
    expect(own).toHaveLength(control.threat === undefined ? 0 : 1);
  });
});

describe("a control", () => {
  const control = { file: "config/a.ts", from: "limit: 1", to: "limit: 100" };

  it("is switched off where its text is, once", () => {
    expect(switchedOff(control, "a\nlimit: 1\nb")).toBe("a\nlimit: 100\nb");
  });

  it.each([
    [
      "no longer there",
      "something else",
      /^its text is in config\/a\.ts 0 times, not once\. Has the control moved\?/,
    ],
    ["there twice", "limit: 1, limit: 1", /^its text is in config\/a\.ts 2 times/],
  ])("that is %s has moved, and the row says so", (_, text, message) => {
    expect(() => switchedOff(control, text)).toThrow(message);
  });
});

describe("a test's report", () => {
  const report = (status: string, failure = "", fullName = "the control holds"): JestReport => ({
    testResults: [
      { message: "", assertionResults: [{ status, fullName, failureMessages: failure ? [failure] : [] }] },
    ],
  });
  const unrunnable: JestReport = {
    testResults: [{ message: "  SyntaxError: Unexpected token", assertionResults: [] }],
  };
  const met = "Error: \u001b[2mexpect(\u001b[22m\u001b[31mreceived\u001b[39m\u001b[2m).\u001b[22mtoBe()";

  it.each([
    ["an expectation that is not met", report("failed", met), "caught"],
    [
      "one inside a property",
      report("failed", "Error: Property failed after 1 tests\nCause: Error: expect(received).toBe(expected)"),
      "caught",
    ],
    ["tests that pass", report("passed"), "missed"],
    ["another error", report("failed", "TypeError: x is not a function\n    at expectations.ts"), "broken"],
    ["a test that takes too long", report("failed", "thrown: Exceeded timeout of 5000 ms"), "broken"],
    ["a file that does not load", unrunnable, "broken"],
    ["another test that fails", report("failed", met, "something else"), "broken"],
    ["a test that is not run", report("pending"), "broken"],
  ])("with the control off, %s", (_, given, result) => {
    expect(judge(given, "control").result).toBe(result);
  });

  it.each([
    ["passes", report("passed"), undefined],
    ["fails", report("failed", met), "broken"],
    ["is skipped on this machine", report("pending"), "skipped"],
    ["is not there", report("passed", "", "something else"), "broken"],
    ["does not load", unrunnable, "broken"],
  ])("with the control on, a test that %s", (_, given, result) => {
    expect(problemWithControlOn(given, "control")?.result).toBe(result);
  });
});
