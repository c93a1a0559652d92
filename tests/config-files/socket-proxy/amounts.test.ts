/** What one gateway may take of the engine, of the filter and of its log; and what it is told of others. */
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FilterConfiguration } from "../../../config-files/socket-proxy/configuration";
import { controls, type Controls } from "../../../config-files/socket-proxy/controls";
import { DecisionLog } from "../../../config-files/socket-proxy/decision-log";
import { deployedLimits, execBytes, logLines } from "../../../config-files/socket-proxy/limits";
import { FilterServer } from "../../../config-files/socket-proxy/server";
import { exampleConfiguration } from "./support/configuration";
import { createBody, execBody, execStartBody, type Body } from "./support/legal";
import { http, send, type RawAnswer } from "./support/raw-http";
import { ScriptedEngine } from "./support/scripted-engine";

jest.setTimeout(30_000);
const name = "test.one";
const own = { "clawkeep.gateway": "test" };
let directory: string;
let engine: ScriptedEngine;
let server: FilterServer;
let log: DecisionLog;
let lines: Body[];
let sandbox: string;
let configuration: FilterConfiguration;
const started: Socket[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "clawkeep-amounts-"));
  engine = new ScriptedEngine(join(directory, "engine"));
  sandbox = engine.container(name, own);
  await engine.listen();
});
afterEach(async () => {
  for (const socket of started.splice(0)) socket.destroy();
  engine.close();
  await server.close();
  rmSync(directory, { recursive: true });
});

async function filter(
  limits: Partial<FilterConfiguration["limits"]> = {},
  off: Partial<Controls> = {},
): Promise<void> {
  const example = exampleConfiguration();
  configuration = {
    ...example,
    listen: join(directory, "filter"),
    upstream: engine.socket,
    limits: { ...example.limits, ...limits },
  };
  const written: Body[] = [];
  lines = written;
  log = new DecisionLog("test", (line) => written.push(JSON.parse(line) as Body));
  server = new FilterServer(configuration, log, { ...controls, rebuildBinds: () => [], ...off });
  await server.listen();
}

async function call(method: string, path: string, body?: object): Promise<RawAnswer & { json: Body }> {
  const [answer] = await send(configuration.listen, [http(method, path, body)]);
  if (answer === undefined) throw new Error("no answer");
  return { ...answer, json: answer.body.startsWith("{") ? (JSON.parse(answer.body) as Body) : {} };
}
const createExec = (container = sandbox, body = execBody("id")) =>
  call("POST", `/containers/${container}/exec`, body);
const sandboxBody = () => createBody({ ...configuration.sandbox, workspace: "workspace-1" });
const createSandbox = () => call("POST", "/containers/create?name=test.two", sandboxBody());
const upgrade = { headers: { Connection: "Upgrade", Upgrade: "tcp" } };

/** Starts a command. @returns the connection, and the first bytes of the answer */
function start(exec: string): Promise<{ socket: Socket; answer: string }> {
  const socket = connect({ path: configuration.listen, allowHalfOpen: true });
  started.push(socket);
  socket.on("error", () => undefined).write(http("POST", `/exec/${exec}/start`, execStartBody, upgrade));
  return new Promise((resolve) =>
    socket.once("data", (chunk) => resolve({ socket, answer: chunk.toString("latin1") })),
  );
}
async function running(): Promise<{ id: string; socket: Socket }> {
  const id = (await createExec()).json["Id"] as string;
  const { socket, answer } = await start(id);
  expect(answer).toContain(" 101 ");
  return { id, socket };
}
const refusedBy = async (exec: string): Promise<string> => (await start(exec)).answer.split("\r\n")[0] ?? "";
const soon = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));
const until = async (condition: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> => {
  let holds = false;
  for (const end = Date.now() + withinMs; Date.now() < end && !holds; await soon(20))
    holds = await condition();
  expect(holds).toBe(true);
};
const rules = (): string[] =>
  lines.filter(({ event }) => event === "decision").map(({ rule }) => rule as string);
const get = (path: string): Buffer => http("GET", path, undefined, { headers: { Connection: "keep-alive" } });

describe("requests of one connection", () => {
  test.each([2_000, 2])("%i at once end it, and ask the engine for one at most", async (count) => {
    await filter();
    engine.answer = (line) => (line === `GET /containers/${name}/json` ? "never" : undefined);
    const bytes = Buffer.concat(Array.from({ length: count }, () => get(`/containers/${name}/json`)));
    expect(await send(configuration.listen, [bytes], { answers: 2 })).toMatchObject([{ status: 0 }]);
    expect(engine.mostOpen).toBeLessThanOrEqual(1);
    expect(rules()).toEqual(["pipelining"]);
  });

  test("a start behind an open request ends it too", async () => {
    await filter();
    const exec = (await createExec()).json["Id"] as string;
    engine.answer = (line) => (line === `GET /containers/${name}/json` ? "never" : undefined);
    const bytes = [
      get(`/containers/${name}/json`),
      http("POST", `/exec/${exec}/start`, execStartBody, upgrade),
    ];
    expect(await send(configuration.listen, [Buffer.concat(bytes)])).toMatchObject([{ status: 0 }]);
    expect(engine.changes().filter((line) => line.startsWith("POST /exec"))).toEqual([]);
  });

  test("one after the other are answered", async () => {
    await filter();
    const pieces = [get("/_ping"), { pauseMs: 300 }, get(`/containers/${name}/json`)];
    const answers = await send(configuration.listen, pieces, { answers: 2 });
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  });

  test("all reach the engine without the control", async () => {
    await filter({}, { oneAtATime: false, limitCalls: false });
    engine.answer = (line) => (line === `GET /containers/${name}/json` ? "never" : undefined);
    const bytes = Buffer.concat(Array.from({ length: 50 }, () => get(`/containers/${name}/json`)));
    void send(configuration.listen, [bytes], { timeoutMs: 5_000 });
    await until(() => engine.open === 50);
  });
});

describe("calls of the engine", () => {
  test("are so many at a time, also when their clients have gone", async () => {
    await filter({ calls: 4, connections: 20 });
    expect((await call("GET", "/_ping")).status).toBe(200);
    engine.answer = (line) => (line.startsWith("GET /containers/") ? "never" : undefined);
    const busy = (): number => rules().filter((rule) => rule === "busy").length;
    // 4 are asked, 20 wait, and the rest is refused.
    for (let round = 0; round < 10 && busy() === 0; round++) {
      const sockets = Array.from({ length: 10 }, () => connect(configuration.listen));
      await Promise.all(
        sockets.map((socket) => {
          socket.on("error", () => undefined);
          return new Promise((written) => socket.write(get(`/containers/${name}/json`), written));
        }),
      );
      await soon(200);
      for (const socket of sockets) socket.destroy();
    }
    expect(busy()).toBeGreaterThan(0);
    expect(engine.mostOpen).toBe(4);
  });
});

test("a start that the engine refuses leaves no connection to it", async () => {
  await filter();
  const ids = [];
  for (let n = 0; n < 5; n++) ids.push((await createExec()).json["Id"] as string);
  engine.execs.clear();
  for (const id of ids) expect(await refusedBy(id)).toContain(" 404 ");
  await until(() => engine.connections === 0);
});

describe("commands that are created and never started", () => {
  test("are so many, refused and not forgotten, until their sandbox is gone", async () => {
    await filter({ createdExecs: 5 });
    const answers = await Promise.all(Array.from({ length: 12 }, () => createExec()));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(7);
    expect(rules()).toContain("exec-unused");
    // The first of them can still be started, and makes room for one.
    const [first] = answers.filter(({ status }) => status === 201);
    expect((await start(first?.json["Id"])).answer).toContain(" 101 ");
    expect((await createExec()).status).toBe(201);
    expect((await createExec()).status).toBe(429);
    expect((await call("DELETE", `/containers/${sandbox}?force=1`)).status).toBe(204);
    sandbox = engine.container(name, own);
    expect((await createExec()).status).toBe(201);
  });

  test("are given back when somebody else has removed the sandbox", async () => {
    await filter({ createdExecs: 2 });
    for (let n = 0; n < 2; n++) expect((await createExec()).status).toBe(201);
    engine.execs.clear();
    expect((await createExec()).status).toBe(429);
    await until(async () => (await createExec()).status === 201);
  });

  test("end with their sandbox once they were given up, and it is the one with the most of them", async () => {
    await filter({ createdExecs: 3 });
    const other = engine.container("test.other", own);
    for (const each of [other, sandbox, sandbox]) expect((await createExec(each)).status).toBe(201);
    expect((await createExec()).status).toBe(429);
    await soon(300);
    expect(lines.filter(({ event }) => event === "sandbox-removed")).toEqual([]);
    const clock = jest.spyOn(Date, "now").mockReturnValue(Date.now() + 61_000);
    try {
      expect((await createExec(other)).status).toBe(429);
      await soon(300);
    } finally {
      clock.mockRestore();
    }
    expect(lines.filter(({ event }) => event === "sandbox-removed")).toMatchObject([
      { subject: sandbox, reason: "its commands were created and never started" },
    ]);
    expect((await createExec(other)).status).toBe(201);
  });

  test("are as many as one likes without the control", async () => {
    await filter({ createdExecs: 2 }, { limitExecs: false });
    for (let n = 0; n < 8; n++) expect((await createExec()).status).toBe(201);
  });
});

describe("commands that run", () => {
  test("keep their places when the client leaves, until the engine says that they have ended", async () => {
    await filter({ execs: 3 });
    const all = [await running(), await running(), await running()];
    const next = (await createExec()).json["Id"] as string;
    expect(await refusedBy(next)).toContain(" 429 ");
    all[0]?.socket.destroy();
    await soon(700);
    expect(await refusedBy(next)).toContain(" 429 ");
    engine.end(all[0]?.id ?? "");
    await until(async () => (await refusedBy(next)).includes(" 101 "));
    // Refused, it could still be started once, and then no more.
    expect(await refusedBy(next)).toContain(" 404 ");
  });

  test("give their places back with their end, by the CLI's own question too", async () => {
    await filter({ execs: 1 });
    for (let n = 0; n < 5; n++) {
      const { id } = await running();
      engine.end(id);
      expect((await call("GET", `/exec/${id}/json`)).json).toMatchObject({ Running: false, ExitCode: 0 });
    }
  });

  test("give their places back when the sandbox is gone, whatever became of their streams", async () => {
    await filter({ execs: 2 });
    const all = [await running(), await running()];
    engine.answer = (line) => (line.startsWith("DELETE") ? [204, {}] : undefined);
    expect((await call("DELETE", `/containers/${sandbox}?force=1`)).status).toBe(204);
    await running();
    for (const { socket } of all) socket.destroy();
  });

  test("that nobody waits for, and that fill a sandbox, end with it", async () => {
    // Not because it does not answer, which this one does not either.
    await filter({ execs: 4 }, { sandboxAnswersMs: 60_000 });
    const all = [await running(), await running(), await running(), await running()];
    // As the CLI's: their direction ends at once.
    for (const { socket } of all) socket.end();
    await soon(100);
    for (const { socket } of all.slice(0, 2)) socket.destroy();
    const next = (await createExec()).json["Id"] as string;
    const removed = (): boolean => lines.some(({ event }) => event === "sandbox-removed");
    expect(await refusedBy(next)).toContain(" 429 ");
    await until(async () => {
      await refusedBy(next);
      return removed();
    });
    expect(lines.find(({ event }) => event === "sandbox-removed")).toMatchObject({
      subject: sandbox,
      status: 204,
      reason: "it is full of commands that nobody waits for",
    });
  });

  test("that nobody waits for in several sandboxes end with the one that has the most of them", async () => {
    await filter({ execs: 4 }, { sandboxAnswersMs: 60_000 });
    const other = engine.container("test.other", own);
    for (const each of [sandbox, sandbox, other, other]) {
      const id = (await createExec(each)).json["Id"] as string;
      const { socket } = await start(id);
      if (each === sandbox) socket.destroy();
    }
    const next = (await createExec(other)).json["Id"] as string;
    await until(async () => {
      await refusedBy(next);
      return lines.some(({ event, subject }) => event === "sandbox-removed" && subject === sandbox);
    });
  });

  test("have their sandbox asked when they fail, also when nobody asks how they ended", async () => {
    await filter({}, { sandboxAnswersMs: 500 });
    const { id, socket } = await running();
    socket.destroy();
    // The filter's own commands do not end: nothing runs there any more.
    engine.end(id, 2);
    await until(() => lines.some(({ event }) => event === "sandbox-removed"));
    expect(lines.find(({ event }) => event === "sandbox-removed")).toMatchObject({
      subject: sandbox,
      reason: "it runs no command any more",
    });
  });

  test("are asked about twice at most, however often the client asks after a failed one", async () => {
    await filter();
    const { id } = await running();
    engine.end(id, 1);
    const before = engine.changes().length;
    for (let n = 0; n < 10; n++) {
      await call("GET", `/exec/${id}/json`);
      await soon(60);
      // The filter's own commands end at once.
      for (const each of engine.execs.keys()) engine.end(each, each === id ? 1 : 0);
    }
    const asked = engine
      .changes()
      .slice(before)
      .filter((line) => line.endsWith("/exec"));
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.length).toBeLessThanOrEqual(2);
  });
});

describe("starts", () => {
  test("are so many at a time: more wait, and go on", async () => {
    await filter({ starts: 2 });
    engine.answer = (line) => (/^POST \/containers\/.*\/start/.test(line) ? "never" : undefined);
    const sockets = Array.from({ length: 6 }, () => connect(configuration.listen));
    for (const socket of sockets)
      socket.on("error", () => undefined).write(http("POST", `/containers/${sandbox}/start`));
    await until(() => engine.open === 2);
    await soon(200);
    expect(engine.open).toBe(2);
    for (const socket of sockets) socket.destroy();
  });

  test("of commands wait for those before them to say something, or a second", async () => {
    await filter({ starts: 1 });
    await running();
    const from = Date.now();
    const second = await running();
    // The first has said nothing.
    expect(Date.now() - from).toBeGreaterThan(800);
    engine.streams.get(second.id)?.write("output");
    await running();
  });
});

describe("rates", () => {
  const slow = { burst: 3, perMinute: 1 };
  const deployed = { execRate: deployedLimits.execRate, sandboxRate: deployedLimits.sandboxRate };

  test("of commands, of sandboxes and of their starts, each on its own", async () => {
    await filter({ execRate: slow, sandboxRate: slow });
    const statuses = async (what: () => Promise<RawAnswer>): Promise<number[]> => {
      const all = [];
      for (let n = 0; n < 5; n++) all.push((await what()).status);
      return all;
    };
    expect(await statuses(createExec)).toEqual([201, 201, 201, 429, 429]);
    expect(await statuses(createSandbox)).toEqual([201, 201, 201, 429, 429]);
    expect(await statuses(() => call("POST", `/containers/${sandbox}/start`))).toEqual([
      204, 204, 204, 429, 429,
    ]);
    expect(new Set(rules().filter((rule) => rule.endsWith("-rate")))).toEqual(
      new Set(["exec-rate", "create-rate", "start-rate"]),
    );
    await server.close();
    await filter({ execRate: slow, sandboxRate: slow, createdExecs: 100 }, { limitRates: false });
    expect(await statuses(createExec)).toEqual([201, 201, 201, 201, 201]);
  });

  test("make a call wait that comes a little early", async () => {
    await filter({ execRate: { burst: 1, perMinute: 120 } });
    const from = Date.now();
    for (let n = 0; n < 3; n++) expect((await createExec()).status).toBe(201);
    expect(Date.now() - from).toBeGreaterThan(800);
  });

  test("count a long command as several, and one that cannot be started as many", async () => {
    await filter({ execRate: { burst: 12, perMinute: 1 } });
    const long = execBody("x".repeat(30 * 1024));
    expect((await createExec(sandbox, long)).status).toBe(201);
    expect((await createExec(sandbox, long)).status).toBe(429);
    const { id } = await running();
    Object.assign(engine.execs.get(id) ?? {}, { Pid: 0 });
    engine.end(id, 127);
    await call("GET", `/exec/${id}/json`);
    expect((await createExec()).status).toBe(429);
  });

  test("leave room for a turn of forty file tools, as deployed", async () => {
    await filter({ ...deployedLimits, ...deployed });
    for (let n = 0; n < 40; n++) {
      const { id } = await running();
      engine.end(id);
      expect((await call("GET", `/exec/${id}/json`)).status).toBe(200);
    }
    expect(rules().filter((rule) => rule.endsWith("-rate") || rule.endsWith("-limit"))).toEqual([]);
  });
});

describe("a command", () => {
  const kib = 1024;
  test.each<[string, (body: Body) => void]>([
    ["a program's name", (b) => (b["Cmd"][0] = "x".repeat(execBytes.program + 1))],
    ["a program's name in letters of three bytes", (b) => (b["Cmd"][0] = "\u20ac".repeat(100))],
    ["a program's name of 40,000 bytes", (b) => (b["Cmd"] = ["x".repeat(40_000)])],
    ["all words together", (b) => b["Cmd"].push(...Array.from({ length: 60 }, () => "x".repeat(600)))],
    ["one word", (b) => (b["Cmd"][2] = "x".repeat(execBytes.command))],
    ["the environment", (b) => (b["Env"] = Array.from({ length: 5 }, () => `PATH=${"x".repeat(4 * kib)}`))],
    ["a directory", (b) => (b["WorkingDir"] = `/workspace/${"x".repeat(execBytes.directory)}`)],
    [
      "a directory in letters of four bytes",
      (b) => (b["WorkingDir"] = `/workspace/${"\u{1f512}".repeat(150)}`),
    ],
  ])("is refused when it is too long: %s", async (_, change) => {
    await filter();
    const body = execBody("id");
    change(body);
    expect((await createExec(sandbox, body)).status).toBe(403);
    expect(rules()).toEqual(["exec-body"]);
    expect(engine.changes()).toEqual([]);
  });

  test("of a script of 30 KiB is not", async () => {
    await filter();
    expect((await createExec(sandbox, execBody("x".repeat(30 * kib)))).status).toBe(201);
  });

  test("is quoted by runc in far less than a pipe holds", () => {
    const mostEscaped = 8;
    const quotedAtMost = 3;
    const bytes = (execBytes.program + execBytes.directory) * mostEscaped * quotedAtMost;
    expect(bytes).toBeLessThan((64 * kib) / 2);
  });
});

describe("a refused start whose client keeps its end open", () => {
  const held = async (): Promise<Socket[]> => {
    const sockets = Array.from({ length: 8 }, () =>
      connect({ path: configuration.listen, allowHalfOpen: true }),
    );
    started.push(...sockets);
    for (const socket of sockets) {
      socket.on("error", () => undefined);
      socket.resume().write(http("POST", `/exec/${"0".repeat(64)}/start`, execStartBody, upgrade));
    }
    await until(() => rules().filter((rule) => rule === "exec-owner").length >= 8);
    return sockets;
  };

  test("is destroyed after a moment, so that others get in", async () => {
    await filter({ connections: 8 });
    await held();
    await until(async () => (await call("GET", "/_ping")).status === 200);
  });

  test("keeps everybody out without the control", async () => {
    await filter({ connections: 8 }, { refusedLingerMs: 60_000 });
    const sockets = await held();
    await soon(1_500);
    expect((await call("GET", "/_ping")).status).toBe(0);
    for (const socket of sockets) socket.destroy();
  });
});

describe("what is told of containers of others", () => {
  const plain = ({ status, body }: RawAnswer, asked: string): string =>
    `${status} ${body}`.replaceAll(asked, "X");

  test("is the same as of those that are not there, by any name and any beginning of an id", async () => {
    await filter();
    const foreign = engine.container("victim", {});
    const twin = engine.container("test.of-another", { "clawkeep.gateway": "another" });
    // As the engine answers to what stands for one container, and for several.
    engine.containers.set(foreign.slice(0, 12), engine.containers.get(foreign) ?? {});
    const several = "c".repeat(8);
    engine.answer = (line) =>
      line.includes(several.slice(0, 8) + "/") ? [400, { message: "multiple IDs found" }] : undefined;
    const asked = [
      ...["nothing", "0".repeat(64), "test.nothing"],
      ...["victim", foreign, foreign.slice(0, 12), several, twin, "test.of-another"],
    ];
    for (const [method, path, body] of [
      ["GET", "/json"],
      ["POST", "/start"],
      ["POST", "/exec", execBody("id")],
      ["DELETE", "?force=1"],
    ] as const) {
      const answers = [];
      for (const each of asked)
        answers.push(plain(await call(method, `/containers/${each}${path}`, body), each));
      expect(new Set(answers)).toEqual(new Set([answers[0]]));
      expect(answers[0]).toMatch(/^404 \{"message":"No such container: X"\}/);
    }
    expect(engine.changes()).toEqual([]);
    expect(engine.asked.join()).not.toContain("victim");
  });

  test("is no id where a name is taken, and none in any error of the engine", async () => {
    await filter();
    const foreign = engine.container("victim", {});
    engine.answer = (line) => {
      if (line.startsWith("POST /containers/create"))
        return [409, { message: `Conflict. The name "/test.two" is in use by container "${foreign}".` }];
      if (line.endsWith("/start"))
        return [500, { message: `shares with ${foreign}, ${foreign.slice(0, 12)}` }];
      return undefined;
    };
    const created = await createSandbox();
    expect([created.status, created.json]).toEqual([
      409,
      { message: 'Conflict. The container name "/test.two" is already in use.' },
    ]);
    expect((await call("POST", `/containers/${name}/start`)).json).toEqual({
      message: "shares with (an id), (an id)",
    });
  });
});

describe("the log", () => {
  test("has so many refusals a minute and then a count, and all that was changed", async () => {
    await filter({ connections: 64 });
    for (let n = 0; n < logLines.refused + 30; n++) await call("GET", "/info");
    await createExec();
    expect(rules().filter((rule) => rule === "route")).toHaveLength(logLines.refused);
    expect(rules().at(-1)).toBe("exec-create");
    log.endMinute();
    expect(lines.at(-1)).toMatchObject({
      event: "not-written",
      source: "refused",
      counts: { "deny route": 30 },
    });
    await call("GET", "/info");
    expect(rules().at(-1)).toBe("route");
  });

  test("has a bound for looks and for connections that are one too many, and none for changes", () => {
    const written: Body[] = [];
    const small = new DecisionLog("test", (line) => written.push(JSON.parse(line) as Body), {
      refused: 2,
      looks: 3,
    });
    const decision = { method: "GET", path: "/", status: 200, milliseconds: 1, decision: "allow" } as const;
    for (let n = 0; n < 9; n++) {
      small.record({ ...decision, rule: "container-inspect" });
      small.record({ ...decision, rule: "exec-start" });
      small.dropped();
    }
    const count = (what: (line: Body) => boolean): number => written.filter(what).length;
    expect(count(({ rule }) => rule === "container-inspect")).toBe(3);
    expect(count(({ rule }) => rule === "exec-start")).toBe(9);
    expect(count(({ event }) => event === "dropped")).toBe(2);
    expect(small.counts()).toMatchObject({ "allow container-inspect": 9 });
  });
});
