/** What docs/rehearsed.md and the evening with a real account name is there: tests, rows of the long run, each other's rows. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { rows as longRows } from "../../lab/testing/rows";

const root = join(__dirname, "..", "..");
const read = (page: string): string => readFileSync(join(root, "docs", page), "utf8");
const [rehearsed, evening, makefile] = [
  read("rehearsed.md"),
  read("first-real-deployment.md"),
  readFileSync(join(root, "Makefile"), "utf8"),
];
const upTo = (letter: string, last: number): string[] =>
  Array.from({ length: last }, (_, index) => `${letter}${index + 1}`);
/** Rows of the tables by their id: the other cells. */
const rows = new Map(
  rehearsed
    .split("\n")
    .filter((line) => /^\| [HPC]\d+ /.test(line))
    .map((line) => line.slice(2, -2).split(" | "))
    .map(([id = "", ...cells]): [string, string[]] => [id.trim(), cells]),
);
/** Sections of the evening by their id. */
const sections = new Map(
  evening
    .split(/^### /m)
    .slice(1)
    .map((section): [string, string] => [/^R\d+(?= \S)/.exec(section)?.[0] ?? "", section]),
);
const idsIn = (text: string, letter: string): string[] =>
  [...text.matchAll(new RegExp(`\\b${letter}\\d+\\b`, "g"))].map(([id]) => id);

test("every difference of a server, of the providers and of Cloudflare's plugin has its row, once and in order", () => {
  expect([...rows.keys()]).toEqual([...upTo("H", 24), ...upTo("P", 15), ...upTo("C", 14)]);
});

test.each([...rows])("%s says what is real, what was done, and what shows it", (_, cells) => {
  expect(cells).toHaveLength(3);
  const shown = cells[2] ?? "";
  // By a test that is there, or by a row of the evening with a real account.
  expect(shown).toMatch(/`tests\/|same|\bR\d/);
});

const tests = [rehearsed, evening].flatMap((text) => [...text.matchAll(/`(tests\/[^`*]+\.ts)`/g)]);
test.each([...new Set(tests.map(([, path]) => path ?? ""))])("%s is there", (path) => {
  expect(existsSync(join(root, path))).toBe(true);
});

test("a test named by its file alone is beside the one before it", () => {
  const alone = [...rehearsed.matchAll(/`(tests\/[^`]+\/)[^`/]+`, `([^`/]+\.test\.ts)` beside it/g)];
  expect(alone.length).toBeGreaterThan(0);
  for (const [, folder = "", name = ""] of alone) expect(existsSync(join(root, folder, name))).toBe(true);
});

test("every row of the long run that is named exists", () => {
  const paragraph = /make test-long NAME=([^;|]*)/g;
  const named = [...rehearsed.matchAll(paragraph)].flatMap(([, names = ""]) =>
    [...names.matchAll(/(?:^|`)([a-z][a-z0-9-]+)(?=`)/g)].map(([, name]) => name ?? ""),
  );
  expect(named.length).toBeGreaterThan(5);
  const known: string[] = longRows.map(({ name }) => name);
  expect(named.filter((name) => !known.includes(name))).toEqual([]);
});

test("rows of the evening are numbered in order, and each says what to type, see, settle and how to stop", () => {
  expect([...sections.keys()]).toEqual(upTo("R", sections.size));
  for (const [id, section] of sections) {
    const marks = [...section.matchAll(/^- \*\*([^*:]+):\*\*/gm)].map(([, mark]) => mark);
    expect([id, marks]).toEqual([id, ["Type", "Look at", "Settles", "Stop, and what it costs"]]);
  }
});

test("the two pages name only rows of each other that exist", () => {
  expect(idsIn(rehearsed, "R").filter((id) => !sections.has(id))).toEqual([]);
  expect(["H", "P", "C"].flatMap((letter) => idsIn(evening, letter)).filter((id) => !rows.has(id))).toEqual(
    [],
  );
  expect(idsIn(evening, "R").filter((id) => !sections.has(id))).toEqual([]);
});

test("what a row of the tables leaves to the evening, that row of the evening settles", () => {
  for (const [id, cells] of rows)
    for (const evenings of idsIn(cells[2] ?? "", "R")) {
      const settles = /\*\*Settles:\*\*([\s\S]*?)\n- \*\*/.exec(sections.get(evenings) ?? "")?.[1] ?? "";
      expect([id, evenings, settles]).toEqual([
        id,
        evenings,
        expect.stringMatching(new RegExp(`\\b${id}\\b`)),
      ]);
    }
});

test("links and targets of the evening lead somewhere", () => {
  const links = [...evening.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path]) => path ?? "");
  expect(links.filter((path) => !existsSync(join(root, "docs", path)))).toEqual([]);
  const targets = [...evening.matchAll(/`make ([a-z-]+)/g)].map(([, target]) => target ?? "");
  expect(targets.filter((target) => !new RegExp(`^${target}:`, "m").test(makefile))).toEqual([]);
});
