/** Every script that runs on a host can be read by its language; `make lint` looks further. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const bin = join(__dirname, "..", "..", "..", "config-files", "host", "bin");
const systemd = join(bin, "..", "systemd");
const scripts = readdirSync(bin).map((name) => ({
  name,
  path: join(bin, name),
  text: readFileSync(join(bin, name), "utf8"),
}));
const startingWith = (line: string) => scripts.filter(({ text }) => text.startsWith(`${line}\n`));
const bash = startingWith("#!/usr/bin/env bash");
// -B: nothing else may lie beside the scripts.
const python = ["#!/usr/bin/env python3", "#!/usr/bin/env -S python3 -B"].flatMap(startingWith);
python.push(...scripts.filter(({ name }) => name.endsWith(".py")));
const modules = scripts.filter(({ name }) => name.endsWith(".mjs"));
const installed = (program: string): boolean => spawnSync(program, ["--version"]).error === undefined;
const check = (program: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  return { status, output: stdout + stderr };
};
const clean = { status: 0, output: "" };

it("every script is Bash, Python or a module for Node", () => {
  expect(bash.length + python.length + modules.length).toBe(scripts.length);
  expect(Math.min(bash.length, python.length)).toBeGreaterThan(0);
});

describe.each(bash)("$name", ({ path, text }) => {
  it("can be parsed, and stops at the first error", () => {
    expect(check("bash", "-n", path)).toEqual(clean);
    expect(text).toMatch(/^set -euo pipefail$/m);
  });

  it("holds no template", () => expect(text).not.toMatch(/\{\{(?!\.|range|json|end|if)|<%|@@/));
});

const litellm = join(bin, "..", "..", "litellm");
const inContainers = readdirSync(litellm)
  .filter((name) => name.endsWith(".py"))
  .map((name) => ({ name, path: join(litellm, name) }));
(installed("python3") ? describe : describe.skip).each([...python, ...inContainers])("$name", ({ path }) => {
  it("can be compiled (skipped where Python is not installed)", () => {
    const program =
      "import pathlib, sys; compile(pathlib.Path(sys.argv[1]).read_bytes(), sys.argv[1], 'exec')";
    expect(check("python3", "-W", "error", "-c", program, path)).toEqual(clean);
  });
});

it.each(modules)("$name can be parsed", ({ path }) =>
  expect(check(process.execPath, "--check", path)).toEqual(clean),
);

it("containers are stopped by -t: the client of Engine 29 complains of --time, and older ones know no --timeout", () => {
  const stops = scripts.flatMap(({ name, text }) =>
    [...text.matchAll(/docker stop (-\S+)|docker\("stop", "(-\S+)"/g)].map((found) => [
      name,
      found[1] ?? found[2],
    ]),
  );
  expect(stops.length).toBeGreaterThanOrEqual(3);
  for (const stop of stops) expect(stop).toEqual([stop[0], "-t"]);
});

it("every script says what it is for and can be executed", () => {
  for (const { name, path, text } of scripts) {
    expect([name, text]).toEqual([name, expect.stringMatching(/Usage: |Standard input, JSON/)]);
    expect([name, statSync(path).mode & 0o111]).toEqual([name, 0o111]);
  }
});

describe("openclaw-gateway@.service", () => {
  const unit = readFileSync(join(systemd, "openclaw-gateway@.service"), "utf8");
  const value = (key: string): string | undefined => new RegExp(`^${key}=(.*)$`, "m").exec(unit)?.[1];

  it("asks the gate before every start", () => {
    expect(value("ExecCondition")).toBe("/opt/openclaw/bin/gateway-gate role %i");
    expect([...unit.matchAll(/^ExecStartPre=(.*)$/gm)].map(([, command]) => command)).toEqual([
      "/opt/openclaw/bin/sandboxes-end close %i",
      "/opt/openclaw/bin/gateway-swap recover %i",
      "/opt/openclaw/bin/gateway-gate wait %i",
      "/opt/openclaw/bin/sandboxes-end open %i",
    ]);
  });

  it("gives OpenClaw its 330 s to finish, and Docker some more to say so", () => {
    const grace = Number(/^ExecStop=.* -t (\d+)/m.exec(unit)?.[1]);
    expect(grace).toBeGreaterThan(330);
    expect(Number(value("TimeoutStopSec"))).toBeGreaterThan(grace);
  });

  it("ends the sandboxes before the gateway is stopped, and after it has ended", () => {
    const stops = [...unit.matchAll(/^ExecStop(?:Post)?=(.*)$/gm)].map(([, command]) => command);
    const end = "-/opt/openclaw/bin/sandboxes-end close %i";
    expect(stops).toEqual([end, expect.stringMatching(/^\/usr\/bin\/docker stop /), end]);
  });

  it("gives the gate the time that it takes", () => {
    const gate = scripts.find(({ name }) => name === "gateway-gate")?.text ?? "";
    expect(Number(value("TimeoutStartSec"))).toBeGreaterThan(Number(/^limit=(\d+)$/m.exec(gate)?.[1]));
  });

  it("starts again, for ever", () => {
    expect([value("Restart"), value("StartLimitIntervalSec")]).toEqual(["always", "0"]);
  });

  it("runs nothing that the tools do not bring", () => {
    const tools = [...unit.matchAll(/\/opt\/openclaw\/bin\/([a-z-]+)/g)].map(([, name]) => name);
    expect(tools.filter((tool) => !scripts.some(({ name }) => name === tool))).toEqual([]);
  });
});
