/** The table of drills, and what is made of a test's report; the drills themselves are `make drills`. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { switchedOff } from "../../../lab/drills/checkout";
import { groupOf } from "../../../lab/drills/drill";
import { drills } from "../../../lab/drills/drills";
import { judge, problemWithControlOn, type JestReport } from "../../../lab/drills/judge";
import { threatRows } from "../../../lab/drills/results";

const root = join(__dirname, "..", "..", "..");
const [first] = drills;

it("is a table of different drills, most of which need nothing but Node", () => {
  expect(new Set(drills.map(({ name }) => name)).size).toBe(drills.length);
  expect(new Set(drills.map(({ file, from, to }) => [file, from, to].join("\0"))).size).toBeGreaterThan(
    drills.length - 3,
  );
  expect(drills.filter((drill) => groupOf(drill) === "fast").length).toBeGreaterThan(60);
});

describe.each(drills)("$name", (drill) => {
  it("finds its control exactly once, and its test", () => {
    const text = readFileSync(join(root, drill.file), "utf8");
    expect(switchedOff(drill, text)).not.toBe(text);
    expect(existsSync(join(root, drill.test))).toBe(true);
    // Those of a deployed lab are not for here.
    expect(drill.test).not.toContain("tests/rehearsal/");
    expect(drill.failing.length).toBeGreaterThan(5);
    expect(() => new RegExp(drill.failing)).not.toThrow();
  });

  it("belongs to one row of the threat model, or to none", () => {
    const rows = threatRows().filter((row) => drill.threat !== undefined && row.startsWith(drill.threat));
    expect(rows).toHaveLength(drill.threat === undefined ? 0 : 1);
  });
});

it.each([
  ["no longer there", "something else"],
  ["there twice", `${first?.from}${first?.from}`],
])("a control that is %s is no drill", (_, text) => {
  if (first === undefined) throw new Error("no drills");
  expect(() => switchedOff(first, text)).toThrow(/times, not once/);
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
