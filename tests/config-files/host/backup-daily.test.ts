/** backup-daily: what it leaves of a backup and its audits; restic and Docker are made up. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasPython, scriptsAsModules } from "./backup-copies";

const bin = join(__dirname, "..", "..", "..", "config-files", "host", "bin");
// Processes on a busy machine.
jest.setTimeout(60_000);
let home: string;
beforeEach(() => void (home = mkdtempSync(join(tmpdir(), "clawkeep-daily-"))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** Two gateways, the second of which does not answer. */
const world = `${scriptsAsModules}import common, time
daily = load("backup-daily")
daily.LOG, daily.RESULT = f"{home}/log", f"{home}/daily.json"
common.sync_directory = lambda path: None
daily.read_order = lambda: {"commands": {"one": ["node", "openclaw.mjs"], "two": ["openclaw"]}}
calls, whole = [], 0
def docker(*words, seconds, check):
    calls.append([*words, seconds])
    return common.Result(words, 124 if words[1] == "two" else 0, "x" * (1 << 20) + "\\x1b[31mfound\\n", "")
daily.docker = docker
daily.run = lambda *words, seconds, check: calls.append(list(words[1:])) or common.Result(words, whole, "snapshot made\\n", "")
def attempt():
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        try: daily.main(); code = None
        except SystemExit as end: code = end.code
    return [code, text.getvalue()]
logged = lambda: [json.loads(line) for line in open(daily.LOG).read().splitlines()]
`;

/** Runs Python in that world. @returns what its `result` is */
function inWorld(code: string): unknown {
  const words = ["-B", "-c", `${world}\n${code}\nprint(json.dumps(result))`, bin, home];
  const { status, stdout, stderr } = spawnSync("python3", words, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

(hasPython ? describe : describe.skip)("backup-daily", () => {
  it("saves first, then each audit has its time in the gateway's own container, and what came of it is left for make verify", () => {
    const [ended, asked, left] = inWorld(`
ended = attempt()
result = [ended, calls, json.load(open(daily.RESULT))]`) as [[number, string], unknown[][], object];
    expect(ended).toEqual([
      0,
      expect.stringMatching(/^snapshot made\none: security audit --deep ended with 0/),
    ]);
    const audit = (gateway: string, ...words: string[]) => [
      ...["exec", gateway, "timeout", "--kill-after=5", "300", ...words, 320],
    ];
    expect(asked).toEqual([
      ["--whole"],
      audit("one", "node", "openclaw.mjs", "security", "audit", "--deep"),
      audit("one", "node", "openclaw.mjs", "doctor", "--non-interactive"),
      audit("two", "openclaw", "security", "audit", "--deep"),
      audit("two", "openclaw", "doctor", "--non-interactive"),
    ]);
    const codes = (code: number) => ({ "security audit --deep": code, "doctor --non-interactive": code });
    expect(left).toEqual({
      began: expect.any(Number) as number,
      code: 0,
      audits: { one: codes(0), two: codes(124) },
    });
  });

  it("what an audit says is bounded, shows nothing that a terminal would obey, and is kept for 30 days", () => {
    const [said, sizes, days] = inWorld(`
line = lambda days: json.dumps({"at": time.time() - days * 86400, "days": days})
open(daily.LOG, "w").write(line(31) + "\\nno JSON\\n" + line(29) + "\\n")
attempt()
lines = logged()
result = [lines[1]["said"][-20:], [len(line["said"]) for line in lines[1:]], [line.get("days") for line in lines]]`) as [
      string,
      number[],
      unknown[],
    ];
    expect(said).toContain("\\x1b[31mfound");
    expect(sizes).toEqual([262144, 262144, 262144, 262144]);
    expect(days).toEqual([29, null, null, null, null]);
  });

  it("ends as the backup has ended, whatever the audits say", () => {
    expect(inWorld("whole = 75; result = [attempt()[0], json.load(open(daily.RESULT))['code']]")).toEqual([
      75, 75,
    ]);
  });
});
