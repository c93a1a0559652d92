/** docs/docker-bench.md: every number of the benchmark's sections 1 to 5 is a check or left out, every row has its reason. */
import { checks } from "./checks";
import { failing, leftOut, notApplicable, numbers } from "./page";

const ids = checks.map(({ id }) => id);
const upTo = (prefix: string, last: number): string[] =>
  Array.from({ length: last }, (_, index) => `${prefix}.${index + 1}`);

it("reads ranges", () => {
  expect(numbers("1.1.9 to 1.1.11, 2.1, 5.2 to 5.3")).toEqual([
    "1.1.9",
    "1.1.10",
    "1.1.11",
    "2.1",
    "5.2",
    "5.3",
  ]);
});

it("no number is missing, none is both a check and left out", () => {
  const benchmark = [
    ...[...upTo("1.1", 18), ...upTo("1.2", 2), ...upTo("2", 18), ...upTo("3", 24)],
    ...[...upTo("4", 12), ...upTo("5", 32)],
  ];
  expect([...ids, ...leftOut].sort()).toEqual(benchmark.sort());
});

it("names checks, each once", () => {
  const named = [...failing.flatMap((row) => row.ids), ...notApplicable];
  expect(new Set(named).size).toBe(named.length);
  expect(named.filter((id) => !ids.includes(id))).toEqual([]);
  expect(failing.length).toBeGreaterThan(10);
});

it.each(failing.map((row) => [row.ids.join(", "), row] as const))(
  "%s has a place, a thing and a reason",
  (_, row) => {
    expect(["both", "server", "stand-in"]).toContain(row.where);
    expect(row.what.length).toBeGreaterThan(0);
    expect(row.why.length).toBeGreaterThan(30);
  },
);
