/** Against Cloudflare's stand-in, in a process of its own: the question is asked while nothing else here can run. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { activeStackProblem, readActiveRecord, takeEpoch, type ActiveZone } from "../../config/active-stack";
import { zone as labZone } from "../../lab/internet/addresses";
import { runsTypeScript } from "../typescript";

const root = join(__dirname, "..", "..");
let lab = "";
let emulator: ChildProcess;
let origin = "";
let zone: ActiveZone;

jest.setTimeout(60_000);
beforeAll(async () => {
  lab = mkdtempSync(join(tmpdir(), "clawkeep-active-stack-"));
  emulator = spawn(process.execPath, [...runsTypeScript, "lab/cloudflare/server.ts"], {
    cwd: root,
    env: { ...process.env, CLAWKEEP_LAB: lab, PORT: "0", ADDRESS: "127.0.0.1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  origin = await new Promise<string>((resolve, reject) => {
    emulator.once("exit", (code) => reject(new Error(`the stand-in ended with ${code}`)));
    emulator.stdout?.once("data", (data: Buffer) =>
      resolve(/http:\/\/[\d.:]+/.exec(data.toString())?.[0] ?? ""),
    );
  });
  const { write } = JSON.parse(readFileSync(join(lab, "cloudflare", "tokens.json"), "utf8")) as {
    write: string;
  };
  zone = { token: write, baseUrl: `${origin}/client/v4`, zoneId: labZone.id, hostname: "" };
});
let names = 0;
afterEach(() => fetch(`${origin}/lab/faults`, { method: "DELETE" }));
beforeEach(() => (zone = { ...zone, hostname: `assistant${++names}.${labZone.name}` }));
afterAll(() => {
  emulator.kill();
  rmSync(lab, { recursive: true, force: true });
});

const fault = (body: object): Promise<Response> =>
  fetch(`${origin}/lab/faults`, { method: "POST", body: JSON.stringify(body) });
const prod = { stack: "prod", role: "active", paired: "standby" } as const;
const standby = { stack: "standby", role: "standby", paired: "prod" } as const;

test("the first up takes the first epoch, a preview takes none; the standby then agrees, and nobody else", () => {
  expect(activeStackProblem(zone, prod, true)).toBeUndefined();
  expect(readActiveRecord(zone)).toBeUndefined();
  expect(activeStackProblem(zone, standby, false)).toMatch(/^nobody has recorded/);
  for (let time = 0; time < 2; time++) expect(activeStackProblem(zone, prod, false)).toBeUndefined();
  expect(readActiveRecord(zone)).toEqual({ epoch: 1, stack: "prod" });
  expect(activeStackProblem(zone, standby, false)).toBeUndefined();
  expect(activeStackProblem(zone, { ...standby, role: "active" }, false)).toMatch(/two would poll one bot/);
  expect(activeStackProblem(zone, { ...prod, role: "standby" }, true)).toMatch(/nobody would serve/);
});

test("of two that create an epoch one has it, whoever comes second, and the next epoch is another matter", () => {
  takeEpoch(zone, { epoch: 1, stack: "standby" });
  takeEpoch(zone, { epoch: 1, stack: "prod" });
  expect(readActiveRecord(zone)).toEqual({ epoch: 1, stack: "standby" });
  expect(activeStackProblem(zone, prod, false)).toMatch(
    /standby is recorded as the active stack \(epoch 1\)/,
  );
  takeEpoch(zone, { epoch: 2, stack: "prod" });
  expect(activeStackProblem(zone, prod, false)).toBeUndefined();
});

test("roles changed by hand to active in both files, and two that begin at once: one is refused", async () => {
  const program = `const { activeStackProblem } = require(${JSON.stringify(join(root, "config/active-stack.ts"))});
    const [zone, claim] = JSON.parse(process.argv[1]);
    process.stdout.write(JSON.stringify({ problem: activeStackProblem(zone, claim, false) }));`;
  const begun = [prod, { ...standby, role: "active" }].map(
    (claim) =>
      new Promise<{ problem?: string }>((resolve) => {
        const words = [...runsTypeScript, "-e", program, JSON.stringify([zone, claim])];
        const child = spawn(process.execPath, words, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
        let said = "";
        child.stdout.on("data", (data: Buffer) => (said += data.toString()));
        child.once("close", () => resolve(JSON.parse(said) as { problem?: string }));
      }),
  );
  const problems = (await Promise.all(begun)).flatMap(({ problem }) => problem ?? []);
  expect(problems).toEqual([expect.stringMatching(/two would poll one bot/)]);
});

test("who has taken an epoch leaves a mark, and reads it: two that take one for the same stack are told apart", () => {
  takeEpoch(zone, { epoch: 1, stack: "standby", by: "0a1b2c3d" });
  takeEpoch(zone, { epoch: 1, stack: "standby", by: "ffffffff" });
  expect(readActiveRecord(zone)).toEqual({ epoch: 1, stack: "standby", by: "0a1b2c3d" });
});

test("a lost answer is no lost epoch", async () => {
  await fault({ method: "POST", status: "drop", done: true });
  expect(activeStackProblem(zone, prod, false)).toBeUndefined();
  expect(readActiveRecord(zone)).toEqual({ epoch: 1, stack: "prod" });
});

test("an answer that is none is never taken for nobody: busy, cut off, refused, not a list", async () => {
  await fault({ method: "GET", status: 503, count: 2 });
  expect(activeStackProblem(zone, prod, false)).toBeUndefined();
  for (const status of [503, "drop"]) {
    await fault({ method: "GET", status, count: 3 });
    expect(activeStackProblem(zone, { ...prod, role: "standby" }, false)).toMatch(
      /^Cloudflare cannot be asked which stack is the active one: /,
    );
  }
  const wrong = { ...zone, token: "x".repeat(40) };
  expect(activeStackProblem(wrong, prod, false)).toMatch(
    /does not say which.*answers 40\d .*Zone \/ DNS \/ Edit/s,
  );
  expect(activeStackProblem({ ...zone, baseUrl: "http://127.0.0.1:9" }, prod, false)).toMatch(
    /cannot be asked/,
  );
});

test("a record that Cloudflare does not take is said: a token that may only read", () => {
  const { read } = JSON.parse(readFileSync(join(lab, "cloudflare", "tokens.json"), "utf8")) as {
    read: string;
  };
  expect(activeStackProblem({ ...zone, token: read }, prod, false)).toMatch(
    /has not taken the record _clawkeep-1\.assistant\d.*Zone \/ DNS \/ Edit/,
  );
});
