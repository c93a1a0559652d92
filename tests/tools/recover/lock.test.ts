import { isLocked, lockProblem, locksIn, type Here } from "../../../tools/recover/lock";
import type { Process } from "../../../tools/recover/processes";

const said = `error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.
  file:///state/.pulumi/locks/organization/clawkeep/prod/5688.json?no_tmp_dir=true: created by ann@desk (pid 628) at 2026-11-29T16:28:45Z`;
const since = Date.parse("2026-11-29T16:28:45Z");
const process628 = (name: string, began: number): Process => ({
  ...{ pid: 628, parent: 1, uid: 1000, name, began },
});
const desk: Here = { machine: "desk", user: "ann", stateIsHere: false, processes: [] };
const problem = (here: Partial<Here>, answersFor = false): string | undefined =>
  lockProblem("prod", said, { ...desk, ...here }, answersFor);

test("says whose it is", () => {
  expect(isLocked(said)).toBe(true);
  expect(locksIn(said)).toEqual([{ who: "ann", machine: "desk", pid: 628, since: "2026-11-29T16:28:45Z" }]);
  expect(isLocked("error: [409] Conflict: Another update is currently in progress.")).toBe(true);
  for (const free of ["error: no stack named 'prod' found", "error: stack 'prod' already exists"])
    expect(isLocked(free)).toBe(false);
});

test("of one that has ended on this machine is taken away", () => {
  expect(problem({})).toBeUndefined();
});

test("of one that runs never is, whatever the operator says", () => {
  const processes = [process628("pulumi", since - 1500)];
  for (const answersFor of [false, true])
    expect(problem({ processes }, answersFor)).toMatch(/^pulumi is at work on prod \(process 628 of ann/);
});

test.each([
  ["another program", process628("postgres", since - 3_600_000)],
  ["a pulumi of after the machine was started again", process628("pulumi", since + 3_600_000)],
])("whose number is that of %s by now is of one that has ended", (_, other) => {
  for (const answersFor of [false, true]) expect(problem({ processes: [other] }, answersFor)).toBeUndefined();
});

test("of another machine only when the operator answers for it", () => {
  expect(problem({ machine: "other" })).toMatch(
    /locked by ann on desk since .*make recover STACK=prod UNLOCK=1$/,
  );
  expect(problem({ machine: "other" }, true)).toBeUndefined();
});

test("of a machine that is only called as this one too, where neither user nor place of the state say more", () => {
  const refused =
    /ann on desk since \S+ \(this machine is called so too, and has no such process\)\. .* UNLOCK=1$/;
  expect(problem({ user: "bob" })).toMatch(refused);
  expect(problem({ user: "bob" }, true)).toBeUndefined();
  expect(problem({ user: "bob", stateIsHere: true })).toBeUndefined();
  const unnamed = said.replace("@desk", "@localhost");
  const here = { ...desk, machine: "localhost" };
  expect(lockProblem("prod", unnamed, here, false)).toMatch(/ann on localhost .*UNLOCK=1$/);
  expect(lockProblem("prod", unnamed, { ...here, stateIsHere: true }, false)).toBeUndefined();
});

test("of nobody that the backend names is treated so too", () => {
  const refusal = "error: [409] Conflict: Another update is currently in progress.";
  expect(lockProblem("prod", refusal, desk, false)).toMatch(
    /somebody whom the backend does not name.*UNLOCK=1/,
  );
  expect(lockProblem("prod", refusal, desk, true)).toBeUndefined();
  const shown =
    "Current stack is prod:\n    Update in progress:\n\tStarted: 2 hours ago\n\tRequested By: bob\n";
  expect(isLocked(shown)).toBe(true);
  expect(lockProblem("prod", shown, desk, false)).toMatch(/^prod is locked by bob\. .*UNLOCK=1/);
});
