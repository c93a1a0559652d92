import { execBody, execStartBody, olderCreateBody, selfExecBody, type Body } from "./support/legal";
import { http, send } from "./support/raw-http";
import { secret, World } from "./support/world";
import { nodePath } from "./support/configuration";

jest.setTimeout(120_000);
const world = new World();
beforeAll(() => world.start());
afterAll(() => world.stop());

async function call(method: string, path: string, body?: object): Promise<{ status: number; json: Body }> {
  const [answer] = await send(world.filterSocket, [http(method, `/v1.41${path}`, body)]);
  if (answer === undefined) throw new Error("no answer");
  return { status: answer.status, json: answer.body === "" ? undefined : JSON.parse(answer.body) };
}

describe("the docker CLI through the filter", () => {
  const name = "test.workspace-life";
  const directory = world.mount.directory;
  const options = [
    ["--init", "--read-only", "--network", "none", "--user", "1000:1000", "--cap-drop", "ALL"],
    [
      "--security-opt",
      "no-new-privileges",
      "--pids-limit",
      "128",
      "--memory",
      "512m",
      "--memory-swap",
      "512m",
    ],
    ["--cpus", "0.5", "--ulimit", "nofile=1024:1024", "--ulimit", "core=0", "--workdir", "/workspace"],
    ["--label", "openclaw.sandbox=1", "--label", "openclaw.sessionKey=agent:main", "--env", "LANG=C.UTF-8"],
    ["--tmpfs", "/tmp:rw,nosuid,nodev,size=64m", "--tmpfs", "/run:rw,nosuid,nodev,size=16m"],
    ["--volume", `${directory}/${world.workspace}/skills:/workspace/skills:ro,z`],
    ["--volume", `${directory}/${world.workspace}:/workspace:z`],
  ].flat();

  test("lives a whole sandbox life", async () => {
    await expect(world.cli(["inspect", "-f", "{{.State.Running}}", name])).rejects.toThrow(/no such object/i);
    expect(await world.cli(["image", "inspect", "-f", "{{.Id}}", world.image])).toBe(world.imageId);
    const id = await world.cli(["create", "--name", name, ...options, world.image, "sleep", "infinity"]);
    expect(await world.cli(["start", name])).toBe(name);
    expect(await world.cli(["inspect", "-f", "{{.State.Running}} {{.Config.Image}}", name])).toBe(
      `true ${world.image}`,
    );
    expect(await world.cli(["inspect", "-f", '{{index .Config.Labels "openclaw.sessionKey"}}', name])).toBe(
      "agent:main",
    );
    expect(await world.cli(["exec", id, "cat", "/proc/self/mountinfo"])).toContain(" /workspace ");
    // Output comes only after the input has ended: the half-close goes through.
    expect(await world.cli(["exec", "-i", id, "md5sum"], "hello\n")).toBe(
      "b1946ac92492d2347c6235b4d2611184  -",
    );
    await expect(world.cli(["exec", id, "sh", "-c", "exit 3"])).rejects.toMatchObject({ code: 3 });
    expect(
      await world.cli([
        "exec",
        "-w",
        "/workspace/skills",
        "-e",
        "HOME=/workspace",
        id,
        "sh",
        "-c",
        "pwd; echo $HOME",
      ]),
    ).toBe("/workspace/skills\n/workspace");
    expect(
      await world.cli(["ps", "-a", "--filter", "label=openclaw.sandboxBrowser=1", "--format", "{{.Names}}"]),
    ).toBe("");
    expect(await world.cli(["rm", "-f", name])).toBe(name);
    await expect(world.cli(["inspect", name])).rejects.toThrow(/no such object/i);
  });

  test("passes large input and output without loss", async () => {
    const { name: sandbox, id } = await world.container("sandbox");
    const input = "0123456789abcdef".repeat(512 * 1024);
    expect(await world.cli(["exec", "-i", id, "wc", "-c"], input)).toBe(String(input.length));
    expect(await world.cli(["exec", id, "sh", "-c", "head -c 900000 /dev/zero | tr '\\0' x"])).toHaveLength(
      900_000,
    );
    await world.remove(sandbox);
  });

  test("identifies the gateway to itself, and shows its mounts but not its environment", async () => {
    const inspected = await world.cli(["inspect", "--type", "container", world.gateway]);
    expect(inspected).not.toContain(secret);
    expect(await world.cli(["inspect", "-f", "{{json .Mounts}}", world.gateway])).toContain(
      "/state/sandboxes",
    );
    const created = await call("POST", `/containers/${world.gatewayId}/exec`, selfExecBody(nodePath));
    expect(created.status).toBe(201);
    const [started] = await send(world.filterSocket, [
      http("POST", `/v1.41/exec/${created.json["Id"]}/start`, execStartBody, {
        headers: { Connection: "Upgrade", Upgrade: "tcp" },
      }),
    ]);
    expect(started?.status).toBe(101);
  });
});

test("a sandbox of the older release line is made and hardened the same", async () => {
  const body = olderCreateBody({
    image: world.image,
    hostDirectory: world.mount.directory,
    workspace: world.workspace,
  });
  const created = await call("POST", "/containers/create?name=test.agent-default-01234567", body);
  expect(created).toMatchObject({ status: 201 });
  const { json: inspected } = await world.raw("GET", `/containers/${created.json["Id"]}/json`);
  expect(inspected["Config"]).toMatchObject({
    User: "1000:1000",
    Image: world.imageId,
    Entrypoint: ["sleep"],
    Labels: { "clawkeep.gateway": "test" },
  });
  expect(inspected["HostConfig"]).toMatchObject({
    NetworkMode: "none",
    PidMode: "",
    IpcMode: "private",
    CgroupnsMode: "private",
    CgroupParent: expect.stringMatching(/openclaw-clawkeep_test\.slice$/),
    Privileged: false,
    CapAdd: [],
    CapDrop: ["ALL"],
    SecurityOpt: ["no-new-privileges"],
    ReadonlyRootfs: true,
    Memory: 512 * 1024 * 1024,
    MemorySwap: 512 * 1024 * 1024,
    NanoCpus: 500_000_000,
    PidsLimit: 128,
    Binds: null,
    Devices: null,
    LogConfig: { Type: "none" },
    Init: true,
  });
  await world.remove(created.json["Id"]);
});

test("what runs in a sandbox has no privilege, no network and no way to more", async () => {
  const created = await call("POST", `/containers/create?name=${world.freshName()}`, world.createBody());
  await call("POST", `/containers/${created.json["Id"]}/start`);
  const run = (...words: string[]): Promise<string> =>
    world.cli(["exec", created.json["Id"], "sh", "-c", ...words]);
  const status = await run("cat /proc/self/status");
  expect(status).toMatch(/^CapBnd:\t0{16}$/m);
  expect(status).toMatch(/^CapEff:\t0{16}$/m);
  expect(status).toMatch(/^NoNewPrivs:\t1$/m);
  expect(status).toMatch(/^Seccomp:\t2$/m);
  expect(await run("id -u; id -g; id -G")).toBe("1000\n1000\n1000");
  expect((await run("cat /proc/net/dev")).match(/:/g)).toHaveLength(1);
  expect(
    await run("touch /x 2>&1; touch /workspace/skills/x 2>&1; touch /workspace/ok && ls /workspace/ok"),
  ).toMatch(/Read-only.*\n.*Read-only.*\n\/workspace\/ok/);
  await world.remove(created.json["Id"]);
});

test("concurrent creates do not exceed the number of sandboxes", async () => {
  const answers = await Promise.all(
    Array.from({ length: 8 }, () =>
      call("POST", `/containers/create?name=${world.freshName()}`, world.createBody()),
    ),
  );
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(5);
  for (const { json } of answers) if (json["Id"] !== undefined) await world.remove(json["Id"]);
});

test("an exec streams in both directions as bytes come", async () => {
  const { id } = await world.container("sandbox");
  const created = await call("POST", `/containers/${id}/exec`, execBody("cat"));
  const { connect } = await import("node:net");
  const socket = connect({ path: world.filterSocket, allowHalfOpen: true });
  const received: string[] = [];
  socket.on("data", (chunk) => received.push(chunk.toString("latin1")));
  const until = async (text: string): Promise<void> => {
    while (!received.join("").includes(text)) await new Promise((wake) => setTimeout(wake, 5));
  };
  socket.write(
    http("POST", `/exec/${created.json["Id"]}/start`, execStartBody, {
      headers: { Connection: "Upgrade", Upgrade: "tcp" },
    }),
  );
  await until("101 UPGRADED");
  for (const word of ["first", "second", "third"]) {
    socket.write(`${word}\n`);
    await until(`${word}\n`);
  }
  const ended = new Promise((resolve) => socket.on("end", resolve));
  socket.end();
  await ended;
  await world.remove(id);
});

describe("what the engine says of a command that nobody waits for", () => {
  const until = async (what: () => Promise<boolean>): Promise<void> => {
    let holds = false;
    for (const end = Date.now() + 30_000; Date.now() < end && !holds;) {
      await new Promise((wake) => setTimeout(wake, 100));
      holds = await what();
    }
    expect(holds).toBe(true);
  };
  /** Starts a command and goes away without a look at what it says. */
  const startAndLeave = async (container: string, body: Body): Promise<string> => {
    const created = await call("POST", `/containers/${container}/exec`, body);
    expect(created.status).toBe(201);
    const { connect } = await import("node:net");
    const socket = connect({ path: world.filterSocket });
    const bytes = http("POST", `/exec/${created.json["Id"]}/start`, execStartBody, upgrade);
    await new Promise((written) => socket.write(bytes, written));
    socket.destroy();
    return created.json["Id"] as string;
  };
  const upgrade = { headers: { Connection: "Upgrade", Upgrade: "tcp" } };
  const details = async (exec: string): Promise<Body> => (await world.raw("GET", `/exec/${exec}/json`)).json;

  test("is that it has ended, and whether it ever ran", async () => {
    const { id } = await world.container("sandbox");
    const good = await startAndLeave(id, execBody("exit 127"));
    const bad = await startAndLeave(id, { ...execBody(""), Cmd: ["no-such-program"] });
    for (const exec of [good, bad])
      await until(async () => typeof (await details(exec))["ExitCode"] === "number");
    expect((await details(good))["Pid"]).toBeGreaterThan(0);
    expect(await details(bad)).toMatchObject({ Running: false, Pid: 0 });
    expect([126, 127]).toContain((await details(bad))["ExitCode"]);
    await world.remove(id);
  });

  test("is so too of the longest names that there may be, in letters that runc writes in many", async () => {
    const { id } = await world.container("sandbox");
    const body = { ...execBody(""), Cmd: ["\u0001".repeat(255)] };
    const where = `/workspace/${"\u0001".repeat(501)}`;
    const execs = [];
    for (const each of [body, { ...body, WorkingDir: where }, body, { ...body, WorkingDir: where }])
      execs.push(await startAndLeave(id, each));
    for (const exec of execs) await until(async () => (await details(exec))["Running"] === false);
    await world.remove(id);
  });

  test("gives its place back in the end, and not before", async () => {
    const { id } = await world.container("sandbox");
    for (let n = 0; n < 8; n++) await startAndLeave(id, execBody("sleep 6"));
    const next = (await call("POST", `/containers/${id}/exec`, execBody("id"))).json["Id"] as string;
    const start = async (): Promise<number | undefined> =>
      (await send(world.filterSocket, [http("POST", `/exec/${next}/start`, execStartBody, upgrade)]))[0]
        ?.status;
    await new Promise((wake) => setTimeout(wake, 3_000));
    // Half of all places taken by what nobody waits for end with their sandbox; so these eight do.
    expect(await start()).toBe(429);
    await until(async () => (await world.raw("GET", `/containers/${id}/json`)).status === 404);
    expect(await start()).toBe(404);
  });
});

describe("a sandbox that a command has left no room to run anything in", () => {
  const fill = "while :; do sleep 1000 & done";
  /** Starts a command in a sandbox and goes away after a second, as OpenClaw's client does when it is ended. */
  const giveUpOn = async (container: string, command: string): Promise<void> => {
    const created = await call("POST", `/containers/${container}/exec`, execBody(command));
    const { connect } = await import("node:net");
    const socket = connect({ path: world.filterSocket });
    socket.resume().write(
      http("POST", `/exec/${created.json["Id"]}/start`, execStartBody, {
        headers: { Connection: "Upgrade", Upgrade: "tcp" },
      }),
    );
    await new Promise((wake) => setTimeout(wake, 1000));
    socket.destroy();
  };
  const isThere = async (container: string): Promise<boolean> =>
    (await world.raw("GET", `/containers/${container}/json`)).status === 200;
  const gone = async (container: string, seconds: number): Promise<boolean> => {
    const deadline = Date.now() + seconds * 1000;
    while (await isThere(container)) {
      if (Date.now() > deadline) return false;
      await new Promise((wake) => setTimeout(wake, 250));
    }
    return true;
  };

  test("is removed by itself when a command takes long in it", async () => {
    const { id } = await world.container("sandbox");
    await giveUpOn(id, fill);
    await giveUpOn(id, "exec sleep 60");
    expect(await gone(id, 30)).toBe(true);
    expect(world.lines.at(-1)).toMatchObject({ event: "sandbox-removed", subject: id, status: 204 });
  });

  test("is removed by itself when a command fails in it", async () => {
    const { id } = await world.container("sandbox");
    const detached = await world.raw("POST", `/containers/${id}/exec`, { Cmd: ["sh", "-c", fill] });
    await world.raw("POST", `/exec/${detached.json["Id"]}/start`, { Detach: true });
    await new Promise((wake) => setTimeout(wake, 3000));
    await expect(world.cli(["exec", id, "sh", "-c", "(:); :"])).rejects.toThrow();
    expect(await gone(id, 30)).toBe(true);
  });

  test("is not what a long command or a failed one leaves behind", async () => {
    const { id } = await world.container("sandbox");
    await expect(world.cli(["exec", id, "sh", "-c", "exit 3"])).rejects.toMatchObject({ code: 3 });
    await giveUpOn(id, "sleep 60");
    expect(await gone(id, 14)).toBe(false);
    await world.remove(id);
  });
});

test("survives a restart of the daemon, and fails closed meanwhile", async () => {
  await world.engine.stop();
  expect((await call("GET", "/containers/test.x/json")).status).toBe(502);
  expect(world.lines.at(-1)).toMatchObject({ decision: "fail", rule: "upstream" });
  await world.engine.start();
  expect((await call("GET", `/containers/${world.gateway}/json`)).status).toBe(200);
});
