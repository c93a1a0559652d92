/** The tables of what `make test` and `make test-long` run, and the hash that keeps a row out of the former. */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repoDir } from "../../../lab/lib/paths";
import { testFiles, type Group } from "../../../lab/testing/groups";
import { inputsHash, inputsOf } from "../../../lab/testing/inputs";
import { guardedRows, isFilesRow, leftToTheLongRun, longestMinutes, rows } from "../../../lab/testing/rows";

// Processes on a busy machine.
jest.setTimeout(120_000);

const groups: readonly Group[] = ["fast", "docker", "rehearsal"];

it("every test file is in one group", () => {
  const all = groups.flatMap((group) => testFiles(group));
  expect(new Set(all).size).toBe(all.length);
  expect(testFiles("docker").length).toBeGreaterThan(30);
  expect(testFiles("rehearsal").length).toBeGreaterThan(15);
  expect(testFiles("fast")).toContain("tests/lab/testing/rows.test.ts");
});

/**
 * A machine that is 20 times slower; takeovers and ways home; what takes as long beside other tests; killed commands; turns for a p95 beside some twenty things; the
 * fast tests three times.
 */
const longer: Readonly<Record<string, number>> = {
  ...{ "real-kernel": 77, "failover-forms": 60, "gateway-changes": 25, litellm: 25 },
  ...{ "four-gateways": 45, "up-killed": 30, "newcomer-patches": 30 },
};

it("rows have names of their own, and at most fifteen minutes, but for some with a reason", () => {
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  expect(longestMinutes).toBe(15);
  for (const { name, what } of rows) {
    expect(name).toMatch(/^[a-z0-9.-]+$/);
    expect(what).toMatch(/^[^|*_`<>]+$/);
  }
  const own = rows.flatMap(({ name, minutes }) => (minutes === undefined ? [] : [[name, minutes]]));
  expect(Object.fromEntries(own)).toEqual(longer);
});

it("a file is in one row at most, and in the group that the row says", () => {
  const files = rows.flatMap((row) => (isFilesRow(row) ? row.files : []));
  expect(new Set(files).size).toBe(files.length);
  for (const row of rows.filter(isFilesRow)) {
    expect(row.files.length).toBeGreaterThan(0);
    expect(testFiles(row.group)).toEqual(expect.arrayContaining([...row.files]));
  }
});

it("no fast file is left to the long run: make test-fast runs all of them", () => {
  expect(leftToTheLongRun("fast")).toEqual([]);
});

describe("what a row is made from", () => {
  it.each(guardedRows)("$name: its tests, what they import, what they read, the lock", async (row) => {
    const inputs = await inputsOf(row);
    expect(inputs).toEqual(expect.arrayContaining([...row.files, "package-lock.json", "jest.config.js"]));
    expect(inputs.length).toBeGreaterThan(10);
    for (const path of inputs) expect(existsSync(join(repoDir, path))).toBe(true);
    expect(inputs).not.toContain("docs/test-long.md");
  });

  it("holds what is imported from elsewhere", async () => {
    const row = guardedRows.find(({ name }) => name === "lab-machine");
    expect(await inputsOf(row ?? { name: "", files: [] })).toEqual(
      expect.arrayContaining(["lab/lib/exec.ts", "lab/internet/addresses.ts", "lab/engine/up.sh"]),
    );
  });

  it("a path that is not there is said, not passed over", async () => {
    await expect(inputsOf({ name: "x", files: [], reads: ["lab/nowhere"] })).rejects.toThrow(
      "row x: lab/nowhere is not there",
    );
  });

  it("its hash changes with a file that nobody has committed, and comes back with it", async () => {
    const row = { name: "x", files: [], reads: ["tests/lab/testing"] };
    const odd = join(__dirname, `odd-${process.pid}.txt`);
    const before = await inputsHash(row);
    expect(before).toMatch(/^[0-9a-f]{12}$/);
    try {
      writeFileSync(odd, "one");
      const one = await inputsHash(row);
      writeFileSync(odd, "two");
      expect(new Set([before, one, await inputsHash(row)]).size).toBe(3);
    } finally {
      rmSync(odd, { force: true });
    }
    expect(await inputsHash(row)).toBe(before);
  });
});
