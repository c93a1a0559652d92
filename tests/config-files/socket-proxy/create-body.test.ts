import fc from "fast-check";
import { rebuildBinds, type FileSystem } from "../../../config-files/socket-proxy/binds";
import { rebuildCreateBody } from "../../../config-files/socket-proxy/create-body";
import { rebuildExecBody, rebuildSelfExecBody } from "../../../config-files/socket-proxy/exec-body";
import { Refusal } from "../../../config-files/http-service/refusal";
import { parseStrictJson } from "../../../config-files/http-service/strict-json";
import { exampleConfiguration, nodePath } from "./support/configuration";
import { createBody, execBody, olderCreateBody, selfExecBody, type Body } from "./support/legal";
import { mutated } from "./support/mutated";

const configuration = exampleConfiguration();
const place = { ...configuration.sandbox, workspace: "workspace-1" };
const system: FileSystem = {
  mountInfo: () => "1 0 7:0 / /sandboxes/here rw,nosuid,nodev,nosymfollow - ext4 /dev/loop0 rw\n",
  lstat: () => ({ dev: 7, isDirectory: () => true }),
};
const toMounts: typeof rebuildBinds = (binds, sandbox) => rebuildBinds(binds, sandbox, system);

function rebuild(body: Body): Body {
  return rebuildCreateBody(parseStrictJson(Buffer.from(JSON.stringify(body))), configuration, toMounts);
}

/** What must hold of every container, written down apart from the code that makes it so. */
function expectHardened(sent: Body): void {
  const { HostConfig: host, ...top } = sent;
  const most = (value: number, limit: number): boolean =>
    Number.isInteger(value) && value > 0 && value <= limit;
  expect(top).toMatchObject({
    User: "1000:1000",
    Image: configuration.sandbox.imageId,
    Entrypoint: ["sleep"],
    Cmd: ["infinity"],
    WorkingDir: "/workspace",
    Tty: false,
    OpenStdin: false,
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
  });
  expect(host).toMatchObject({
    NetworkMode: "none",
    CapAdd: [],
    CapDrop: ["ALL"],
    SecurityOpt: ["no-new-privileges"],
    Privileged: false,
    ReadonlyRootfs: true,
    PidMode: "",
    UTSMode: "",
    IpcMode: "private",
    CgroupnsMode: "private",
    RestartPolicy: { Name: "no" },
    LogConfig: { Type: "none" },
    Init: true,
    CgroupParent: "openclaw-test.slice",
  });
  expect(most(host.Memory, 512 * 1024 * 1024) && host.MemorySwap === host.Memory).toBe(true);
  expect(most(host.NanoCpus, 500_000_000) && most(host.PidsLimit, 128)).toBe(true);
  expect(top["Labels"]).toMatchObject({ "clawkeep.gateway": "test", "openclaw.sandbox": "1" });
  expect(
    Object.keys(top["Labels"]).every((name) => name === "clawkeep.gateway" || name.startsWith("openclaw.")),
  ).toBe(true);
  for (const mount of host.Mounts) {
    expect(mount.Source).toMatch(/^\/sandboxes\/here\/[a-z0-9][a-z0-9._-]*(\/(\.agents\/)?skills)?$/);
    expect(mount.Target).toMatch(/^\/workspace(\/(\.agents\/)?skills)?$/);
    expect(mount.Target === "/workspace" || mount.ReadOnly).toBe(true);
  }
  for (const options of Object.values(host.Tmpfs))
    expect(options).toMatch(/^rw,nosuid,nodev,noexec,size=[1-9][0-9]*k$/);
  const fields = [
    "Mounts Tmpfs NetworkMode IpcMode CgroupnsMode PidMode UTSMode Privileged ReadonlyRootfs CapAdd CapDrop SecurityOpt",
    "Init CgroupParent RestartPolicy AutoRemove LogConfig ShmSize Memory MemorySwap NanoCpus PidsLimit Ulimits",
  ];
  expect(Object.keys(host).filter((field) => !fields.join(" ").split(" ").includes(field))).toEqual([]);
  const topFields =
    "Hostname User AttachStdin AttachStdout AttachStderr Tty OpenStdin Env Entrypoint Cmd Healthcheck Image WorkingDir Labels";
  expect(Object.keys(top).filter((field) => !topFields.split(" ").includes(field))).toEqual([]);
}

test("both release lines' bodies are accepted, and hardened", () => {
  expectHardened(rebuild(createBody(place)));
  expectHardened(rebuild(olderCreateBody(place)));
});

test("whatever is sent is refused or hardened", () => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.constantFrom(createBody(place), olderCreateBody(place)).chain(mutated), (body) => {
      let sent: Body;
      try {
        sent = rebuild(body);
      } catch (error) {
        expect(error).toBeInstanceOf(Refusal);
        return;
      }
      accepted++;
      expectHardened(sent);
    }),
    { numRuns: 5_000 },
  );
  // Otherwise the property says nothing.
  expect(accepted).toBeGreaterThan(100);
});

test("lower limits than the filter's are kept", () => {
  const body = createBody(place);
  Object.assign(body["HostConfig"], {
    Memory: 64 * 1024 ** 2,
    MemorySwap: 64 * 1024 ** 2,
    PidsLimit: 10,
    NanoCpus: 1e8,
  });
  body["HostConfig"].Ulimits = [{ Name: "nofile", Hard: 64, Soft: 32 }];
  body["HostConfig"].Tmpfs = { "/tmp": "size=512k" };
  expect(rebuild(body)["HostConfig"]).toMatchObject({
    Memory: 64 * 1024 ** 2,
    PidsLimit: 10,
    NanoCpus: 1e8,
    Tmpfs: { "/tmp": "rw,nosuid,nodev,noexec,size=512k" },
    Ulimits: [
      { Name: "core", Hard: 0, Soft: 0 },
      { Name: "nofile", Hard: 64, Soft: 32 },
    ],
  });
});

test.each<[string, Body]>([
  ["memory", { Memory: 513 * 1024 ** 2, MemorySwap: 513 * 1024 ** 2 }],
  ["swap", { MemorySwap: 1024 * 1024 ** 2 }],
  ["CPU", { NanoCpus: 500_000_001 }],
  ["processes", { PidsLimit: 129 }],
  ["open files", { Ulimits: [{ Name: "nofile", Hard: 1025, Soft: 64 }] }],
  ["core dumps", { Ulimits: [{ Name: "core", Hard: 1, Soft: 0 }] }],
])("more than the filter's limit is refused: %s", (_, more) => {
  const body = createBody(place);
  Object.assign(body["HostConfig"], more);
  expect(() => rebuild(body)).toThrow(/must (be at most|equal)/);
});

test("what an exec may be is never privileged, never another user", () => {
  fc.assert(
    fc.property(mutated(execBody("id")), (body) => {
      let sent: Body;
      try {
        sent = rebuildExecBody(parseStrictJson(Buffer.from(JSON.stringify(body))), configuration);
      } catch (error) {
        expect(error).toBeInstanceOf(Refusal);
        return;
      }
      expect(sent).toMatchObject({ User: "1000:1000", Privileged: false, Tty: false, DetachKeys: "" });
      expect(sent["WorkingDir"]).toMatch(/^(\/workspace.*)?$/);
      expect(Object.keys(sent)).toHaveLength(10);
    }),
    { numRuns: 2_000 },
  );
});

test("what may run in the gateway's own container is one thing", () => {
  const meant = {
    Cmd: selfExecBody(nodePath)["Cmd"],
    User: "",
    Privileged: false,
    Env: [],
    AttachStdin: false,
  };
  fc.assert(
    fc.property(mutated(selfExecBody(nodePath)), (body) => {
      let sent: object;
      try {
        sent = rebuildSelfExecBody(parseStrictJson(Buffer.from(JSON.stringify(body))), configuration);
      } catch (error) {
        expect(error).toBeInstanceOf(Refusal);
        return;
      }
      expect(sent).toMatchObject(meant);
    }),
    { numRuns: 2_000 },
  );
});
