/** What backup-run and backup-fetch ask Docker for, and what they make of the answers; Docker and restic are made up. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasPython, scriptsAsModules } from "./backup-copies";

const bin = join(__dirname, "..", "..", "..", "config-files", "host", "bin");
let home: string;
beforeEach(() => void (home = mkdtempSync(join(tmpdir(), "clawkeep-backup-"))));
afterEach(() => rmSync(home, { recursive: true }));

/** Both scripts as modules, their paths below `home`, and Docker a function that notes its words and answers from a list. */
const world = `${scriptsAsModules}import backup_restic
backup_restic.HOME, backup_restic.LOCK = home, f"{home}/lock"
import backup_snapshots, beginning, common
beginning.gateways_here = lambda: ["one"]
run, fetch = load("backup-run"), load("backup-fetch")
run.HOME, run.STAGING, run.LAST, backup_snapshots.PLACE, backup_snapshots.SPARE = home, f"{home}/files", f"{home}/last.json", f"{home}/restore", 0
run.SINCE, run.EPOCH = f"{home}/since", f"{home}/epoch"
common.sync_file_system = lambda path: None
record = run.active_record.Record(2, "prod")
run.active_record.current = lambda: record
run.save_spend = lambda directory: "saved"
run.os.chown = lambda *words, **more: None
calls, answers = [], []
class Done:
    def __init__(self, code=0, out="", err=""): self.returncode, self.stdout, self.stderr = code, out, err
def run_docker(*words, text="", **more):
    calls.append((list(words), text))
    return answers.pop(0)
backup_restic.run, backup_restic.docker = run_docker, lambda *words, **more: Done()
late = Done(backup_restic.TOO_LATE)
told = lambda **more: Done(0, json.dumps({"leftOut": [], "leftOutMore": 0, "stopped": None, **more}))
made = Done(0, '{"message_type":"status"}\\n' + json.dumps({"message_type": "summary", "snapshot_id": "ab" * 32, "total_bytes_processed": 7, "data_added": 5}))
part = lambda name, **more: {"name": name, "owner": "1001:1001", "source": f"/state/{name}", "below": "", "databases": True, "without": ["tmp"], "seconds": 9, "files": 9, "bytes": 9, **more}
order = {"stack": "prod", "ping": "", "commands": {}, "tags": ["stack=prod", "gateway=one"], "python": "PYTHON", "manifest": {"version": "1"},
  "restic": {"image": "RESTIC", "arguments": ["--repo", "s3:https://x/y"], "fromFiles": {"AWS_SECRET_ACCESS_KEY": "secret-access-key"}, "environment": {"AWS_DEFAULT_REGION": "eu"}, "secrets": "/secrets-of-backups", "certificates": "", "network": "NET", "address": "172.30.1.60", "proxy": "http://proxy:3128"},
  "parts": [part("one/state"), part("two/state", databases=False)]}
def attempt(work):
    try: return work()
    except backup_restic.Failed as failure: return f"Failed: {failure}"
`;

/** Runs Python in that world. @returns what its `result` is */
function inWorld(code: string): unknown {
  const words = ["-B", "-c", `${world}\n${code}\nprint(json.dumps(result))`, bin, home];
  const { status, stdout, stderr } = spawnSync("python3", words, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

(hasPython ? describe : describe.skip)("backup-run", () => {
  it("copies databases, then files, without network or rights, then shows restic the copies alone", () => {
    const calls = inWorld(`
answers += [told(), told(), told(), made]
run.snapshot(order, False)
result = [words for words, _ in calls]`) as string[][];
    const after = (words: string[] | undefined, flag: string): string[] =>
      (words ?? []).flatMap((word, index) => (word === flag ? [words?.[index + 1] ?? ""] : []));
    expect(calls.map((words) => words.find((word) => /\/scripts\/|^backup$/.test(word)))).toEqual([
      ...["/scripts/backup-database", "/scripts/backup-collect", "/scripts/backup-collect", "backup"],
    ]);
    for (const words of calls) {
      expect(words).toEqual(
        expect.arrayContaining(["--read-only", "--cap-drop", "no-new-privileges", "160m", "never"]),
      );
      expect(after(words, "--cap-drop")).toEqual(["ALL"]);
    }
    for (const words of calls.slice(0, 3))
      expect([after(words, "--network"), after(words, "--user"), after(words, "--cap-add")]).toEqual([
        ...[["none"], ["1001:1001"], []],
      ]);
    expect(after(calls[0], "--volume")[0]).toBe("/state/one/state:/from:rw");
    expect(after(calls[1], "--volume")[0]).toBe("/state/one/state:/from:ro");
    const restic = calls[3];
    expect(after(restic, "--volume")).toEqual([
      ...[
        "/secrets-of-backups:/secrets:ro",
        `${home}/cache:/cache`,
        `${bin}:/scripts:ro`,
        `${home}/files:/backup:ro`,
      ],
    ]);
    expect([after(restic, "--cap-add"), after(restic, "--tag")]).toEqual([
      ["DAC_READ_SEARCH"],
      ["stack=prod", "gateway=one", "epoch=2"],
    ]);
    // The name of a variable and of its file, never what is in it.
    expect(restic).toContain("AWS_SECRET_ACCESS_KEY=secret-access-key");
    expect(after(restic, "--env").filter((variable) => variable.startsWith("AWS"))).toEqual([
      "AWS_DEFAULT_REGION=eu",
    ]);
  });

  it("the epoch is the record's; a host whose stack was replaced makes no snapshot, and neither does one that does not know", () => {
    const result = inWorld(`
answers += [told(), told(), told(), made]
run.snapshot(order, False)
first = [json.load(open(f"{home}/files/manifest.json"))["epoch"], len(calls)]
def outcome():
    try: run.snapshot(order, False); return "made"
    except run.active_record.NotActive as other: return f"NotActive: {other}"
    except backup_restic.Failed as failure: return f"Failed: {failure}"
    except IndexError: return "it goes on"
record = run.active_record.Record(3, "standby")
replaced = outcome()
def unknown(): raise backup_restic.Failed("nobody knows")
run.active_record.current = unknown
unknown_too = outcome()
run.active_record.current = lambda: None
result = [first, replaced, unknown_too, len(calls), run.epoch_of("alone")]`);
    expect(result).toEqual([
      [2, 4],
      "NotActive: standby is recorded as the active stack (epoch 3), so prod saves nothing",
      "Failed: nobody knows",
      // A stack that has no other any more goes on with the last one.
      ...[4, 2],
    ]);
    expect(
      inWorld(
        `os.unlink(run.EPOCH); run.active_record.current = lambda: None; result = run.epoch_of("alone")`,
      ),
    ).toBe(1);
  });

  it("saves nothing of what a snapshot has put there and nobody has served: with its epoch it would go before what is newer", () => {
    const result = inWorld(`
import gateway
gateway.GATEWAYS = f"{home}/gateways"; os.makedirs(f"{home}/gateways/one")
for name, text in (("role", "active"), ("followed.json", "{}")): open(f"{home}/gateways/one/{name}", "w").write(text)
try: run.snapshot(order, False); result = "made"
except run.active_record.NotActive as other: result = str(other)
result = [result, len(calls)]`);
    expect(result).toEqual([
      "what lies here of one is a snapshot's, and was never served, so prod saves nothing",
      0,
    ]);
  });

  it("says in the manifest that a lease holds this host, where one does", () => {
    const result = inWorld(`
def manifest():
    answers.extend([told(), told(), told(), made]); run.snapshot(order, False)
    return json.load(open(f"{home}/files/manifest.json")).get("lease", "none")
without = manifest()
run.active_record.lease_in_force = lambda: 60
result = [without, manifest()]`);
    expect(result).toEqual(["none", 60]);
  });

  it("a gateway that has not begun on this host is left out: empty it would go before what is saved of it", () => {
    const result = inWorld(`
order["tags"].append("gateway=two")
answers += [told(), told(), made]
run.snapshot(order, False)
words = calls[-1][0]
tags = [words[place + 1] for place, word in enumerate(words) if word == "--tag"]
beginning.gateways_here = lambda: []
try: run.snapshot(order, False); nobody = "made"
except run.active_record.NotActive as none: nobody = str(none)
result = [tags, list(json.load(open(f"{home}/files/manifest.json"))["parts"]), nobody, len(calls)]`);
    expect(result).toEqual([
      ["stack=prod", "gateway=one", "epoch=2"],
      ["one/state"],
      "no gateway has a role on this host yet, so nothing is saved",
      3,
    ]);
  });

  it("a part that fails or takes too long is named, and the others and the snapshot are made", () => {
    const result = inWorld(`
answers += [late, Done(1, "", "boom"), told(leftOut=[{"path": "x", "why": "is a link"}]), made]
got = run.snapshot(order, False)
result = [run.troubles(got), got["snapshot"], json.load(open(f"{home}/last.json"))["snapshot"]]`);
    const snapshot = { id: "ab".repeat(32), size: 7, added: 5 };
    expect(result).toEqual([
      [
        "one/state: the copy of before stands: openclaw-backup did not end within 69 seconds, and was ended",
        "one/state: the copy of before stands: backup-collect ended with 1: boom",
        "two/state: x is a link",
      ],
      snapshot,
      snapshot,
    ]);
  });

  it.each<[number, RegExp]>([
    [1, /it failed/],
    [3, /could not be read/],
    [10, /no repository yet: backup-run init/],
    [11, /locked by another run, or by a prune/],
    [12, /another password: is clawkeep:backupPassword/],
  ])("restic's code %i is said in words", (code, said) => {
    const result = inWorld(`
answers += [told(), told(), told(), Done(${code}, "", "Fatal")]
result = run.snapshot(order, False)["failed"]`);
    expect(result).toMatch(said);
  });

  it("makes a repository where there is none, and none over one that has another password", () => {
    const result = inWorld(`
answers += [Done(10), Done(0)]
made = attempt(lambda: run.init(order))
answers += [Done(0)]
there = attempt(lambda: run.init(order))
answers += [Done(12)]
result = [made, there, attempt(lambda: run.init(order)), [words[-1] for words, _ in calls if words[-1] == "init"]]`);
    expect(result).toEqual([
      "the repository has been made",
      "the repository is there",
      expect.stringMatching(/^Failed: .*another password/),
      ["init"],
    ]);
  });

  it("restic reaches the egress proxy alone, by the address that it is known by there, and resolves no name outside", () => {
    const calls = inWorld(`
answers += [Done(0)]
run.init({**order, "restic": {**order["restic"], "certificates": "/ca"}})
result = [words for words, _ in calls]`) as string[][];
    const text = (calls[0] ?? []).join(" ");
    for (const words of [
      "--network NET --ip 172.30.1.60 --dns 127.0.0.1",
      "--volume /ca:/certificates:ro",
      "--env HTTPS_PROXY=http://proxy:3128",
      "--env SSL_CERT_DIR=/certificates",
      "--name openclaw-backup",
    ])
      expect(text).toContain(words);
    expect(text).not.toContain("--publish");
  });

  it("an up is told of a repository that is away, and goes on; of another password it is told by an error", () => {
    const result = inWorld(`
answers += [late]
gone = attempt(lambda: run.init(order))
answers += [Done(1, "", "Access Denied")]
denied = attempt(lambda: run.init(order))
answers += [Done(10), Done(1, "", "full")]
full = attempt(lambda: run.init(order))
result = [gone, denied, full]`) as string[];
    for (const said of result) expect(said).toMatch(/^WARNING: the repository does not answer/);
    expect(result[1]).toContain("Access Denied");
  });

  it("one that init has found away is noted, the same up waits for it no second time, and the next run asks before it uploads", () => {
    const result = inWorld(`
answers += [late]
run.init(order)
noted, count = run.last(), len(calls)
again, more = run.first(order), len(calls) - count
noted_long_ago = {**noted, "began": noted["began"] - 301}
run.write(run.LAST, json.dumps(noted_long_ago), 0o600)
answers += [told(), told(), told(), late]
told_later = run.first(order)
result = [noted["failed"], noted["code"], again, more, told_later, [words[-3:] for words, _ in calls][-1]]`);
    expect(result).toEqual([
      ...[expect.stringContaining("did not end within 45 seconds"), null],
      ...[expect.stringMatching(/^WARNING: there is no snapshot yet.*away a moment ago$/), 0],
      expect.stringMatching(/^WARNING: there is no snapshot yet.*within 45 seconds/),
      ["cat", "config", "--no-lock"],
    ]);
  });

  it("the first snapshot has little time, fails nobody, and is made once", () => {
    const result = inWorld(`
seen = []
real = backup_restic.run
def run_docker(*words, text="", seconds=0, **more):
    seen.append((seconds, json.loads(text)["seconds"] if text else None))
    return real(*words, text=text)
backup_restic.run = run_docker
parts = [{**each, "seconds": 300} for each in order["parts"]]
answers += [told(), told(), told(), Done(1, "", "away")]
failed = run.first({**order, "parts": parts})
answers += [told(), told(), told(), Done(0), made]
done = run.first({**order, "parts": parts})
result = [failed, done, run.first(order), seen[:4]]`);
    expect(result).toEqual([
      expect.stringMatching(/^WARNING: there is no snapshot yet.*away/),
      expect.stringMatching(/^snapshot abababab: 7 bytes/),
      "this host has made a snapshot before",
      [
        [120, 60],
        [120, 60],
        [120, 60],
        [180, null],
      ],
    ]);
  });

  it("saves nothing while a gateway waits for a cold restore, by the timer or as the first, and says so", () => {
    const result = inWorld(`
run.lock = lambda path, seconds: os.open(home, os.O_RDONLY)
run.awaiting_restore = lambda: ["openclaw"]
run.read_order = lambda: order
said = []
for words in ([], ["--whole"], ["first"]):
    sys.argv, text = ["it", *words], io.StringIO()
    with contextlib.redirect_stdout(text): run.main()
    said.append(text.getvalue())
result = [said, os.path.exists(run.SINCE), os.path.exists(run.LAST)]`);
    const says = "nothing is saved before what was saved is back: openclaw\n";
    expect(result).toEqual([[says, says, says], false, false]);
  });

  it("when this host has first saved anything is noted once, until a cold restore is done", () => {
    const result = inWorld(`
answers += [told(), told(), told(), made] * 2
run.snapshot(order, False)
noted = open(run.SINCE).read()
run.os.unlink(run.SINCE)
run.snapshot(order, False)
result = [noted, os.path.exists(run.SINCE)]`);
    expect(result).toEqual([expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/), false]);
  });

  it("a run that fails keeps what is known of the newest snapshot, and the whole one asks how far back they go", () => {
    const result = inWorld(`
answers += [told(), told(), told(), made, Done(0, json.dumps([{"time": f"2026-11-{day:02}", "tags": ["epoch=1", f"stack={stack}"]} for day, stack in ((3, "prod"), (2, "prod"), (1, "standby"))]))]
run.snapshot(order, True)
answers += [told(), told(), told(), Done(11, "", "locked")]
last = run.snapshot(order, False)
result = [last["code"], last["newest"]["id"], last["repository"], last["whole"] == last["newest"]["time"], "snapshot" in last]`);
    expect(result).toEqual([
      11,
      "ab".repeat(32),
      { snapshots: 3, oldest: "2026-11-01", oldestToPrune: "2026-11-02" },
      true,
      false,
    ]);
  });

  it("who is told of a snapshot is told by the egress proxy; the address is in no argument and nothing that is said", () => {
    const result = inWorld(`
open(f"{home}/ping", "w").write("https://ping.example.net/secret-part\\n")
pinged = {**order, "ping": f"{home}/ping"}
answers += [told(), told(), told(), made, Done(1, "", "the answer is 503")]
told_of = run.troubles(run.snapshot(pinged, False))
words, text = calls[-1]
answers += [told(), told(), told(), Done(1)]
before = len(calls)
run.snapshot(pinged, False)
result = [told_of, json.loads(text), "secret-part" in " ".join(words), words[words.index("--user") + 1], len(calls) - before]`);
    expect(result).toEqual([
      ["nobody was told of the snapshot: the answer is 503"],
      { url: "https://ping.example.net/secret-part", proxy: "http://proxy:3128" },
      false,
      "65534:65534",
      4,
    ]);
  });

  it("what was spent is Redis's own dump; where there is none, what was there before stands, and it is said", () => {
    const result = inWorld(`
import backup_spend, base64, os
says = lambda text, code=0: setattr(backup_spend, "run", lambda *words, **more: Done(code, text))
def fails(*words, **more): raise backup_restic.Failed("docker exec ended with 1: no such container")
save = lambda: backup_spend.save_spend(home)
says(base64.b64encode(b"REDIS0011 first").decode())
told_of = [save()]
kept = os.stat(f"{home}/spend.rdb").st_ino
told_of.append(save())
same = os.stat(f"{home}/spend.rdb").st_ino == kept
says("nonsense!"); told_of.append(save())
says(base64.b64encode(b"other").decode()); told_of.append(save())
backup_spend.run = fails; told_of.append(save())
result = [told_of, same, open(f"{home}/spend.rdb").read(), oct(os.stat(f"{home}/spend.rdb").st_mode)]`);
    expect(result).toEqual([
      [
        "saved",
        "saved",
        expect.any(String),
        "what Redis has written is no dump",
        expect.stringMatching(/no such container/),
      ],
      true,
      "REDIS0011 first",
      "0o100600",
    ]);
  });

  it("what a gateway that is gone has left is in no snapshot more", () => {
    const result = inWorld(`
import os
os.makedirs(f"{home}/files/gone/state"); os.makedirs(f"{home}/files/one/state")
run.remove_others(order)
result = os.listdir(f"{home}/files")`);
    expect(result).toEqual(["one"]);
  });
});

(hasPython ? describe : describe.skip)("backup-fetch", () => {
  const listed = `
def snap(id, time, *tags): return {"id": id * 64, "time": time, "tags": list(tags)}
listed = Done(0, json.dumps([
  snap("a", "2026-11-20T10:00:00Z", "stack=prod", "epoch=1", "gateway=one"),
  snap("b", "2026-11-20T09:00:00Z", "stack=standby", "epoch=2", "gateway=one"),
  snap("c", "2026-11-20T08:00:00Z", "stack=standby", "epoch=2", "gateway=one"),
  snap("d", "2026-11-20T11:00:00Z", "other")]))
`;

  it("takes the newest of the highest epoch, whatever is newer of a lower one", () => {
    const result = inWorld(`${listed}
answers += [listed]
result = [one["id"][0] for one in fetch.snapshots(order)]`);
    expect(result).toEqual(["b", "c", "a"]);
  });

  it("restores into a directory that has its name when it is whole, and over none that is there", () => {
    const result = inWorld(`${listed}
import os
answers += [listed, Done(1)]
failed = attempt(lambda: fetch.restore(order, "newest", "try", "one"))
answers += [listed, Done(0)]
there = os.path.exists(f"{home}/restore/try")
done = attempt(lambda: fetch.restore(order, "newest", "try", "one"))
words = calls[-1][0]
answers += [listed]
result = [failed, there, done, os.path.exists(f"{home}/restore/try"), words[words.index("restore") + 3], attempt(lambda: fetch.restore(order, "newest", "try", None))]`);
    expect(result).toEqual([
      expect.stringMatching(/^Failed: restic restore: it failed/),
      false,
      expect.stringMatching(/restore\/try: snapshot bbbbbbbb of stack standby, epoch 2/),
      true,
      `${"b".repeat(64)}:/backup/one`,
      expect.stringMatching(/^Failed: .* is there already/),
    ]);
  });

  it.each<[string, string, string, RegExp]>([
    ["latest", "try", "None", /neither newest nor an id/],
    ["newest", "../x", "None", /no name of small letters/],
    ["newest", "try", '"--x"', /no name of small letters/],
    ["newest", "try", '"two"', /holds one, and not two/],
    ["eeeeeeee", "try", "None", /0 snapshots begin with eeeeeeee/],
  ])("%s into %s, gateway %s, is refused", (wanted, name, gateway, said) => {
    const result = inWorld(`${listed}
answers += [listed]
result = attempt(lambda: fetch.restore(order, "${wanted}", "${name}", ${gateway}))`);
    expect(result).toMatch(said);
  });
});
