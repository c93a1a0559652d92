import { readFileSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { execBody, execStartBody, type Body } from "./support/legal";
import { FilterProcess } from "./support/filter-process";
import { http, send, type RawAnswer } from "./support/raw-http";
import { World } from "./support/world";

jest.setTimeout(180_000);
const world = new World();
let filter: FilterProcess;
const upgrade = { headers: { Connection: "Upgrade", Upgrade: "tcp" } };

beforeAll(async () => {
  await world.start();
  await world.stopFilter();
  filter = FilterProcess.create(world.directory, world.configuration());
});
afterAll(async () => {
  await filter.end("SIGKILL");
  await world.stop();
});

async function call(
  method: string,
  path: string,
  body?: Body,
  options = {},
): Promise<RawAnswer & { json: Body }> {
  const [answer] = await send(world.filterSocket, [http(method, path, body, options)]);
  if (answer === undefined) throw new Error("no answer");
  return { ...answer, json: answer.body.startsWith("{") ? (JSON.parse(answer.body) as Body) : {} };
}

/** The calls of one sandbox's life; each takes from and adds to what is known. */
const life: readonly (readonly [string, (known: Body) => Promise<RawAnswer>])[] = [
  ["ping", () => call("HEAD", "/_ping")],
  ["inspect the gateway", () => call("GET", `/containers/${world.gateway}/json`)],
  ["inspect the image", () => call("GET", `/images/${world.image}/json`)],
  ["create", (known) => call("POST", `/containers/create?name=${known["name"]}`, world.createBody())],
  ["start", (known) => call("POST", `/containers/${known["name"]}/start`)],
  ["inspect", (known) => call("GET", `/containers/${known["name"]}/json`)],
  [
    "exec",
    async (known) => {
      const answer = await call("POST", `/containers/${known["name"]}/exec`, execBody("echo done"));
      known["exec"] = answer.json["Id"];
      return answer;
    },
  ],
  ["start the exec", (known) => call("POST", `/exec/${known["exec"]}/start`, execStartBody, upgrade)],
  ["inspect the exec", (known) => call("GET", `/exec/${known["exec"]}/json`)],
  ["remove", (known) => call("DELETE", `/containers/${known["name"]}?force=1`)],
];

async function expectOnlyHardened(): Promise<number> {
  const ids = await world.engine.cli([
    "ps",
    "--all",
    "--quiet",
    "--no-trunc",
    "--filter",
    "label=clawkeep.gateway=test",
  ]);
  const found = ids.split("\n").filter(Boolean);
  for (const id of found) {
    const { json } = await world.raw("GET", `/containers/${id}/json`);
    expect(json["HostConfig"]).toMatchObject({
      Privileged: false,
      NetworkMode: "none",
      ReadonlyRootfs: true,
      PidsLimit: 128,
    });
  }
  return found.length;
}

describe("killed between any two calls, and started again", () => {
  test.each(life.map(([name], index) => [name, index] as const))("after: %s", async (_, last) => {
    await filter.start();
    const known: Body = { name: world.freshName() };
    for (const [, step] of life.slice(0, last + 1)) expect((await step(known)).status).toBeLessThan(400);
    await filter.end("SIGKILL");
    expect((await call("GET", "/_ping")).status).toBe(0);
    await filter.start();
    // What the dead filter handed out is worth nothing now, and an attack finds no door.
    if (known["exec"] !== undefined) {
      expect((await call("POST", `/exec/${known["exec"]}/start`, execStartBody, upgrade)).status).toBe(404);
    }
    const evil = world.createBody();
    evil["HostConfig"].Privileged = true;
    expect((await call("POST", `/containers/create?name=${world.freshName()}`, evil)).status).toBe(403);
    await expectOnlyHardened();
    // The gateway can go on from where it was.
    if (last < 3 || last === 9) expect((await life[3]?.[1](known))?.status).toBe(201);
    for (const [, step] of life.slice(4)) expect((await step(known)).status).toBeLessThan(400);
    expect(await expectOnlyHardened()).toBe(0);
    await filter.end("SIGKILL");
  });

  test("in the middle of creates, many times", async () => {
    for (let round = 0; round < 10; round++) {
      await filter.start();
      const creating = [1, 2, 3, 4].map(() =>
        call("POST", `/containers/create?name=${world.freshName()}`, world.createBody()).catch(
          () => undefined,
        ),
      );
      await new Promise((wake) => setTimeout(wake, round * 12));
      await filter.end("SIGKILL");
      await Promise.all(creating);
      // The engine may still be at the last one.
      await new Promise((wake) => setTimeout(wake, 300));
      expect(await expectOnlyHardened()).toBeLessThanOrEqual(3);
      const ids = await world.engine.cli([
        "ps",
        "--all",
        "--quiet",
        "--filter",
        "label=clawkeep.gateway=test",
      ]);
      for (const id of ids.split("\n").filter(Boolean)) await world.remove(id);
    }
  });
});

describe("the process", () => {
  beforeAll(() => filter.start());

  test("exports a socket for its group alone", () => {
    expect(statSync(world.filterSocket).mode & 0o777).toBe(0o660);
  });

  test("takes less than 80 MiB after a thousand calls", async () => {
    for (let round = 0; round < 100; round++) {
      await Promise.all(Array.from({ length: 10 }, () => call("GET", `/containers/${world.gateway}/json`)));
    }
    const [, kibibytes] =
      /^VmRSS:\s+([0-9]+)/m.exec(readFileSync(`/proc/${filter.pid}/status`, "utf8")) ?? [];
    expect(Number(kibibytes) / 1024).toBeLessThan(80);
  });

  test("does not hold more connections than allowed, and serves again when they are gone", async () => {
    const idle = Array.from({ length: 80 }, () => connect(world.filterSocket));
    for (const socket of idle) socket.on("error", () => undefined);
    await new Promise((wake) => setTimeout(wake, 300));
    expect((await call("GET", "/_ping")).status).toBe(0);
    expect(filter.output).toContain("too many connections");
    for (const socket of idle) socket.destroy();
    await new Promise((wake) => setTimeout(wake, 300));
    expect((await call("GET", "/_ping")).status).toBe(200);
  });

  test("does not attach more commands than allowed", async () => {
    const { id } = await world.container("sandbox");
    const execs: string[] = [];
    for (let n = 0; n < 9; n++)
      execs.push((await call("POST", `/containers/${id}/exec`, execBody("cat"))).json["Id"]);
    const sockets = execs.slice(0, 8).map((exec) => {
      const socket = connect({ path: world.filterSocket, allowHalfOpen: true });
      socket.write(http("POST", `/exec/${exec}/start`, execStartBody, upgrade));
      return socket;
    });
    await new Promise((wake) => setTimeout(wake, 1_500));
    expect((await call("POST", `/exec/${execs[8]}/start`, execStartBody, upgrade)).status).toBe(429);
    // They end with their input, which ends with their client.
    for (const socket of sockets) socket.destroy();
    for (let left = 100; ; left--) {
      const answer = await call("POST", `/exec/${execs[8]}/start`, execStartBody, upgrade);
      if (answer.status === 101) break;
      expect([answer.status, left > 0]).toEqual([429, true]);
      await new Promise((wake) => setTimeout(wake, 100));
    }
    await world.remove(id);
  });

  test("starts an exec once", async () => {
    const { id } = await world.container("sandbox");
    const exec = (await call("POST", `/containers/${id}/exec`, execBody("id"))).json["Id"];
    expect((await call("POST", `/exec/${exec}/start`, execStartBody, upgrade)).status).toBe(101);
    expect((await call("POST", `/exec/${exec}/start`, execStartBody, upgrade)).status).toBe(404);
    await world.remove(id);
  });

  test("is healthy only while the engine answers", async () => {
    expect(await filter.health()).toBe(0);
    await world.engine.stop();
    expect(await filter.health()).toBe(1);
    await world.engine.start();
    expect(await filter.health()).toBe(0);
  });

  test("ends on SIGTERM with its counts as the last line", async () => {
    expect(await filter.end("SIGTERM")).toBe(0);
    const last = JSON.parse(filter.output.trim().split("\n").at(-1) ?? "") as Body;
    expect(last).toMatchObject({ event: "stopped", gateway: "test" });
    expect(last["counts"]["allow ping"]).toBeGreaterThan(0);
    expect(await filter.health()).toBe(1);
  });

  test("does not start with a broken configuration, nor replace a file that is no socket", async () => {
    const broken = FilterProcess.create(world.directory, {
      ...world.configuration(),
      extra: 1,
    } as never);
    await expect(broken.start()).rejects.toThrow("did not start");
    writeFileSync(`${world.directory}/file`, "");
    const occupied = FilterProcess.create(world.directory, {
      ...world.configuration(),
      listen: `${world.directory}/file`,
    });
    await expect(occupied.start()).rejects.toThrow("did not start");
  });
});
