import {
  hostIn,
  isLocked,
  lockProblem,
  locksIn,
  lost,
  placeIn,
  settled,
  unsure,
  type Exported,
  type Pending,
} from "../../../tools/recover/deployment";

const urn = (name: string): string => `urn:pulumi:prod::clawkeep::clawkeep:index:HostBaseline$x:y:Z::${name}`;
const pending = (type: string, name: string): Pending => ({
  type,
  resource: { urn: urn(name), type: "x:y:Z" },
});
const state = (operations: Pending[], ...known: string[]): Exported => ({
  deployment: {
    resources: known.map((name) => ({ urn: urn(name), type: "x:y:Z", id: `id of ${name}` })),
    pending_operations: operations,
  },
});

test("lost is what was being made and is not in the state; unsure is what was being changed or deleted", () => {
  const cut = state(
    [
      pending("creating", "volume"),
      pending("creating", "imported"),
      pending("updating", "server"),
      pending("deleting", "old"),
    ],
    "imported",
    "server",
    "old",
  );
  expect(lost(cut).map((each) => each.urn)).toEqual([urn("volume")]);
  expect(unsure(cut).map((each) => each.urn)).toEqual([urn("server"), urn("old")]);
  expect(settled(cut)).toEqual(state([], "imported", "server", "old"));
});

test("a state without any of it has neither", () => {
  expect([lost({ deployment: {} }), unsure({ deployment: {} }), hostIn({ deployment: {} })]).toEqual([
    [],
    [],
    undefined,
  ]);
});

test("its place is its parent's, and its provider without the provider's id", () => {
  const resource = {
    urn: urn("volume"),
    type: "x:y:Z",
    parent: urn("host"),
    provider: `${urn("hcloud")}::f3a0-4d`,
  };
  expect(placeIn("prod", resource)).toEqual({
    ...{ stack: "prod", type: "x:y:Z", resource: "volume", parent: urn("host"), provider: urn("hcloud") },
  });
  expect(() => placeIn("prod", { ...resource, provider: undefined as never })).toThrow(/whose volume is/);
});

test("the host is where its Docker provider goes, by the same options", () => {
  const provider = (inputs: Record<string, unknown>): Exported => ({
    deployment: { resources: [{ urn: urn("docker"), type: "pulumi:providers:docker", inputs }] },
  });
  expect(hostIn(provider({ host: "ssh://root@203.0.113.10:9922", sshOpts: '["-o","A=b c"]' }))).toEqual([
    ...["-o", "A=b c", "-p", "9922", "root@203.0.113.10"],
  ]);
  // Not known yet, or not to be read.
  expect(hostIn(provider({ host: "04da6b54-80e4-46f7-96ec-b56ff0331ba9", sshOpts: "[]" }))).toBeUndefined();
});

describe("a lock", () => {
  const said = `error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.
  file:///state/.pulumi/locks/organization/clawkeep/prod/5688.json?no_tmp_dir=true: created by ann@desk (pid 628) at 2026-11-29T16:28:45Z`;
  const [lock] = locksIn(said);
  const problem = (machine: string, lives: boolean, answersFor = false) =>
    lockProblem("prod", locksIn(said), machine, () => lives, answersFor);

  test("says whose it is", () => {
    expect(isLocked(said)).toBe(true);
    expect(lock).toEqual({ who: "ann", machine: "desk", pid: 628, since: "2026-11-29T16:28:45Z" });
    expect(isLocked("error: [409] Conflict: Another update is currently in progress.")).toBe(true);
    expect(isLocked("error: no stack named 'prod' found")).toBe(false);
  });

  test("of one that has ended on this machine is taken away", () => {
    expect(problem("desk", false)).toBeUndefined();
  });

  test("of one that runs never is, whatever the operator says", () => {
    for (const answersFor of [false, true])
      expect(problem("desk", true, answersFor)).toMatch(/^pulumi is at work on prod \(process 628 of ann/);
  });

  test("of another machine only when the operator answers for it", () => {
    expect(problem("other", false)).toMatch(
      /locked by ann on desk since .*make recover STACK=prod UNLOCK=1$/,
    );
    expect(problem("other", false, true)).toBeUndefined();
  });

  test("of nobody that the backend names is treated so too", () => {
    expect(lockProblem("prod", [], "desk", () => true, false)).toMatch(
      /somebody whom the backend does not name.*UNLOCK=1/,
    );
    expect(lockProblem("prod", [], "desk", () => true, true)).toBeUndefined();
  });
});
