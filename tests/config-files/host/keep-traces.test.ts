/** What containers log stays with root: whatever is written later, and however fast. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { services } from "../../../config/services";

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
keeper = module.Keeper(f"{root.name}/traces", ["good", "bad"])
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
again = module.Keeper(f"{root.name}/traces", ["good", "bad"])
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
again = module.Keeper(f"{root.name}/traces", ["good", "bad"])
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
    // With the refusals, which are read first.
  ).toEqual([expect.stringMatching(/something is missing/), "one", "two", "three", "lost", "four", "five"]);
});

it("a flood takes the place of nothing: the day is full, and the rest is a number", () => {
  const [first, size, last] = withKeeper(`
module.MOST_BYTES_A_DAY = {"allowed": 2000, "refused": 2000}
module.most_bytes = lambda kind, hour: 2000
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
said = [line for line in kept() if "not kept" in line]
print(json.dumps([sum("deny" in line for line in kept()), sum(line.endswith(" allowed") for line in kept()), said[-1]]))`) as [
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

/** A line of the relay's or LiteLLM's about a gateway, a clock that a test turns, and what is kept with a mark in it. */
const shared = `
def about(gateway, mark, decision="allow"):
    return json.dumps({"gateway": gateway, "event": "request", "decision": decision, "mark": mark}, separators=(",", ":"))
clock = [module.time.time() // 86400 * 86400 + 60]
module.time.time = lambda: clock[0]
def marked(mark):
    return sum(f'"{mark}"' in line for line in kept())
def turn(minutes):
    for _ in range(minutes):
        clock[0] += 60
        keeper.round()
`;

it.each(["allow", "deny"])(
  "what one gateway logs (%s) takes nothing from another, in lines or in bytes",
  (decision) => {
    expect(
      withKeeper(`${shared}
module.MOST_BYTES_A_DAY = {"allowed": 200000, "refused": 20000}
found = []
for minute in range(40):
    turn(1)
    logs(*[about("bad", "x" * 80, "${decision}")] * 700, about("good", f"m{minute}", "${decision}"))
    keeper.round()
    found.append(marked(f"m{minute}"))
names = sorted(name.rsplit("-", 3)[0] for name in os.listdir(f"{root.name}/traces") if name.endswith(".log"))
sizes = [os.stat(f"{root.name}/traces/{name}").st_size for name in os.listdir(f"{root.name}/traces") if "+bad" in name]
print(json.dumps([sum(found), names, max([0, *sizes]) < 115000]))`),
    ).toEqual([
      40,
      decision === "allow"
        ? ["openclaw-relay+bad", "openclaw-relay+good"]
        : ["openclaw-relay+bad+refused", "openclaw-relay+good+refused"],
      true,
    ]);
  },
);

it("one gateway's refusals hide none of its calls, its calls none of its refusals, and early refusals no later ones", () => {
  expect(
    withKeeper(`${shared}
module.MOST_BYTES_A_DAY = {"allowed": 50000, "refused": 24000}
for minute in range(60):
    turn(1)
    logs(*[about("bad", "y" * 80, "deny")] * 90, *[about("bad", "x" * 80)] * 700)
    keeper.round()
full = [about("bad", "late"), about("bad", "later", "deny")]
turn(1)
logs(*full)
keeper.round()
before = [marked("late"), marked("later")]
clock[0] += 12 * 3600
keeper.round()
logs(*full)
keeper.round()
# Each of the two is there from the start on.
print(json.dumps([before, [marked("late"), marked("later")], marked("y" * 80) > 60, marked("x" * 80) > 150]))`),
  ).toEqual([[0, 0], [1, 1], true, true]);
});

it("a name makes a file where it is a gateway's that is here, in a service that says it: nobody makes files without end", () => {
  expect(
    withKeeper(`${shared}
deep = '{"gateway":' * 50000
logs(about("good", 1), about("made-up", 2), about("made.up", 3), json.dumps({"gateway": ["good"]}), json.dumps([1]), deep,
     json.dumps({"event": "not-written", "source": "bad: refused"}), '"gateway":"good"')
keeper.round()
other = f"{root.name}/other"
with open(other, "w") as stream:
    stream.write("")
keeper.begin({**containers, "4567": ("good", other)})
with open(other, "a") as stream:
    stream.write(entry(about("bad", 4)))
keeper.round()
names = sorted(name.rsplit("-", 3)[0] for name in os.listdir(f"{root.name}/traces") if name.endswith(".log"))
print(json.dumps(names))`),
  ).toEqual(["good", "openclaw-relay", "openclaw-relay+bad", "openclaw-relay+good"]);
});

it("the services that say whose a line is are called so", () => {
  expect(withKeeper("print(json.dumps(list(module.SAYS_WHOSE)))")).toEqual([
    services.litellm.name,
    services.relay.name,
  ]);
});
