/** The threat model names tests: each of them is there, so that no control rests on one that is gone. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..", "..");
const text = readFileSync(join(root, "docs", "threat-model.md"), "utf8");
const named = [...new Set([...text.matchAll(/`(tests\/[^`*]+\.ts)`/g)].map((match) => match[1] ?? ""))];
/** Rows of its tables: control, what it stops, tests. */
const rows = text
  .split("\n")
  .filter((line) => /^\| (?!control |-)/.test(line))
  .map((line) => line.slice(2, -2).split(" | "));

it("names tests", () => {
  expect(named.length).toBeGreaterThan(20);
});

it.each(named)("%s is there", (path) => {
  expect(existsSync(join(root, path))).toBe(true);
});

it.each(rows)("%s", (...cells: string[]) => {
  expect(cells).toHaveLength(3);
  expect(cells[2]).toMatch(/`tests\/.*\.test\.ts`/);
});

it("says in every section what is left", () => {
  const sections = text.split(/^## /m).slice(1, -1);
  expect(sections.length).toBeGreaterThan(5);
  for (const section of sections) expect(section).toMatch(/^Left: /m);
});
