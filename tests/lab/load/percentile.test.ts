/** The p95 that a claim about slow turns rests on. */
import fc from "fast-check";
import { compareEachP95, compareP95, percentile } from "../../../lab/load/percentile";

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

it.each([
  [20, 0.95, 19],
  [60, 0.95, 57],
  [61, 0.95, 58],
  [100, 0.95, 95],
  [1, 0.95, 1],
  [4, 0.5, 2],
  [5, 0.5, 3],
  [7, 1, 7],
])("of 1 to %i at %f it is %i, by nearest rank", (last, share, found) => {
  expect(percentile(upTo(last).reverse(), share)).toBe(found);
});

it("is a measured value that the share does not exceed, and no smaller one is", () => {
  const values = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 100 }), (measured, percent) => {
      const found = percentile(measured, percent / 100);
      const within = (most: number): number => measured.filter((value) => value <= most).length * 100;
      expect(measured).toContain(found);
      expect(within(found)).toBeGreaterThanOrEqual(percent * measured.length);
      expect(within(found - 1)).toBeLessThan(percent * measured.length);
    }),
  );
});

it("is not fooled by an order that numbers have as text", () => {
  expect(percentile([9, 10, 100, 1000], 0.75)).toBe(100);
});

it.each<[string, number[], number, RegExp]>([
  ["nothing", [], 0.95, /no value was measured/],
  ["a turn without a time", [1, Number.NaN], 0.95, /no number/],
  ["a percentage for a share", [1], 95, /95 is no share/],
  ["no share at all", [1], 0, /0 is no share/],
])("refuses %s", (_, values, share, says) => {
  expect(() => percentile(values, share)).toThrow(says);
});

it("compares both sides at their p95, not at their middle", () => {
  const alone = upTo(100);
  const slowTail = alone.map((value) => (value > 90 ? value * 3 : value));
  expect(compareP95(alone, slowTail)).toEqual({ alone: 95, beside: 285, ratio: 3 });
  expect(compareP95(alone, alone).ratio).toBe(1);
  expect(() => compareP95([0], [1])).toThrow("nothing takes no time");
});

describe("of many things", () => {
  const things = (slow: number): Map<string, number[]> =>
    new Map(
      upTo(21).map((number) => [
        `thing ${number}`,
        upTo(21).map((turn) => (number === 7 && turn <= slow ? 60_000 : 1500)),
      ]),
    );
  const alone = upTo(300).map(() => 1500);

  it("the one that stops everything is seen, where a p95 over all of them is blind to it", () => {
    const found = things(21);
    expect(compareP95(alone, [...found.values()].flat()).ratio).toBe(1);
    const [worst, next] = compareEachP95(alone, found);
    expect([worst, next?.ratio]).toEqual([{ thing: "thing 7", alone: 1500, beside: 60_000, ratio: 40 }, 1]);
  });

  it("a thing that stops one gateway of three is seen, one slow turn of twenty is not", () => {
    expect(compareEachP95(alone, things(7))[0]?.ratio).toBe(40);
    expect(compareEachP95(alone, things(2))[0]?.ratio).toBe(40);
    expect(compareEachP95(alone, things(1))[0]?.ratio).toBe(1);
  });

  it("too few values of one, and no thing at all, are no comparison", () => {
    const few = new Map([...things(0), ["rare", upTo(19)]]);
    expect(() => compareEachP95(alone, few)).toThrow("rare: 19 values were measured, fewer than 20");
    expect(() => compareEachP95(alone, new Map())).toThrow("nothing was done beside it");
  });
});
