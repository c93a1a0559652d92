/** A gateway that is stopped starts nothing: what runs on its behalf ends with it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { controls } from "../../../config-files/socket-proxy/controls";
import { DecisionLog } from "../../../config-files/socket-proxy/decision-log";
import { FilterServer } from "../../../config-files/socket-proxy/server";
import { exampleConfiguration } from "./support/configuration";
import { createBody, execBody, execStartBody, type Body } from "./support/legal";
import { http, send } from "./support/raw-http";
import { ScriptedEngine } from "./support/scripted-engine";

const own = { "clawkeep.gateway": "test" };
let directory: string;
let engine: ScriptedEngine;
let server: FilterServer;
let socket: string;
let closed: string;
let sandbox: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "clawkeep-closed-"));
  mkdirSync(join(directory, "sandboxes", "workspaces"), { recursive: true });
  closed = join(directory, "sandboxes", "closed");
  engine = new ScriptedEngine(join(directory, "engine"));
  sandbox = engine.container("test.one", own);
  await engine.listen();
  await filter();
});
afterEach(async () => {
  await server.close();
  engine.close();
  rmSync(directory, { recursive: true });
});

async function filter(): Promise<void> {
  const example = exampleConfiguration();
  socket = join(directory, "filter");
  const configuration = {
    ...example,
    listen: socket,
    upstream: engine.socket,
    sandbox: { ...example.sandbox, sourceDirectory: join(directory, "sandboxes", "workspaces") },
  };
  const log = new DecisionLog("test", () => undefined);
  server = new FilterServer(configuration, log, { ...controls, rebuildBinds: () => [] });
  await server.listen();
}

async function call(method: string, path: string, body?: object, headers = {}): Promise<[number, Body]> {
  const [answer] = await send(socket, [http(method, path, body, { headers })]);
  if (answer === undefined) throw new Error("no answer");
  return [answer.status, answer.body.startsWith("{") ? (JSON.parse(answer.body) as Body) : {}];
}
const close = (): void => writeFileSync(closed, "");
const create = () =>
  call(
    "POST",
    "/containers/create?name=test.two",
    createBody({ ...exampleConfiguration().sandbox, workspace: "workspace-1" }),
  );
const refused = [503, { message: "the gateway is being stopped: nothing is started for it" }];

test("nothing is created, started or run while it is closed, and the engine is not asked", async () => {
  const [, { Id: exec }] = await call("POST", `/containers/${sandbox}/exec`, execBody("id"));
  close();
  engine.asked.length = 0;
  expect(await create()).toEqual(refused);
  expect(await call("POST", `/containers/${sandbox}/start`)).toEqual(refused);
  expect(await call("POST", `/containers/${sandbox}/exec`, execBody("id"))).toEqual(refused);
  const upgrade = { Connection: "Upgrade", Upgrade: "tcp" };
  expect(await call("POST", `/exec/${exec}/start`, execStartBody, upgrade)).toEqual(refused);
  expect(engine.changes()).toEqual([]);
});

test("looking and removing go on, so that the gateway can tidy up", async () => {
  close();
  expect((await call("GET", `/containers/${sandbox}/json`))[0]).toBe(200);
  expect((await call("DELETE", `/containers/${sandbox}?force=1`))[0]).toBe(204);
});

test("a new filter is closed too, until it is opened", async () => {
  close();
  await server.close();
  await filter();
  expect(await create()).toEqual(refused);
  rmSync(closed);
  expect((await create())[0]).toBe(201);
});

test("what was on its way to the engine when it was closed is removed again, and nobody is told that it is there", async () => {
  engine.answer = (line) => {
    if (line.startsWith("POST /containers/create") || line.endsWith("/start")) close();
    return undefined;
  };
  expect(await create()).toEqual(refused);
  rmSync(closed);
  expect(await call("POST", `/containers/${sandbox}/start`)).toEqual(refused);
  expect(engine.changes()).toEqual([
    "POST /containers/create?name=test.two",
    `DELETE /containers/${"d".repeat(64)}?force=1`,
    `POST /containers/${sandbox}/start`,
    `DELETE /containers/${sandbox}?force=1`,
  ]);
});

test("where nobody can say whether it is closed, it is", async () => {
  rmSync(join(directory, "sandboxes"), { recursive: true });
  writeFileSync(join(directory, "sandboxes"), "no directory");
  expect(await create()).toEqual(refused);
});
