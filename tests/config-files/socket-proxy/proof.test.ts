/** The filter's second socket, by which root proves a gateway's tools: nothing that the gateway uses up is in the way there. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { controls } from "../../../config-files/socket-proxy/controls";
import { DecisionLog } from "../../../config-files/socket-proxy/decision-log";
import { proofConfiguration } from "../../../config-files/socket-proxy/proof";
import { FilterServer } from "../../../config-files/socket-proxy/server";
import { exampleConfiguration } from "./support/configuration";
import { FilterProcess } from "./support/filter-process";
import { createBody, execBody, execStartBody } from "./support/legal";
import { http, send } from "./support/raw-http";
import { ScriptedEngine } from "./support/scripted-engine";

jest.setTimeout(60_000);
const gid = process.getgid?.() ?? 0;
/** Another group that this user may give a file to. */
const another = gid === 0 ? 4321 : (process.getgroups?.().find((each) => each > 0 && each !== gid) ?? gid);
const few = { connections: 8, createdExecs: 2, sandboxRate: { burst: 3, perMinute: 1 }, sandboxes: 3 };
let directory: string;
let engine: ScriptedEngine;
let servers: FilterServer[];
let sandbox: string;
let deployed: FilterProcess | undefined;

const configuration = () => {
  const example = exampleConfiguration();
  return {
    ...example,
    listen: join(directory, "docker.sock"),
    upstream: engine.socket,
    limits: { ...example.limits, ...few },
  };
};

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "clawkeep-proof-"));
  engine = new ScriptedEngine(join(directory, "engine"));
  sandbox = engine.container("test.one", { "clawkeep.gateway": "test" });
  await engine.listen();
  servers = [];
});
afterEach(async () => {
  await deployed?.end("SIGKILL");
  deployed = undefined;
  for (const server of servers) await server.close();
  engine.close();
  rmSync(directory, { recursive: true });
});

/** Both sockets, as main.ts has them. */
async function bothSockets(): Promise<void> {
  for (const each of [configuration(), proofConfiguration(configuration())]) {
    const log = new DecisionLog("test", () => undefined);
    const server = new FilterServer(each, log, {
      ...controls,
      rebuildBinds: () => [],
      isClosed: () => false,
    });
    servers.push(server);
    await server.listen();
  }
}
const statusOf = async (socket: string, bytes: Buffer): Promise<number> =>
  (await send(join(directory, socket), [bytes], { timeoutMs: 2_000 }))[0]?.status ?? 0;
const create = (socket: string) => {
  const body = createBody({ ...exampleConfiguration().sandbox, workspace: "workspace-1" });
  return statusOf(socket, http("POST", "/containers/create?name=test.proof-1", body));
};
const exec = (socket: string) =>
  statusOf(socket, http("POST", `/containers/${sandbox}/exec`, execBody("id")));
const start = (socket: string) => statusOf(socket, http("POST", `/containers/${sandbox}/start`));

test("a gateway that creates, starts and prepares without end holds itself up alone", async () => {
  await bothSockets();
  for (const [deed, ended] of [
    [create, 201],
    [start, 204],
    [exec, 201],
  ] as const) {
    const found: number[] = [];
    for (let n = 0; n < 4; n++) found.push(await deed("docker.sock"));
    expect([found[0], found[3]]).toEqual([ended, 429]);
    expect(await deed("proof.sock")).toBe(ended);
  }
});

test("a gateway that has all its sandboxes leaves room for one more there, and for no other", async () => {
  await bothSockets();
  let sandboxes = 3;
  engine.answer = (line) =>
    line.startsWith("GET /containers/json")
      ? [200, Array.from({ length: sandboxes }, () => ({ Names: ["/test.one"] }))]
      : undefined;
  expect([await create("docker.sock"), await create("proof.sock")]).toEqual([409, 201]);
  sandboxes = 4;
  expect(await create("proof.sock")).toBe(409);
});

test("a gateway that holds every connection holds none of the other socket", async () => {
  await bothSockets();
  const held = await Promise.all(
    Array.from({ length: 20 }, () => {
      const socket = connect(join(directory, "docker.sock")).on("error", () => undefined);
      return new Promise<Socket>((open) => socket.once("connect", () => open(socket)));
    }),
  );
  expect(await statusOf("docker.sock", http("GET", "/_ping"))).toBe(0);
  expect(await statusOf("proof.sock", http("GET", "/_ping"))).toBe(200);
  for (const socket of held) socket.destroy();
});

test("what was created by the one socket is not started by the other", async () => {
  await bothSockets();
  const [answer] = await send(join(directory, "proof.sock"), [
    http("POST", `/containers/${sandbox}/exec`, execBody("id")),
  ]);
  const { Id: id } = JSON.parse(answer?.body ?? "{}") as { Id: string };
  const upgrade = { headers: { Connection: "Upgrade", Upgrade: "tcp" } };
  const started = http("POST", `/exec/${id}/start`, execStartBody, upgrade);
  expect(await statusOf("docker.sock", started)).toBe(404);
});

test("the process exports both, the one for the sandboxes' group alone, and neither where it cannot have both", async () => {
  deployed = FilterProcess.create(directory, {
    ...configuration(),
    sandbox: { ...configuration().sandbox, gid: another },
  });
  await deployed.start();
  expect(await statusOf("proof.sock", http("GET", "/_ping"))).toBe(200);
  const { mode, gid: group } = statSync(join(directory, "proof.sock"));
  expect([mode & 0o777, group]).toEqual([0o660, another]);
  expect(statSync(join(directory, "docker.sock")).gid).toBe(gid);
  expect(await deployed.end("SIGTERM")).toBe(0);
  writeFileSync(join(directory, "proof.sock"), "no socket");
  await expect(deployed.start()).rejects.toThrow("did not start");
  expect(await deployed.end("SIGTERM")).toBeNull();
});
