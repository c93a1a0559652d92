import {
  hostIn,
  knownOf,
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
  expect(unsure(cut)).toEqual([urn("server"), urn("old")]);
  expect(settled(cut)).toEqual(state([], "imported", "server", "old"));
});

test("what takes the place of another is lost too, though the state has the one that was deleted for it", () => {
  const { deployment } = state([pending("creating", "server")], "server", "other");
  const [server, ...others] = deployment.resources ?? [];
  const cut = {
    deployment: { ...deployment, resources: [{ ...server, pendingReplacement: true }, ...others] },
  } as Exported;
  expect(lost(cut).map((each) => each.urn)).toEqual([urn("server")]);
  // What bears its name is not the one that was deleted.
  expect(knownOf(cut, pending("creating", "server").resource)).toEqual({
    ...{ ids: ["id of other"], replaced: true },
  });
});

test("ids are those of its type alone: Hetzner counts each kind for itself", () => {
  const resource = { urn: urn("server"), type: "hcloud:index/server:Server" };
  expect(knownOf(state([], "volume"), resource)).toEqual({ ids: [], replaced: false });
});

test("a provider is asked only of what the state has, and once", () => {
  const cut = state(
    [pending("importing", "record"), pending("updating", "server"), pending("reading", "server")],
    "server",
  );
  expect(unsure(cut)).toEqual([urn("server")]);
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
