/** The guard of a lease: when it ends gateways, when it starts them again, and what it does not take for an answer. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { hasPython } from "./backup-copies";
import { home, inWorld, type Calls } from "./lease-world";

// Processes on a busy machine.
jest.setTimeout(60_000);

(hasPython ? describe : describe.skip)("the guard of a lease", () => {
  it("asks four times in a lease or more, each time for some seconds, and ends nothing while this stack is named", () => {
    const [asked, calls] = inWorld<[[number, number][], Calls]>(
      `live(600, begin())\nresult = [asked, calls]`,
    );
    expect(asked.length).toBeGreaterThanOrEqual(38);
    expect(Math.max(...asked.slice(1).map(([at], index) => at - (asked[index]?.[0] ?? 0)))).toBeLessThan(16);
    expect(Math.max(...asked.map(([, limit]) => limit))).toBeLessThanOrEqual(8);
    expect(calls).toEqual([]);
  });

  it("nobody answers: gateways go on to the end of the lease, counted from the last question's beginning, and end as by a fence", () => {
    const [begun, calls, running] = inWorld<[number, Calls, boolean]>(`
one = begin(); answers.append((1100, away)); live(300, one)
result = [one.state["begun"], calls, runs[0]]`);
    expect(begun).toBeLessThanOrEqual(1100);
    const [first] = calls;
    expect(first?.[0]).toBeGreaterThanOrEqual(begun + 60);
    // A round, or a question and what is left of its limit.
    expect(first?.[0]).toBeLessThanOrEqual(begun + 62);
    expect(calls.map(([, what]) => what)).toEqual([
      expect.stringMatching(
        /^gw of prod end here: for 6\d s nobody has said that prod is the active stack, and its lease is 60 s: Cloudflare cannot be asked$/,
      ),
      "systemctl stop --no-block openclaw-gateway@gw.service",
      "/sandboxes-end close gw",
      "docker stop -t 10 gw",
      "gw: nothing of them runs any more",
    ]);
    expect(running).toBe(false);
  });

  it("sandboxes that cannot be ended are said, and keep no gateway from ending", () => {
    const [said, running] = inWorld<[string[], boolean]>(`
def fails(*words, **more):
    if words[0].endswith("sandboxes-end"): raise common.Failed("sandboxes-end: one is left")
    return run(*words, **more)
gateway.run = fails
one = begin(); answers.append((1100, away)); live(300, one)
result = [[what for _, what in calls], runs[0]]`);
    expect(said).toEqual(expect.arrayContaining(["sandboxes-end: one is left", "docker stop -t 10 gw"]));
    expect(running).toBe(false);
  });

  it("this stack is named again: what was ended here starts again, once", () => {
    const calls = inWorld<Calls>(
      `answers += [(1100, away), (1300, mine)]; live(600, begin())\nresult = did()`,
    );
    expect(calls.map(([, what]) => what)).toEqual([
      "systemctl stop --no-block openclaw-gateway@gw.service",
      "docker stop -t 10 gw",
      "systemctl start --no-block openclaw-gateway@gw.service",
    ]);
    expect(calls[2]?.[0]).toBeGreaterThanOrEqual(1300);
    expect(calls[2]?.[0]).toBeLessThan(1310);
  });

  it.each([
    ["was fenced", `role("standby")`],
    ["was switched off", "enabled[0] = False"],
  ])("but not what %s meanwhile", (_, meanwhile) => {
    const calls = inWorld<Calls>(`
one = begin(); answers.append((1100, away)); live(200, one); ${meanwhile}; answers.append((1300, mine)); live(300, one)
result = did("systemctl start")`);
    expect(calls).toEqual([]);
  });

  it("another stack is named: gateways are killed at once, and stay down until this one is named again", () => {
    const calls = inWorld<Calls>(`answers += [(1100, other)]; live(300, begin())\nresult = did()`);
    expect(calls.map(([, what]) => what)).toEqual([
      "kill",
      "systemctl stop --no-block openclaw-gateway@gw.service",
      "docker stop -t 10 gw",
    ]);
    // The next question after that, of one each 15 s.
    expect(calls[0]?.[0]).toBeLessThanOrEqual(1116);
  });

  it.each([
    // It had lost. Nothing starts beside the other.
    ["prod, that has served before", [5, "prod"], [6, "standby"], [5, "prod"], "kill", "epoch 5 (prod)"],
    // It has won. That is no answer, so its lease counts.
    [
      "standby, that was replaced",
      [6, "prod"],
      [7, "prod"],
      [6, "standby"],
      "systemctl stop",
      "epoch 6 (standby)",
    ],
  ])("an older list that names %s is no answer", (_, first, second, third, how, answered) => {
    const [calls, why, until] = inWorld<[Calls, string, number]>(`
import highest_epoch
highest_epoch.KEPT, highest_epoch.LOCK = f"{home}/highest", f"{home}/run/lock"
active_record.order = lambda: {"hostname": "a.example.org", "stack": "prod", "lease": 60}
def asked_of_the_script(seconds):
    text, sys.argv = io.StringIO(), ["active-record"]
    with contextlib.redirect_stdout(text):
        try: load("active-record"); code, failed = 0, ""
        except SystemExit as end: code, failed = 1, str(end.code)
    return common.Result((), code, text.getvalue(), failed)
guard.ask = asked_of_the_script
one = begin()
for record, seconds in zip(json.loads('${JSON.stringify([first, second, third])}'), (30, 30, 300)):
    active_record._answer = lambda wanted: active_record.Record(*record)
    until = at[0]; live(seconds, one)
result = [did(), one.state["said"], until]`);
    expect(calls[0]?.[1]).toContain(how);
    expect(calls.filter(([, what]) => what.startsWith("systemctl start"))).toEqual([]);
    expect(why).toContain(`active-record: Cloudflare answers with ${answered}, and this host has read`);
    // Counted from when the older list came.
    expect((calls[0]?.[0] ?? 0) > until + 40).toBe(how !== "kill");
  });

  it.each([
    ["nobody yet", `said("nobody yet")`],
    ["an error that quotes this stack", `common.Result((), 1, "prod, epoch 3", "")`],
    ["no epoch", `said("prod, epoch ")`],
    ["a name that only begins so", `said("prod2, epoch 3")`],
    ["more behind it", `said("prod, epoch 3 or 4")`],
    ["nothing", `said("")`],
  ])("takes for no word that this stack is the active one: %s", (_, answer) => {
    expect(
      inWorld(`
answers.append((1100, ${answer})); one = begin(); live(200, one)
result = [runs[0], (one.state["begun"] or 0) <= 1100]`),
    ).toEqual([false, true]);
  });

  it("an answer that takes long counts from the question's beginning; one that takes too long is none", () => {
    const [slow, late] = inWorld<[[number, number], boolean]>(`
slow[0] = 7; one = begin(); one.round(); first = [one.state["begun"], one.left()]
slow[0] = 9; live(120, one); result = [first, runs[0]]`);
    expect(slow).toEqual([1000, 53]);
    expect(late).toBe(false);
  });

  it("a host that was frozen, or slept, past its lease kills before it asks anybody", () => {
    const [calls, asked] = inWorld<[Calls, [number, number][]]>(`
one = begin(); live(30, one); at[0] = 5000; asked.clear(); one.round()
result = [calls, asked]`);
    expect(calls.slice(0, 2).map(([at, what]) => [at, what.slice(0, 4)])).toEqual([
      [5000, "gw o"],
      [5000, "kill"],
    ]);
    expect(asked.map(([at]) => at >= 5000)).toEqual([true]);
  });

  it("Docker and systemd hang: all the same nothing runs after 25 s", () => {
    const [calls, seconds] = inWorld<[Calls, number]>(`
guard.threading = threading
never = threading.Event()
def hang(*words, **more): call("hangs"); never.wait()
guard.run = hang
answers.append((0, away)); one = begin(); one.state["begun"] = 939.0; one.fresh = False; began = at[0]; one.round()
result = [did("kill"), at[0] - began]
print(json.dumps(result)); sys.stdout.flush(); os._exit(0)`);
    expect(calls.length).toBe(1);
    expect(calls[0]?.[0]).toBeLessThanOrEqual(1025);
    expect(seconds).toBeLessThanOrEqual(26);
  });

  it("what Docker starts late, or somebody by hand, is ended again within seconds", () => {
    const calls = inWorld<Calls>(`
one = begin(); answers.append((1100, away)); live(200, one); calls.clear(); began = at[0]; runs[0] = True; live(10, one)
result = [[when - began, what] for when, what in did("kill")]`);
    expect(calls.map(([, what]) => what)).toEqual(["kill"]);
    expect(calls[0]?.[0]).toBeLessThanOrEqual(2.5);
  });

  it("one that was killed counts on from what it had heard; where that is over, it ends first and asks then", () => {
    expect(
      inWorld(`
one = begin(); live(30, one); begun = one.state["begun"]
answers.append((0, away)); again = begin(); kept = again.state["begun"] == begun; again.round(); held = runs[0]
at[0] += 120; asked.clear(); third = begin(); third.round()
result = [kept, held, runs[0], did("kill")[0][0] < asked[0][0]]`),
    ).toEqual([true, true, false, true]);
  });

  it("a lease that an up has just set asks before it ends anything", () => {
    expect(inWorld(`begin().round()\nresult = [calls, len(asked)]`)).toEqual([[], 1]);
    rmSync(join(home, "run"), { recursive: true });
    rmSync(join(home, "gateways"), { recursive: true });
    expect(inWorld(`answers.append((0, away)); begin().round()\nresult = runs[0]`)).toBe(false);
  });

  it("an operator's word holds while nobody answers, and no longer", () => {
    expect(
      inWorld(`
open(active_record.ANYWAY, "w").close()
answers.append((0, away)); one = begin(); live(200, one); during = runs[0]
answers.append((1200, mine)); live(60, one); answers.append((1260, away)); live(120, one)
result = [during, os.path.exists(active_record.ANYWAY), runs[0]]`),
    ).toEqual([true, false, false]);
  });

  it("is asked by a gate that waits, and looks at once", () => {
    expect(
      inWorld(`
answers[0] = (0, other); one = begin(600); live(20, one); answers.append((0, mine)); asked.clear()
open(lease.ASK, "w").close(); one.round()
result = [len(asked), os.path.exists(lease.ASK), one.left() > 590]`),
    ).toEqual([1, false, true]);
  });
});

(hasPython ? describe : describe.skip)("what the guard stands on", () => {
  it("its clock counts what a host has slept, and nobody sets it", () => {
    expect(
      inWorld(`
import time as real
fake = types.SimpleNamespace(CLOCK_BOOTTIME=real.CLOCK_BOOTTIME, clock_gettime=lambda which: 42 if which == real.CLOCK_BOOTTIME else 1, monotonic=lambda: 2, time=lambda: 3)
fresh = load("lease.py"); fresh.time = fake
result = fresh.boottime()`),
    ).toBe(42);
  });

  it("finds a gateway's processes by Docker's own files and the kernel, not by asking Docker", () => {
    const id = "ab".repeat(32);
    expect(
      inWorld(`
own = load("gateway_processes.py")
def container(id, labels):
    os.makedirs(f"{home}/docker/containers/{id}"); open(f"{home}/docker/containers/{id}/config.v2.json", "w").write(json.dumps({"Config": {"Labels": labels}}))
container("ab" * 32, {"clawkeep.instance-of": "gw"}); container("cd" * 32, {"clawkeep.gateway": "gw"})
container("ef" * 32, None); container("01" * 32, {"clawkeep.gateway": "../x"}); os.makedirs(f"{home}/docker/containers/torn")
own.docker_root = lambda: f"{home}/docker"
known = own.containers()
groups = {"5": "0::/openclaw.slice/docker-" + "ab" * 32 + ".scope", "6": "9:cpu:/openclaw.slice/" + "cd" * 32 + "/inner", "7": "0::/system.slice/docker-" + "ef" * 32 + ".scope"}
def opened(path, **more):
    pid = path.split("/")[2]
    if pid not in groups: raise FileNotFoundError
    return io.StringIO(groups[pid])
own.open = opened
result = [known, [own.owner_of(pid, known) for pid in "5678"]]`),
    ).toEqual([{ [id]: "gw", ["cd".repeat(32)]: "gw" }, ["gw", "gw", null, null]]);
  });

  it("kills what it has found, by the kernel", () => {
    expect(
      inWorld(`
import subprocess
own = load("gateway_processes.py")
victim, other = (subprocess.Popen(["sleep", "60"]) for _ in range(2))
own.on_disk.work = lambda: {"x": "gw"}
own.owner_of = lambda pid, known: "gw" if pid == str(victim.pid) else None
own.kill()
result = [victim.wait(10), other.poll()]
other.kill()`),
    ).toEqual([-9, null]);
  });

  it("check: holds, is over, is another's, is an operator's word, is guarded by nobody", () => {
    expect(
      inWorld(`
def attempt():
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        try: guard.check()
        except common.Failed as failure: print(failure)
    return text.getvalue().strip()
active_record.order = lambda: {"stack": "prod"}
found = [attempt()]
active_record.order = lambda: {"stack": "prod", "lease": 60}
guard.run = lambda *words, **more: common.Result(words, 0, "failed", "")
found.append(attempt())
guard.run = lambda *words, **more: common.Result(words, 0, "active", "")
found.append(attempt())
one = begin(); one.round(); found.append(attempt())
at[0] += 100; found.append(attempt())
answers.append((0, other)); one.round(); found.append(attempt())
open(active_record.ANYWAY, "w").close(); found.append(attempt())
result = found`),
    ).toEqual([
      expect.stringMatching(/^this host has no lease/),
      expect.stringMatching(/^clawkeep-lease.service is failed, so nothing ends a gateway/),
      expect.stringMatching(/^nobody was asked yet/),
      "holds for 60 s more of 60: prod, epoch 3",
      "it is over, and no gateway may run here: prod, epoch 3",
      "nothing may run here: standby is recorded as the active stack",
      expect.stringMatching(/^an operator has typed start-anyway/),
    ]);
  });
});
