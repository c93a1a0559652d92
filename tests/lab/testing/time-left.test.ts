/** What `make test` leaves to the long run where CI would end it. */
import { dockerSeconds, fitting, mostSeconds, rehearsalSeconds } from "../../../lab/testing/time-left";

const due = [
  { name: "new", seconds: 900, date: "2026-12-01 10:00" },
  { name: "old", seconds: 300, date: "2026-11-20 10:00" },
  { name: "never", seconds: 400, date: "" },
];

it.each([
  [1600, ["never", "old", "new"]],
  [1599, ["never", "old"]],
  [350, ["old"]],
  [0, []],
  [-60, []],
])("%d s hold these", (left, names) => {
  expect(fitting(due, left).map(({ name }) => name)).toEqual(names);
});

it("ends before CI does", () => {
  expect(mostSeconds).toBeLessThan(90 * 60);
  expect(rehearsalSeconds + dockerSeconds).toBeLessThan(mostSeconds);
});
