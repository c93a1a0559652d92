/** gateway-lease on a host that is made up: its clock, who answers, what runs. Time passes only where somebody waits. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scriptsAsModules } from "./backup-copies";

const bin = join(__dirname, "..", "..", "..", "config-files", "host", "bin");

const world = `${scriptsAsModules}import time, threading, types
import active_record, common, gateway, lease
guard = load("gateway-lease")
lease.STATE, lease.ASK, lease.ENDED = (f"{home}/run/{name}" for name in ("state", "ask", "ended"))
active_record.ANYWAY = f"{home}/run/anyway"
gateway.GATEWAYS = f"{home}/gateways"
os.makedirs(f"{home}/gateways/gw"); os.makedirs(f"{home}/run")
def role(name): open(f"{home}/gateways/gw/role", "w").write(name + "\\n")
role("active")
at, calls, asked, hung = [1000.0], [], [], []
runs, enabled, docker_ends = [True], [True], [True]
def call(what): calls.append((round(at[0], 1), what))
def sleep(seconds): at[0] += seconds; real_sleep(0.001)
real_sleep = time.sleep
guard.time = lease.time = types.SimpleNamespace(monotonic=lambda: at[0], sleep=sleep)
lease.boottime = lambda: at[0]
guard.notify = lambda text: None
guard.tell = lambda line: call(line)
guard.running = lambda: {"7": "gw"} if runs[0] else {}
def kill(): call("kill"); runs[0] = False
guard.kill = kill
class Now:
    def __init__(self, target, args, daemon): self.does = lambda: target(*args)
    def start(self): self.does()
    def is_alive(self): return False
guard.threading = types.SimpleNamespace(Thread=Now)
guard.known_containers = lambda: {}
def run(*words, seconds, check=True, **more):
    call(" ".join(words).replace(common.BIN, ""))
    if words[:2] == ("docker", "stop") and docker_ends[0]: runs[0] = False
    if words[:2] == ("systemctl", "start"): runs[0] = True
    if words[1] == "is-enabled": return common.Result(words, 0 if enabled[0] else 1, "enabled" if enabled[0] else "disabled", "")
    return common.Result(words, 0, "", "")
guard.run = lease.run = gateway.run = run
def said(text, code=0): return common.Result((), code, text if code == 0 else "", "" if code == 0 else text)
mine, other, away = said("prod, epoch 3\\n"), said("standby, epoch 4\\n"), said("Cloudflare cannot be asked", 1)
# What is answered from when on, in order, and how long an answer takes.
answers, slow = [(0, mine)], [0.1]
def ask(seconds):
    asked.append([round(at[0], 1), seconds])
    answer = [each for since, each in answers if since <= at[0]][-1]
    at[0] += min(slow[0], seconds)
    return answer if slow[0] <= seconds else said("did not end", 124)
guard.ask = ask
def live(seconds, one):
    until = at[0] + seconds
    while at[0] < until: one.round(); at[0] += guard.ROUND_SECONDS
def begin(seconds=60): return guard.Guard("prod", seconds)
def did(*beginnings): return [each for each in calls if each[1].startswith(beginnings or ("kill", "docker stop", "systemctl stop", "systemctl start"))]
`;

/** Of the test that runs. */
export let home: string;
beforeEach(() => void (home = mkdtempSync(join(tmpdir(), "clawkeep-lease-"))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** Somebody did something, in seconds of the world's clock. */
export type Calls = [at: number, what: string][];

/** Runs Python in that world. @returns what its `result` is */
export function inWorld<T>(code: string): T {
  const words = ["-B", "-c", `${world}\n${code}\nprint(json.dumps(result))`, bin, home];
  const { status, stdout, stderr } = spawnSync("python3", words, { encoding: "utf8", timeout: 50_000 });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as T;
}
