/** Parts of the gate that plain Python can ask: what was sent, what is lost, what one gateway can take of LiteLLM. */
import { python, runPython } from "./support/door";

const itPython = python ? it : it.skip;
const ask = <Result>(what: string): Result => runPython<Result>("parts.py", { ask: what });

itPython("it is certain that a call has sent nothing until it, or nobody known, sends something", () => {
  expect(ask("sends")).toEqual({
    unwatched: false,
    "at first": true,
    "another call has sent": true,
    "a task of this call has sent": false,
    "nobody's request": false,
  });
});

itPython(
  "the record of a lost call names gateway, time, model and what was reserved, also one of an earlier release",
  () => {
    const common = { attempts: 1, costUsd: 1.5, result: "lost: the process ended during the call" };
    expect(ask("lost")).toEqual([
      { ...common, time: "2026-11-22T15:00:01Z", call: "id", gateway: "openclaw", model: "main/model" },
      { ...common, time: null, call: "id", gateway: "(operator)", model: "main-model" },
    ]);
  },
);

itPython(
  "a gateway that asks for more work than its share waits, then is refused; another one does neither",
  () => {
    const { waits, other, later, parts } = ask<{
      waits: number[];
      other: number;
      later: number;
      parts: number[];
    }>("paces");
    expect(waits[0]).toBeLessThan(2);
    expect(waits.slice(1, 3)).toEqual([expect.any(Number), expect.any(Number)]);
    expect(Math.max(...waits.filter((wait) => wait < 400))).toBeLessThanOrEqual(30);
    expect(waits.at(-1)).toBe(429);
    expect([other, later]).toEqual([0, expect.any(Number)]);
    expect(later).toBeLessThan(2);
    // Small bodies of many messages are work too.
    expect(parts[0]).toBe(0);
    expect(parts.at(-1)).toBeGreaterThan(10);
  },
);

itPython("a gateway whose bodies are refused waits too: reading them is work", () => {
  expect(ask("refused bodies")).toBeLessThan(8);
});

itPython("requests of nothing, refused or not, wait as well: 200 a second", () => {
  const [waited, last] = ask<[number, number]>("requests");
  expect(waited).toBeGreaterThan(1000);
  expect(waited).toBeLessThan(2000);
  expect(last).toBe(5);
});

itPython("no text of one gateway takes a time that grows with the square of its length", () => {
  const { marks, blanks } = ask<{ marks: number; blanks: number }>("texts");
  expect(Math.max(marks, blanks)).toBeLessThan(0.5);
});

itPython("who hangs up while it waits for its turn gets none, and no turn is waited for without end", () => {
  const expected = { stays: true, leaves: false, odd: true, gaveUp: false, long: 429 };
  expect(ask("waiting")).toEqual(expected);
});

itPython("two gateways that have taken all bytes there are leave every other one room for a turn", () => {
  const room = { "own second": 429, "another's largest": "fits", "a turn": "fits", "too much": 429 };
  expect(ask("shares")).toEqual({ arriving: room, "on the way": room });
});

itPython(
  "a body holds what has come of it, not what it announces, and gives it back once it is handed on",
  () => {
    expect(ask("slow bodies")).toEqual({
      second: 8 * 1024 * 1024,
      full: ["fits", 429],
      handedOn: "fits",
      afterwards: ["fits", "fits"],
      // A picture in a long conversation, and what is too large with its parts.
      parts: ["fits", 413],
    });
  },
);

itPython("requests of one address have a rate before any key, and to be refused is no faster", () => {
  expect(ask("addresses")).toEqual({
    ...{ free: 1000, longest: 5, refused: 5000 },
    ...{ other: 0, later: 0, headers: 2 },
  });
});
