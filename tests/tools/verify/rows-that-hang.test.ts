/** A row whose answer never comes has failed, and the others are told as they end. */
import { verify, type Result, type Row } from "../../../tools/verify/row";
import type { World } from "../../../tools/verify/world";

const row = (name: string, look: Row["look"]): Row => ({ group: "g", name, look });

it("fails, and keeps nobody from seeing the others", async () => {
  const told: Result[] = [];
  const rows = [
    row("hangs", () => new Promise(() => undefined)),
    row("holds", () => Promise.resolve("well")),
  ];
  const results = await verify({} as World, rows, {
    atOnce: 1,
    seconds: 0.05,
    tell: (result) => told.push(result),
  });
  expect(results).toEqual([
    { group: "g", name: "hangs", ok: false, detail: "no answer within 0.05 s" },
    { group: "g", name: "holds", ok: true, detail: "well" },
  ]);
  expect(told).toEqual(results);
});
