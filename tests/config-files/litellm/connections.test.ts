/** What one connection can make LiteLLM's process read and parse, on stand-ins for uvicorn and h11. */
import { python, runPython } from "./support/door";

const itPython = python ? it : it.skip;
const ask = <Result>(what: string): Result => runPython<Result>("wire.py", { ask: what });

itPython(
  "a body that goes on after the answer is read for 16 MiB, parsed not at all, and ended in time",
  () => {
    expect(ask("endless")).toEqual({
      ...{ read: 17, parsed: 0 },
      ...{ late: ["write_eof", "abort"], whole: [] },
    });
  },
);

itPython("no chunk is parsed, and nothing behind a head that announces chunks is kept", () => {
  expect(ask("chunks")).toEqual({ chunks: [0, 0], length: [1000, 6000] });
});

itPython("a head of many lines is refused before it is parsed, and so is a second request", () => {
  const [bounded, open] = [
    [true, true],
    [true, false],
  ];
  const malformed = "400 refused: not a request that HTTP allows";
  expect(ask("heads")).toEqual({
    found: {
      ...{ "many lines": bounded, "that drip": bounded, two: bounded },
      ...{ plain: open, "a body of lines": open },
    },
    told: [malformed, malformed, "400 refused: one request at a time"],
  });
});

itPython("what an address makes this process read has a rate over all its connections", () => {
  expect(ask("reads")).toEqual({
    count: 1990,
    one: ["pause_reading", "resume_reading", "pause_reading"],
    other: ["pause_reading"],
    local: [],
  });
});

itPython("who does not read its answer is ended after a minute, however it is spread over the answer", () => {
  expect(ask("writes")).toEqual({
    used: [
      [60, true],
      [40, true],
    ],
    ended: ["abort"],
    "next answer": 60,
  });
});
