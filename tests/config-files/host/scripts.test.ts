/** Every script that runs on a host can be read by its language; `make lint` looks further. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { services } from "../../../config/services";
import { scriptNames } from "../../../config-files/host/tools";

const bin = join(__dirname, "..", "..", "..", "config-files", "host", "bin");
const systemd = join(bin, "..", "systemd");
const scripts = scriptNames().map((name) => ({
  name,
  path: join(bin, name),
  text: readFileSync(join(bin, name), "utf8"),
}));
const startingWith = (line: string) => scripts.filter(({ text }) => text.startsWith(`${line}\n`));
// -B: nothing else may lie beside the scripts, and what is compiled there would outlive a change of the same size.
const [bash, ofPython] = [startingWith("#!/usr/bin/env bash"), startingWith("#!/usr/bin/env -S python3 -B")];
/** Runs in a container that has no Bash. */
const posix = startingWith("#!/bin/sh").filter(({ name }) => name === "backup-tunnel");
const shared = scripts.filter(({ name }) => name.endsWith(".py"));
const python = [...new Set([...ofPython, ...shared])];
const modules = scripts.filter(({ name }) => name.endsWith(".mjs"));
const installed = (program: string): boolean => spawnSync(program, ["--version"]).error === undefined;
const check = (program: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  return { status, output: stdout + stderr };
};
const clean = { status: 0, output: "" };

it("every script is Bash, Python or a module for Node", () => {
  expect(bash.length + python.length + modules.length + posix.length).toBe(scripts.length);
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
(installed("python3") ? describe : describe.skip)("Python (skipped where it is not installed)", () => {
  /** What each was answered by one process for all of them. */
  let said: Readonly<Record<string, string>>;
  beforeAll(() => {
    const program = `import json, pathlib, sys
def problem(path):
    try: compile(pathlib.Path(path).read_bytes(), path, "exec"); return "compiled"
    except Exception as error: return f"{type(error).__name__}: {error}"
print(json.dumps({path: problem(path) for path in sys.argv[1:]}))`;
    const paths = [...python, ...inContainers].map(({ path }) => path);
    const { status, output } = check("python3", "-W", "error", "-c", program, ...paths);
    if (status !== 0) throw new Error(output);
    said = JSON.parse(output) as typeof said;
  });

  it.each([...python, ...inContainers])("$name can be compiled", ({ path }) =>
    expect(said[path]).toBe("compiled"),
  );
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
  expect(stops.length).toBeGreaterThanOrEqual(2);
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
  const textOf = (script: string): string => readFileSync(join(bin, script), "utf8");
  const secondsOf = (script: string, name: string): number =>
    Number(new RegExp(`^${name} = (\\d+)$`, "m").exec(textOf(script))?.[1]);
  const drain = secondsOf("gateway.py", "DRAIN_SECONDS");
  const last = secondsOf("gateway-stop", "LAST_SECONDS");
  // The drain leaves `last` of its time; then sandboxes end; then the gateway has `last` left, and Docker as much to say so.
  const stop = drain - last + secondsOf("gateway.py", "SANDBOXES_SECONDS") + 2 * last;

  it("asks the gate before every start", () => {
    expect(value("ExecCondition")).toBe("/opt/openclaw/bin/gateway-gate role %i");
    expect([...unit.matchAll(/^ExecStartPre=(.*)$/gm)].map(([, command]) => command)).toEqual([
      "/opt/openclaw/bin/sandboxes-end close %i",
      "/opt/openclaw/bin/gateway-swap recover %i",
      "/opt/openclaw/bin/gateway-gate wait %i",
      "/opt/openclaw/bin/sandboxes-end open %i",
    ]);
  });

  it("gives its stop more time than that gives OpenClaw, which takes up to 330 s to finish", () => {
    expect(drain).toBe(services.gateway.stopGraceSeconds);
    expect(drain).toBeGreaterThan(330);
    expect(Number(value("TimeoutStopSec"))).toBeGreaterThan(stop);
    // What the script and the unit say of themselves.
    expect(textOf("gateway-stop")).toContain(`it takes up to ${drain} s, and ${stop} s where Docker hangs`);
    expect(unit).toContain(`(in at most ${drain} s)`);
    expect(unit).toContain(`at the worst: ${stop} s, the sum of its limits`);
  });

  it("has whoever waits for that stop wait for longer: scripts, a server's shutdown, the operator's machine", () => {
    const [, more] = /^STOP_SECONDS = DRAIN_SECONDS \+ (\d+)$/m.exec(textOf("gateway.py")) ?? [];
    const waits = drain + Number(more);
    expect(waits).toBeGreaterThanOrEqual(
      Number(value("TimeoutStopSec")) + secondsOf("sandboxes-end", "SECONDS"),
    );
    const shutDown = textOf("shut-down-host");
    const steps = [...shutDown.matchAll(/^(?:step|if timeout) (\d+) /gm)].map(([, seconds]) =>
      Number(seconds),
    );
    expect(steps).toHaveLength(4);
    expect(steps[0]).toBe(waits);
    const component = readFileSync(join(__dirname, "../../../components/server-shutdown.ts"), "utf8");
    const [, minutes] = /customTimeouts: \{ delete: "(\d+)m" \}/.exec(component) ?? [];
    // File systems, of which each has some seconds, are mostly unmounted at once.
    expect(Number(minutes) * 60).toBeGreaterThan(steps.reduce((sum, seconds) => sum + seconds, 120));
    const operating = readFileSync(join(__dirname, "../../../docs/operating.md"), "utf8").replaceAll(
      "\n",
      " ",
    );
    expect(operating).toContain("(up to six minutes; ten, where its Docker hangs)");
    expect([Math.ceil(drain / 60), Math.ceil(waits / 60)]).toEqual([6, 10]);
  });

  it("ends the sandboxes when the gateway is stopped, and after it has ended", () => {
    const stops = [...unit.matchAll(/^ExecStop(?:Post)?=(.*)$/gm)].map(([, command]) => command);
    expect(stops).toEqual(["/opt/openclaw/bin/gateway-stop %i", "-/opt/openclaw/bin/sandboxes-end close %i"]);
  });

  it("gives the gate the time that it takes", () => {
    const gate = scripts.find(({ name }) => name === "gateway-gate")?.text ?? "";
    expect(Number(value("TimeoutStartSec"))).toBeGreaterThan(
      Number(/^LIMIT_SECONDS = (\d+)$/m.exec(gate)?.[1]),
    );
  });

  it("starts again, for ever", () => {
    expect([value("Restart"), value("StartLimitIntervalSec")]).toEqual(["always", "0"]);
  });

  it("runs nothing that the tools do not bring", () => {
    const tools = [...unit.matchAll(/\/opt\/openclaw\/bin\/([a-z-]+)/g)].map(([, name]) => name);
    expect(tools.filter((tool) => !scripts.some(({ name }) => name === tool))).toEqual([]);
  });
});

describe("time limits: what root does with something hostile ends", () => {
  it("Python starts processes in common.py alone, and says there how long each may take", () => {
    const starting = /\bsubprocess\b|\bos\.(system|popen|spawn|posix_spawn)/;
    const names = python.filter(({ text }) => starting.test(text)).map(({ name }) => name);
    // backup-database runs in a container that has a limit of its own, where its child has a smaller one.
    expect(names).toEqual(["backup-database", "common.py"]);
    const common = python.find(({ name }) => name === "common.py")?.text ?? "";
    expect(common).toMatch(/def run\(\*words: str, seconds: float, /);
  });

  it("a command that does not end is killed with all that it has started, and has failed", () => {
    const program = `import sys, time
sys.path.insert(0, ${JSON.stringify(bin)})
import common
began = time.monotonic()
outcome = common.run("sh", "-c", "sleep 60 & echo said; echo complained >&2; wait", seconds=0.5, check=False)
print(outcome.returncode, outcome.stdout.strip(), outcome.stderr.strip(), time.monotonic() - began < 20)
try:
    common.run("sleep", "60", seconds=0.2)
except common.Failed as failure:
    print(failure)`;
    const { stdout, stderr } = spawnSync("python3", ["-B", "-c", program], { encoding: "utf8" });
    expect([stdout, stderr]).toEqual([
      "124 said complained\ndid not end within 0.5 s, and was killed True\nsleep 60 ended with 124: did not end within 0.2 s, and was killed\n",
      "",
    ]);
  });

  it("output without end is read, and not kept", () => {
    const program = `import sys
sys.path.insert(0, ${JSON.stringify(bin)})
import common
common.MOST = 1000
print(len(common.run("head", "-c", "3000000", "/dev/zero", seconds=30).stdout))`;
    expect(check("python3", "-B", "-c", program)).toEqual({ status: 0, output: "1000\n" });
  });

  it("shell asks nothing of a container without one", () => {
    for (const { name, text } of bash)
      for (const line of text.split("\n").filter((each) => /\bdocker (exec|run|cp|logs)\b/.test(each)))
        expect([name, line]).toEqual([name, expect.stringMatching(/\btimeout /)]);
  });

  it("every unit of ours that waits for its start says for how long", () => {
    for (const name of readdirSync(systemd).filter((each) => each.endsWith(".service"))) {
      const text = readFileSync(join(systemd, name), "utf8");
      if (/^Type=oneshot$/m.test(text) || name.includes("@"))
        expect([name, text]).toEqual([name, expect.stringMatching(/^TimeoutStartSec=\d+$/m)]);
    }
  });

  it("a start of a gateway has the time that putting a state back takes", () => {
    const number = (file: string, constant: string): number =>
      Number(
        new RegExp(`^${constant} = (\\d+)$`, "m").exec(
          scripts.find(({ name }) => name === file)?.text ?? "",
        )?.[1],
      );
    // Kept aside, emptied, put back; then the gate.
    const longest =
      2 * number("copies.py", "COPY_SECONDS") +
      number("copies.py", "CLEAR_SECONDS") +
      number("gateway-gate", "LIMIT_SECONDS");
    const unit = readFileSync(join(systemd, "openclaw-gateway@.service"), "utf8");
    expect(Number(/^TimeoutStartSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(longest + 120);
    // copy-state.mjs ends before it is ended.
    const seconds = /seconds: (\d+),/.exec(
      scripts.find(({ name }) => name === "copy-state.mjs")?.text ?? "",
    )?.[1];
    expect(Number(seconds)).toBeLessThan(number("copies.py", "COPY_SECONDS"));
  });
});
