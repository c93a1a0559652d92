/** Draws that can be drawn again. */
import { drawsOf } from "../../../lab/load/draws";

const some = (seed: number): number[] => {
  const draws = drawsOf(seed);
  return Array.from({ length: 2000 }, () => draws.share());
};

it("are the same for the same seed, and others for the next", () => {
  const [once, again, next] = [some(7), some(7), some(8)];
  expect(again).toEqual(once);
  expect(once.filter((value, at) => value === next[at]).length).toBeLessThan(10);
});

it("are spread: each tenth is drawn about as often as another", () => {
  for (const seed of [0, 1, 12, 999_999_999]) {
    const tenths = Array.from(
      { length: 10 },
      (_, tenth) => some(seed).filter((value) => Math.floor(value * 10) === tenth).length,
    );
    for (const count of tenths) expect(Math.abs(count - 200)).toBeLessThan(80);
  }
});

it("of whole numbers have both ends, and nothing beyond", () => {
  const draws = drawsOf(3);
  const found = Array.from({ length: 500 }, () => draws.whole(2, 4));
  expect([...new Set(found)].sort()).toEqual([2, 3, 4]);
  expect([...new Set(Array.from({ length: 500 }, () => draws.of(["a", "b"])))].sort()).toEqual(["a", "b"]);
  expect(() => draws.of([])).toThrow("nothing to draw from");
});
