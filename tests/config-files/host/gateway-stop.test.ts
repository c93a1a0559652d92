/** gateway-stop against a gateway that is made up: what it is asked, and when it is ended. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasPython, scriptsAsModules } from "./backup-copies";

const bin = join(__dirname, "..", "..", "..", "config-files", "host", "bin");
// Processes on a busy machine.
jest.setTimeout(60_000);

/** The clock goes on by ten seconds with each question. */
const world = `${scriptsAsModules}import types
import common, drain, gateway
stop = load("gateway-stop")
drain.WITHHELD = f"{home}/withheld"
clock, calls, answers = [0.0], [], []
withheld = lambda: os.listdir(drain.WITHHELD) if os.path.isdir(drain.WITHHELD) else []
def docker(*words, seconds=60, check=True):
    if words[0] == "exec":
        drains = json.loads(words[words.index("--params") + 1])["drain"]
        calls.append(("begin nothing " if drains else "ask ") + " ".join(withheld()))
        clock[0] += 10
        said = answers.pop(0) if len(answers) > 1 else answers[0]
        return common.Result(words, 0 if said.startswith("{") else 1, said if said.startswith("{") else "", said)
    calls.append(" ".join(words))
    return common.Result(words, 0, "", "")
def sleep(seconds): clock[0] += seconds
drain.docker = stop.docker = docker
def run(*words, seconds, check=True):
    calls.append(" ".join(words).replace(common.BIN, ""))
    if check and closes: raise common.Failed("sandboxes-end: one is left")
    return common.Result(words, closes, "", "")
gateway.run, closes = run, 0
drain.time = stop.time = types.SimpleNamespace(monotonic=lambda: clock[0], sleep=sleep)
def stopped(*said):
    answers[:], calls[:], clock[0], sys.argv, text = said, [], 0.0, ["it", "gw"], io.StringIO()
    with contextlib.redirect_stderr(text): stop.main()
    return [calls[:], text.getvalue().strip(), withheld()]
status = lambda word: json.dumps({"status": word, "suspensionId": "x"})
`;

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "clawkeep-stop-"));
  mkdirSync(join(home, "withheld"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function inWorld(code: string, before = ""): unknown {
  const words = ["-B", "-c", `${world}\n${before}\nprint(json.dumps(${code}))`, bin, home];
  const { status, stdout, stderr } = spawnSync("python3", words, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const close = "/sandboxes-end close gw";
const asked = (times: number): string[] => Array<string>(times).fill("ask gw");

(hasPython ? describe : describe.skip)("gateway-stop", () => {
  it("withholds what is new, ends a gateway once it has finished what it has taken, and withholds nothing then", () => {
    expect(inWorld(`stopped(status("busy"), status("busy"), status("ready"))`)).toEqual([
      [...asked(3), close, "stop -t 306 gw"],
      "",
      [],
    ]);
  });

  it("has one that others keep busy begin nothing after a minute, and gives it the last half minute of its time", () => {
    const [calls, said, withheld] = inWorld(`stopped(status("busy"))`) as [string[], string, string[]];
    expect(calls).toEqual([
      ...asked(6),
      ...Array<string>(calls.length - 8).fill("begin nothing gw"),
      close,
      "stop -t 30 gw",
    ]);
    expect(calls.length).toBeGreaterThan(20);
    expect([said, withheld]).toEqual(["gw is stopped while it works: it has not finished within 310 s", []]);
  });

  it("ends one whose sandboxes cannot be ended all the same, and says so", () => {
    expect(inWorld(`stopped(status("ready"))`, "closes = 1")).toEqual([
      [...asked(1), close, "stop -t 328 gw"],
      "sandboxes-end: one is left",
      [],
    ]);
  });

  it("needs no relay", () => {
    rmSync(join(home, "withheld"), { recursive: true });
    expect(inWorld(`stopped(status("ready"))`)).toEqual([["ask ", close, "stop -t 328 gw"], "", []]);
  });

  it.each([
    ["knows no such order", "error: unknown method", "error: unknown method"],
    ["answers something else", '{"status": "resting"}', "resting"],
    ["writes to the terminal", "\u001b[2Jgone", "\\x1b[2Jgone"],
  ])("ends one that %s without waiting for it, and says so", (_, said, shown) => {
    expect(inWorld(`stopped(${JSON.stringify(said)})`)).toEqual([
      [...asked(1), close, "stop -t 328 gw"],
      `gw is stopped without having been drained: ${shown}`,
      [],
    ]);
  });

  it("withholds nothing any more where Docker does not stop it", () => {
    const fails = `def fails(*words, seconds=60, check=True):
    if words[0] == "stop": raise common.Failed("docker does not answer")
    return docker(*words)
stop.docker = fails
try: stopped(status("ready"))
except common.Failed as failure: result = [str(failure), withheld()]`;
    expect(inWorld("result", fails)).toEqual(["docker does not answer", []]);
  });
});
