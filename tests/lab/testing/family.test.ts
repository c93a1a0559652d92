/** Commands that are ended with all that they have started, and times that are told. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runFamily } from "../../../lab/testing/family";
import { timesTable } from "../../../lab/testing/times";

// Processes on a busy machine.
jest.setTimeout(120_000);

const directory = mkdtempSync(join(tmpdir(), "clawkeep-family-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it("ends after its time, with what has left its session", async () => {
  const pidFile = join(directory, "pid");
  const script = `setsid sleep 300 & echo $! >${pidFile}; sleep 300`;
  const { timedOut, code } = await runFamily("bash", ["-c", script], { timeoutSeconds: 3, show: false });
  expect([timedOut, code]).toEqual([true, 128]);
  const pid = readFileSync(pidFile, "utf8").trim();
  const alive = () =>
    existsSync(`/proc/${pid}`) && !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  for (let tries = 0; tries < 600 && alive(); tries++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect(alive()).toBe(false);
});

it.each([
  ["its code and words", "echo out; echo err >&2; exit 3", 3, "out\nerr\n"],
  ["an end that nobody waits for", "sleep 60 & exit 0", 0, ""],
])("tells %s", async (_, script, code, output) => {
  const begin = Date.now();
  expect(await runFamily("bash", ["-c", script], { show: false })).toMatchObject({
    ...{ code, output, timedOut: false },
  });
  expect(Date.now() - begin).toBeLessThan(50_000);
});

it("a command that is not there is 127", async () => {
  expect((await runFamily("clawkeep-nowhere", [], { show: false })).code).toBe(127);
});

it("the ten longest files, groups and minutes are told", () => {
  const files = Array.from({ length: 12 }, (_, index) => ({
    ...{ group: index < 6 ? "fast" : "docker", file: `tests/${index}.test.ts`, seconds: index },
  }));
  const lines = timesTable({
    started: "2026-11-28T16:40:00.000Z",
    total: 90,
    groups: [
      { name: "set-up", seconds: 4 },
      { name: "fast", seconds: 8 },
      { name: "docker", seconds: 60.04 },
    ],
    phases: [{ group: "set-up", name: "images", seconds: 3 }],
    files,
  }).map((line) => line.replace(/ +/g, " ").trim());
  expect(lines).toEqual([
    ...["phases", "set-up: images 3.0 s", "the 10 longest files"],
    ...[11, 10, 9, 8, 7, 6, 5, 4, 3, 2].map((index) => `tests/${index}.test.ts ${index}.0 s`),
    ...["groups", "set-up 4.0 s", "fast (6 files, 15 s of them) 8.0 s"],
    ...["docker (6 files, 51 s of them) 60.0 s", "total 1.5 minutes"],
  ]);
});
