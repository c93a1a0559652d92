/**
 * `make recover` as a whole, typed again after what has stopped it. Pulumi is a program that holds a state in a file and does to
 * it what Pulumi 3.230 does; Hetzner is one server. With the real ones: tests/clouds/recover.docker.test.ts.
 */
import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname, tmpdir, userInfo } from "node:os";
import { delimiter, join } from "node:path";

jest.setTimeout(120_000);
const root = join(__dirname, "..", "..", "..");

const pulumi = `#!/usr/bin/env node
const fs = require("node:fs");
const words = process.argv.slice(2).filter((word) => !["--non-interactive", "--color", "never"].includes(word));
fs.appendFileSync("log", words.join(" ") + "\\n");
const read = () => JSON.parse(fs.readFileSync("state.json", "utf8"));
const write = (state) => fs.writeFileSync("state.json", JSON.stringify(state));
const fail = (text) => { console.error("error: " + text); process.exit(255); };
const locked = fs.existsSync("lock") && fs.readFileSync("lock", "utf8");
const asked = words.slice(0, 2).join(" ");
if (asked === "whoami --json") console.log(JSON.stringify({ url: "file:///state" }));
else if (asked === "stack export") console.log(JSON.stringify(read()));
else if (words[0] === "config") console.log(fs.readFileSync("config.json", "utf8"));
else if (words[0] === "cancel") fs.rmSync("lock");
else if (locked) fail("the stack is currently locked by 1 lock(s).\\n  file:///state/lock.json: " + locked);
else if (asked === "stack init") fail("stack '" + words[2] + "' already exists");
else if (asked === "stack import") {
  const state = JSON.parse(fs.readFileSync(0, "utf8"));
  state.deployment.pending_operations = [];
  write(state);
} else if (words[0] === "refresh") {
  const state = read();
  const { resources, pending_operations } = state.deployment;
  for (const [index, word] of words.entries())
    if (word === "--target" && !resources.some(({ urn }) => urn === words[index + 1]))
      fail("no resource named '" + words[index + 1] + "' found");
  state.deployment.pending_operations = pending_operations.filter(({ type }) => type === "creating");
  write(state);
  if (fs.existsSync("refresh-fails")) fail("the provider does not answer");
} else fail("nobody has thought of " + words.join(" "));
`;

let folder: string;
let hetzner: Server;
let refuses = false;
let servers: { id: number; labels: { stack: string } }[] = [];
const at = (...names: string[]): string => join(folder, ...names);
const urn = (name: string): string => `urn:pulumi:test::test::x:y:Z::${name}`;
const operation = (type: string, name: string, of = "x:y:Z") => ({
  type,
  resource: {
    urn: urn(name),
    type: of,
    inputs: { name: "clawkeep-test", labels: { stack: "clawkeep-test" } },
  },
});
const server = operation("creating", "server", "hcloud:index/server:Server");

beforeAll(async () => {
  hetzner = createServer((request, response) => {
    if (refuses) response.statusCode = 401;
    else if (request.method === "DELETE") servers = [];
    response.end(JSON.stringify(refuses ? { error: { code: "unauthorized", message: "no" } } : { servers }));
  });
  await new Promise<void>((resolve) => hetzner.listen(0, "127.0.0.1", resolve));
});
afterAll(() => new Promise((resolve) => hetzner.close(resolve)));
afterEach(() => rmSync(folder, { recursive: true }));

/** @param there names of what the state has */
function given(operations: object[], there: string[], locked: boolean): void {
  folder = mkdtempSync(join(tmpdir(), "clawkeep-recover-"));
  mkdirSync(at("bin"));
  symlinkSync(join(root, "node_modules"), at("node_modules"));
  writeFileSync(at("bin", "pulumi"), pulumi);
  chmodSync(at("bin", "pulumi"), 0o755);
  writeFileSync(at("log"), "");
  const endpoint = `http://127.0.0.1:${(hetzner.address() as AddressInfo).port}`;
  writeFileSync(
    at("config.json"),
    JSON.stringify({ "hcloud:token": { value: "t" }, "hcloud:endpoint": { value: endpoint } }),
  );
  const resources = there.map((name) => ({ urn: urn(name), type: "x:y:Z", id: name }));
  writeFileSync(
    at("state.json"),
    JSON.stringify({ deployment: { resources, pending_operations: operations } }),
  );
  // No process has that number.
  const lock = `created by ${userInfo().username}@${hostname()} (pid 99999999) at 2026-11-29T16:28:45Z`;
  if (locked) writeFileSync(at("lock"), lock);
  servers = [{ id: 5, labels: { stack: "clawkeep-test" } }];
  refuses = false;
}

async function recover(): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, ["--import", "tsx", join(root, "tools", "recover.ts"), "test"], {
    cwd: folder,
    env: {
      ...process.env,
      PATH: at("bin") + delimiter + (process.env["PATH"] ?? ""),
      PULUMI_HOME: at("home"),
      PULUMI_BACKEND_URL: "file:///state",
    },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text: Buffer) => (said += text.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, said };
}

const pending = (): string[] =>
  (
    JSON.parse(readFileSync(at("state.json"), "utf8")) as {
      deployment: { pending_operations: { type: string }[] };
    }
  ).deployment.pending_operations.map(({ type }) => type);
const asked = (): string[] => readFileSync(at("log"), "utf8").trim().split("\n");
const kept = (): string[] => (existsSync(at("home", "clawkeep")) ? readdirSync(at("home", "clawkeep")) : []);
const well = { code: 0, said: expect.stringMatching(/nothing is in the way of: pulumi up --stack test/) };

test("the lock is looked for by what writes no state, and nothing is written where nothing was cut off", async () => {
  given([], ["host"], false);
  expect(await recover()).toEqual(well);
  expect(asked().filter((words) => /^(stack import|refresh|cancel)/.test(words))).toEqual([]);
  expect(kept()).toEqual([]);
});

test("after `pulumi cancel`, what was being made is found", async () => {
  given([server], ["host"], false);
  const { code, said } = await recover();
  expect([code, said]).toEqual([
    0,
    expect.stringMatching(/clawkeep-test \(5\) was half made, and is removed/),
  ]);
  expect([servers, pending(), kept()]).toEqual([[], [], []]);
});

test("typed again after Hetzner refused, it finds the same", async () => {
  given([server], ["host"], true);
  refuses = true;
  expect(await recover()).toEqual({ code: 1, said: expect.stringMatching(/Hetzner refuses hcloud:token/) });
  expect([existsSync(at("lock")), pending()]).toEqual([false, ["creating"]]);
  refuses = false;
  const { code, said } = await recover();
  expect([code, said]).toEqual([
    0,
    expect.stringMatching(/clawkeep-test \(5\) was half made, and is removed/),
  ]);
  expect([servers, pending(), kept()]).toEqual([[], [], []]);
});

test("what Pulumi has dropped by then is in a list of ours, which nobody else can read", async () => {
  given([operation("updating", "host"), server], ["host"], true);
  writeFileSync(at("refresh-fails"), "");
  expect(await recover()).toEqual({ code: 1, said: expect.stringMatching(/the provider does not answer/) });
  expect(pending()).toEqual(["creating"]);
  const [name = ""] = kept();
  expect(statSync(at("home", "clawkeep", name)).mode & 0o777).toBe(0o600);
  rmSync(at("refresh-fails"));
  expect(await recover()).toEqual(well);
  expect(asked().filter((words) => words.startsWith("refresh"))).toEqual(
    [1, 2].map(() => `refresh --yes --skip-preview --stack test --target ${urn("host")}`),
  );
  expect([pending(), kept()]).toEqual([[], []]);
});

test("an import that was cut off is nothing that a provider can be asked about", async () => {
  given([operation("importing", "record")], ["host"], true);
  expect(await recover()).toEqual(well);
  expect(asked().filter((words) => words.startsWith("refresh"))).toEqual([]);
  expect(pending()).toEqual([]);
});
