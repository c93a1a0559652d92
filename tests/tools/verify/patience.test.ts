/** A look that does not end holds up nobody, and says so; all that was seen is said as it is seen. */
import { setTimeout as sleep } from "node:timers/promises";
import { progress, verify, type Row } from "../../../tools/verify/row";
import type { DeployedStack } from "../../../tools/verify/deployed-stack";

const deployed = {} as DeployedStack;
const never = (): Promise<string> => new Promise(() => undefined);
const row = (group: string, name: string, look: () => Promise<string>): Row => ({ group, name, look });
const rowsOf = (group: string, count: number, look: () => Promise<string>): Row[] =>
  Array.from({ length: count }, (_, index) => row(group, `${group} ${index}`, look));

it("a row that does not end has failed, and the rest is looked at", async () => {
  const rows = [row("one", "hangs", never), row("two", "holds", () => Promise.resolve("well"))];
  expect(await verify(deployed, rows, 2, { each: 0.2, all: 5 })).toEqual([
    { group: "one", name: "hangs", ok: false, detail: "no answer within 1 s" },
    { group: "two", name: "holds", ok: true, detail: "well" },
  ]);
});

it("a row that needs longer has it, and its group is no less patient for it", async () => {
  const slow = { ...row("one", "slow", () => sleep(900, "well")), seconds: 4 };
  const rows = [slow, row("one", "quick", () => sleep(300, "well"))];
  const results = await verify(deployed, rows, 1, { each: 0.8, all: 9 });
  expect(results.map(({ detail }) => detail)).toEqual(["well", "well"]);
});

it("a gateway that answers nothing takes nobody's turn, and its later rows have less time", async () => {
  const rows = [...rowsOf("hostile", 14, never), ...rowsOf("good", 6, () => sleep(50, "well"))];
  const ends: string[] = [];
  const begin = Date.now();
  const results = await verify(deployed, rows, 4, { each: 2, all: 30 }, ({ group }) => ends.push(group));
  // Two at a time: 2 s for the first pair, a sixth of that for each of the six others.
  expect(Date.now() - begin).toBeLessThan(9000);
  expect(ends.slice(0, 6)).toEqual(Array.from({ length: 6 }, () => "good"));
  expect(results.filter(({ ok }) => ok).map(({ group }) => group)).toEqual(Array(6).fill("good"));
});

it("what is not looked at in the time of all has failed, and says why", async () => {
  const results = await verify(
    deployed,
    rowsOf("one", 3, () => sleep(1200, "well")),
    1,
    { each: 5, all: 2 },
  );
  expect(results.map(({ ok, detail }) => [ok, detail])).toEqual([
    [true, "well"],
    [false, "no answer within 1 s"],
    [false, "not looked at: the time of all rows was over before"],
  ]);
});

it("each result is said as it comes, one line each", async () => {
  const lines: string[] = [];
  const rows = [
    row("one", "slow", () => sleep(200, "well")),
    row("two", "quick", () => Promise.reject(new Error("no"))),
  ];
  await verify(deployed, rows, 2, {}, (result) => lines.push(progress(result)));
  expect(lines).toEqual(["FAILED two: quick", "ok     one: slow"]);
});
