/** The guard of a lease: how what it has ended starts again, and what a host that is not well keeps it from. */
import { hasPython } from "./backup-copies";
import { inWorld, type Calls } from "./lease-world";

// Processes on a busy machine.
jest.setTimeout(60_000);

(hasPython ? describe : describe.skip)("a start of what the guard has ended", () => {
  const starts = `[when for when, _ in did("systemctl start")]`;

  it("waits for a restore or a swap that is at work, and comes when that has ended", () => {
    const [during, after] = inWorld<[number[], number[]]>(`
one = begin(); answers.append((1100, away)); live(200, one)
held = common.lock(f"{home}/gateways/gw/swap.lock", 0)
answers.append((1300, mine)); live(300, one); during = ${starts}
os.close(held); live(20, one); result = [during, ${starts}]`);
    expect(during).toEqual([]);
    expect(after).toHaveLength(1);
  });

  it.each([
    ["does not say whether it is enabled", `words[1] == "is-enabled"`],
    ["does not start it", `words[1] == "start"`],
  ])("is tried again where systemd %s, also by the next guard", (_, hangs) => {
    const [tries, kept, after] = inWorld<[number, string[], number[]]>(`
one = begin(); answers.append((1100, away)); live(200, one)
def hanging(*words, **more):
    if ${hangs}: call("hangs"); return common.Result(words, 124, "", "")
    return run(*words, **more)
lease.run = hanging; answers.append((1200, mine)); live(60, one); tries = len(did("hangs")); kept = lease.ended()
lease.run = run; again = begin(); live(10, again); result = [tries, kept, ${starts}, lease.ended()]`);
    expect(tries).toBeGreaterThan(5);
    expect(tries).toBeLessThan(14);
    expect(kept).toEqual(["gw"]);
    expect(after).toHaveLength(1);
  });

  it("comes where its lease is taken away, and is said where it does not", () => {
    expect(
      inWorld(`
lease.WANTED = f"{home}/wanted"; open(lease.WANTED, "w").close()
one = begin(); answers.append((1100, away)); live(200, one)
held = common.lock(f"{home}/gateways/gw/swap.lock", 0)
try: lease.guard(False); said = ""
except common.Failed as failure: said = str(failure)
os.close(held); os.unlink(lease.WANTED); before = ${starts}; lease.guard(False)
result = [said, before, len(${starts}), lease.ended(), [what for _, what in did("systemctl disable")]]`),
    ).toEqual([
      "no lease holds any more, and what it has ended did not start again: systemctl start openclaw-gateway@gw.service",
      [],
      1,
      [],
      ["systemctl disable --quiet --now clawkeep-lease.service"],
    ]);
  });
});

(hasPython ? describe : describe.skip)("a host that is not well", () => {
  it("a /run that is full keeps it from ending nothing, and from starting it again neither", () => {
    const [said, calls] = inWorld<[Calls, Calls]>(`
def full(*words): raise OSError(28, "No space left on device")
lease.common = types.SimpleNamespace(read=common.read, remove=common.remove, write=full)
answers += [(1100, away), (1300, mine)]; live(600, begin())
result = [did("what was"), did()]`);
    expect(said[0]?.[1]).toBe(
      "what was heard cannot be kept in /run: [Errno 28] No space left on device: df /run",
    );
    expect(calls.map(([, what]) => what)).toEqual([
      "systemctl stop --no-block openclaw-gateway@gw.service",
      "docker stop -t 10 gw",
      "systemctl start --no-block openclaw-gateway@gw.service",
    ]);
  });

  it("a disk that hangs: what was found before is killed all the same, and no thread waits for the disk beside another", () => {
    expect(
      inWorld(`
import subprocess, threading, time as clock
own = load("gateway_processes.py"); own.DISK_SECONDS = 0.2
id = "ab" * 32; os.makedirs(f"{home}/docker/containers/{id}"); file = f"{home}/docker/containers/{id}/config.v2.json"
open(file, "w").write(json.dumps({"Config": {"Labels": {"clawkeep.gateway": "gw"}}}))
own.docker_root = lambda: f"{home}/docker"
victim = subprocess.Popen(["sleep", "60"])
own.owner_of = lambda pid, known: known.get(id) if pid == str(victim.pid) else None
found = own.running()
# Who opens a pipe waits for its other end, as for a disk that does not answer.
os.unlink(file); os.mkfifo(file); began = clock.monotonic(); own.kill(); own.kill()
result = [list(found.values()), victim.wait(10), clock.monotonic() - began < 5, threading.active_count()]
print(json.dumps(result)); sys.stdout.flush(); os._exit(0)`),
    ).toEqual([["gw"], -9, true, 2]);
  });

  it("a question that cannot be asked has no answer, that of the one before neither", () => {
    expect(
      inWorld(`
import threading; threading.excepthook = lambda failure: None
own = load("gateway-lease"); answered = [mine]
def work(seconds):
    if answered: return answered.pop()
    raise common.Failed("active-record cannot be started")
own.record.work = work
result = [own.ask(1).returncode, own.ask(1).returncode]`),
    ).toEqual([0, 124]);
  });

  it("a question that does not end is none, and the next one is not begun beside it", () => {
    expect(
      inWorld(`
import threading
own = load("gateway-lease"); own.common.DIE_SECONDS = -1; never = threading.Event(); begun = []
own.record = own.Beside(lambda seconds: (begun.append(seconds), never.wait())[1], None)
result = [own.ask(0.1).returncode, own.ask(0.1).stderr[-32:], begun]
print(json.dumps(result)); sys.stdout.flush(); os._exit(0)`),
    ).toEqual([124, "does the disk hang? dmesg | tail", [0.1]]);
  });
});
