/** The page of the long run: what was written is read again, and which row comes next. */
import { oldestFirst, pageOf, passedWith, readResults, type RowResult } from "../../../lab/testing/page";

const rows = ["first", "second", "third"].map((name) => ({ name, what: `the ${name} thing` }));
const result = (name: string, more: Partial<RowResult> = {}): RowResult => ({
  ...{ name, date: "2026-11-28 16:40", commit: "1a2b3c4+", result: "passed", seconds: 71 },
  ...{ inputs: "0123456789ab", remark: "" },
  ...more,
});
const known = (...results: RowResult[]) => new Map(results.map((each) => [each.name, each]));
const page = (...results: RowResult[]): string => pageOf(rows, known(...results));

it("says of every row what it saw last, or that it was not run", () => {
  const lines = page(result("second"))
    .split("\n")
    .filter((line) => /^\| (first|second|third) /.test(line));
  expect(lines).toEqual([
    "| first | the first thing |  |  | not run yet |  |  |  |",
    "| second | the second thing | 2026-11-28 16:40 | 1a2b3c4+ | passed | 71 | 0123456789ab |  |",
    "| third | the third thing |  |  | not run yet |  |  |  |",
  ]);
});

it("is read as it was written", () => {
  const results = known(
    result("first"),
    result("third", { result: "failed", inputs: "", remark: "a.test.ts: one is two" }),
  );
  expect(readResults(pageOf(rows, results))).toEqual(results);
});

it("is read as a formatter leaves it", () => {
  const wide = page(result("first")).replace(/^\|.*$/gm, (line) => line.replaceAll(" | ", "    | "));
  expect(readResults(wide)).toEqual(known(result("first")));
});

it("a remark cannot be taken for a cell, a line or a mark", () => {
  const odd = result("first", { result: "failed", remark: "a | b\nc *d* `e` <f> | passed |" });
  const read = readResults(page(odd, result("second")));
  expect(read.get("first")).toEqual({ ...odd, remark: "a b c d e f passed" });
  expect(read.size).toBe(2);
});

it("forgets rows that there are no more", () => {
  expect(readResults(page(result("gone"))).size).toBe(0);
});

it.each([
  ["no result", ["| passed |", "| not run yet |"]],
  ["a result that there is not", ["| passed |", "| Passed! |"]],
  ["no date", ["2026-11-28 16:40", "yesterday"]],
  ["no number", ["| 71 |", "| fast |"]],
  ["no hash", ["0123456789ab", "whatever"]],
  ["a cell too many", ["| 71 |", "| 71 | 72 |"]],
] as const)("a line with %s counts as not run", (_, [from, to]) => {
  expect(readResults(page(result("first")).replace(from, to)).size).toBe(0);
});

it("a row that a merge left there twice counts as not run", () => {
  const line = page(result("first"))
    .split("\n")
    .find((each) => each.startsWith("| first"));
  for (const times of [2, 3])
    expect(readResults(Array.from({ length: times }, () => line).join("\n")).size).toBe(0);
});

it.each<[string, RowResult[], string[]]>([
  ["nothing was run", [], ["first", "second", "third"]],
  ["one was not run", [result("first"), result("third")], ["second", "first", "third"]],
  [
    "the last is the oldest",
    [result("first"), result("second"), result("third", { date: "2026-11-28 09:05" })],
    ["third", "first", "second"],
  ],
  [
    "a failure is newest",
    [result("first", { result: "failed", date: "2026-11-29 00:00" }), result("second"), result("third")],
    ["second", "third", "first"],
  ],
])("where %s", (_, results, order) => {
  expect(oldestFirst(rows, known(...results)).map(({ name }) => name)).toEqual(order);
});

describe("make test leaves a row to the long run", () => {
  it("that passed with what it is made from now", () => {
    expect(passedWith(result("first"), "0123456789ab")).toBe(true);
  });

  it.each<[string, RowResult | undefined, string]>([
    ["was never run", undefined, "0123456789ab"],
    ["failed", result("first", { result: "failed" }), "0123456789ab"],
    ["took too long", result("first", { result: "timeout" }), "0123456789ab"],
    ["passed with something else", result("first"), "ba9876543210"],
    ["passed without a hash", result("first", { inputs: "" }), ""],
  ])("but none that %s", (_, last, inputs) => {
    expect(passedWith(last, inputs)).toBe(false);
  });
});
