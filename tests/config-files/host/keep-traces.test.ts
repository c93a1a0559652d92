/** What containers log stays with root: whatever is written later, and however fast. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const script = join(__dirname, "../../../config-files/host/bin/keep-traces");

/** Runs Python with the script as `module`, a keeper on an empty directory, and a container's log that Docker rotates. */
function withKeeper(text: string): unknown {
  const program = `
import importlib.machinery, importlib.util, json, os, sys, tempfile
sys.path.insert(0, os.path.dirname(sys.argv[1]))
import common
common.script = lambda name, work: None
loader = importlib.machinery.SourceFileLoader("traces", sys.argv[1])
module = importlib.util.module_from_spec(importlib.util.spec_from_loader("traces", loader))
sys.modules["traces"] = module
loader.exec_module(module)
root = tempfile.TemporaryDirectory()
path = f"{root.name}/container-json.log"
containers = {"0123": ("openclaw-relay", path)}
def entry(log, second=0):
    return json.dumps({"log": log + "\\n", "stream": "stdout", "time": f"2099-01-01T00:00:{second:02}.5Z"}) + "\\n"
def logs(*lines):
    with open(path, "a") as stream:
        stream.writelines(entry(line) for line in lines)
def rotate():
    if os.path.exists(f"{path}.1"):
        os.rename(f"{path}.1", f"{path}.2")
    os.rename(path, f"{path}.1")
    logs()
def kept():
    names = sorted(name for name in os.listdir(f"{root.name}/traces") if name.endswith(".log"))
    return [line for name in names for line in open(f"{root.name}/traces/{name}").read().splitlines()]
def said():
    return [line.split(" ", 1)[1] if line[0].isdigit() else line for line in kept()]
logs()
keeper = module.Keeper(f"{root.name}/traces")
keeper.begin(containers)
${text}`;
  const { status, stdout, stderr } = spawnSync("python3", ["-B", "-c", program, script], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

it("keeps lines as they come, for root alone, and goes on after a new start", () => {
  expect(
    withKeeper(`
logs("one", "two")
keeper.round()
logs("three")
keeper.round()
modes = {oct(os.stat(f"{root.name}/traces/{name}").st_mode & 0o777) for name in os.listdir(f"{root.name}/traces")}
again = module.Keeper(f"{root.name}/traces")
print(json.dumps([said(), sorted(modes), len(again.began) > 0]))`),
  ).toEqual([["one", "two", "three"], ["0o600"], true]);
});

it("what was kept before a new start is not kept twice", () => {
  expect(
    withKeeper(`
logs("one")
keeper.round()
common.write(f"{root.name}/traces/last", "2099-01-01T00:00:00.600000Z", 0o600)
with open(path, "a") as stream:
    stream.write(entry("two", 1))
again = module.Keeper(f"{root.name}/traces")
again.begin(containers)
again.round()
print(json.dumps(said()))`),
  ).toEqual(["one", "two"]);
});

it("goes on over rotations, and says where something is missing", () => {
  expect(
    withKeeper(`
logs("one")
keeper.round()
logs("two")
rotate()
logs("three")
keeper.round()
logs("lost")
rotate()
logs("four")
rotate()
logs("five")
keeper.round()
print(json.dumps(said()))`),
  ).toEqual(["one", "two", "three", "lost", expect.stringMatching(/something is missing/), "four", "five"]);
});

it("a flood takes the place of nothing: the day is full, and the rest is a number", () => {
  const [first, size, last] = withKeeper(`
module.MOST_BYTES_A_DAY = 2000
logs("how he came")
keeper.round()
logs(*["x" * 90] * 500)
keeper.round()
keeper.end_minute(keeper.followed["0123"])
lines = kept()
print(json.dumps([said()[0], sum(len(line) + 1 for line in lines), lines[-1]]))`) as [string, number, string];
  expect(first).toBe("how he came");
  expect(size).toBeLessThan(2200);
  expect(last).toMatch(/not kept within a minute: 4\d\d allowed/);
});

it("refusals have a most of their own, and leave room for what was allowed", () => {
  const [refused, allowed, told] = withKeeper(`
deny = json.dumps({"decision": "deny"}, separators=(",", ":"))
logs(*[deny] * 300, "1.5 10.0.0.1 TCP_DENIED/403 CONNECT example.org:443", "allowed")
keeper.round()
keeper.end_minute(keeper.followed["0123"])
print(json.dumps([sum("deny" in line for line in kept()), sum(line.endswith(" allowed") for line in kept()), kept()[-1]]))`) as [
    number,
    number,
    string,
  ];
  expect([refused, allowed]).toEqual([60, 1]);
  expect(told).toMatch(/not kept within a minute: 241 refused/);
});

it("what a removed container wrote last is kept", () => {
  expect(
    withKeeper(`
logs("last words")
keeper.begin({})
print(json.dumps(said()))`),
  ).toEqual(["last words"]);
});

it("files go by age alone", () => {
  expect(
    withKeeper(`
for day in ("2020-01-01", "2999-01-01"):
    open(f"{root.name}/traces/openclaw-{day}.log", "w").close()
keeper.prune()
print(json.dumps(sorted(name for name in os.listdir(f"{root.name}/traces") if "openclaw-2" in name)))`),
  ).toEqual(["openclaw-2999-01-01.log"]);
});
