/** backup-restore, backup-verify, backup-look and backup-records: what they choose, refuse, say and leave; Docker and restic are made up. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasPython, scriptsAsModules } from "./backup-copies";

const bin = join(__dirname, "..", "..", "..", "config-files", "host", "bin");
let home: string;
beforeEach(() => void (home = mkdtempSync(join(tmpdir(), "clawkeep-restore-"))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** The scripts as modules, their paths below `home`; restic and containers are functions that answer what `told` says. */
const world = `${scriptsAsModules}import types
import backup_snapshots, common, gateway, copies, records
restore, verify = load("backup-restore"), load("backup-verify")
backup_snapshots.PLACE = restore.PLACE = verify.PLACE = f"{home}/restore"
backup_snapshots.SPARE = 0
gateway.GATEWAYS = restore.GATEWAYS = verify.GATEWAYS = f"{home}/gateways"
restore.LOCK = verify.LOCK = f"{home}/lock"
restore.SINCE = f"{home}/since"
verify.RESULT = f"{home}/verified.json"
common.sync_file_system = common.sync_directory = lambda path: None
os.makedirs(f"{home}/gateways/one/state"); os.makedirs(f"{home}/gateways/two/state")
for name in ("one", "two"): open(f"{home}/gateways/{name}/role", "w").write("active\\n")
calls = []
def run(*words, **more):
    calls.append(" ".join(words))
    if words[0] == "rm": import shutil; shutil.rmtree(words[-1], ignore_errors=True)
    return common.Result(words, 0, "", "")
common.run = restore.run = run
def snap(id, time, *tags): return {"id": id * 64, "time": time, "tags": list(tags), "summary": {"total_bytes_processed": 10}}
listed = [snap("a", "2026-11-20T10:00:00Z", "stack=prod", "epoch=1", "gateway=one"),
  snap("b", "2026-11-20T09:00:00Z", "stack=standby", "epoch=2", "gateway=one", "gateway=gone"),
  snap("c", "2026-11-20T08:00:00Z", "stack=standby", "epoch=2", "gateway=one")]
image = lambda tag: f"ghcr.io/openclaw/openclaw:{tag}@sha256:{'0' * 64}"
there = {"gateways": {"one": {"image": image("2026.9.6")}}}
def holds(target): os.makedirs(f"{target}/state"); os.makedirs(f"{target}/workspaces")
def restic(order, words, seconds, more=()):
    calls.append("restic " + " ".join(words))
    if words[0] == "snapshots": return json.dumps(listed)
    if words[0] == "dump": return json.dumps(there)
    if words[0] == "restore": holds(next(word.split(":")[0] for word in more if word.endswith(":/target")))
    return ""
backup_snapshots.restic = records.restic = restic
backup_snapshots.active_record.current = lambda: types.SimpleNamespace(epoch=2, stack="standby")
restore.EPOCH = f"{home}/epoch"
part = lambda name: {"name": name, "owner": "1000:1000", "source": "", "databases": True, "without": [], "seconds": 9, "files": 9, "bytes": 9}
order = {"stack": "prod", "tags": [], "python": "PYTHON", "manifest": {"gateways": {"one": {"image": image("2026.9.6")}}}, "restic": {}, "parts": [part("one/state")]}
restore.read_order = verify.read_order = lambda: order
def attempt(module, *words):
    sys.argv, text = ["it", *words], io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
        try: module.main(); code = 0
        except common.Failed as failure: print(failure); code = 1
    return [code, text.getvalue()]
`;

/** Runs Python in that world. @returns what its `result` is */
function inWorld(code: string): unknown {
  const words = ["-B", "-c", `${world}\n${code}\nprint(json.dumps(result))`, bin, home];
  const { status, stdout, stderr } = spawnSync("python3", words, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

(hasPython ? describe : describe.skip)("backup-restore", () => {
  it("cold: what this host has saved since it began is of gateways that know nothing, and is named and not taken until a restore is done", () => {
    const result = inWorld(`
order["stack"] = "standby"
open(restore.SINCE, "w").write("2026-11-20T08:30:00\\n")
restore.restore_records = lambda order, found: calls.append(f"records of {found[0]['id'][:8]}")
restore.restore = lambda order, taken, gateway: calls.append(f"restore of {taken['id'][:8]}")
warm = attempt(restore, "--dry")[1][:17]
cold = attempt(restore, "--cold")
result = [warm, cold, [call for call in calls if " of " in call], attempt(restore, "--dry", "--cold")[1][:17], attempt(restore, "--dry")[1][:17]]`) as [
      string,
      [number, string],
      ...unknown[],
    ];
    expect(result[0]).toBe("snapshot bbbbbbbb");
    expect(result[1]).toEqual([
      0,
      expect.stringMatching(
        /^this host has made 1 snapshots itself .* the newest is bbbbbbbb .*\nsnapshot cccccccc/,
      ),
    ]);
    // Typed again once it was done, it goes behind nothing that was saved since.
    expect(result.slice(2)).toEqual([
      ["records of cccccccc", "restore of cccccccc"],
      "snapshot bbbbbbbb",
      "snapshot bbbbbbbb",
    ]);
  });

  it("cold, on a host that was never lost, where all is its own: is refused", () => {
    const [code, said] = inWorld(`
listed[:] = [each for each in listed if "stack=standby" in each["tags"]]; order["stack"] = "standby"
open(restore.SINCE, "w").write("2026-11-19T08:30:00\\n")
result = attempt(restore, "--cold")`) as [number, string];
    expect(code).toBe(1);
    expect(said).toMatch(/all 2 snapshots itself since it began, the newest is bbbbbbbb .*without COLD=1/);
  });

  it("a snapshot that says what no backup-run says is named, taken by its id alone, and stands in nobody's way", () => {
    const forged = [
      `snap("d", "2026-11-20T11:00:00Z", "stack=prod", "epoch=" + "9" * 5000, "gateway=one")`,
      `snap("d", "2026-11-20T11:00:00Z", "stack=prod", "epoch=999", "gateway=one")`,
      `snap("d", "2199-11-20T11:00:00Z", "stack=standby", "epoch=2", "gateway=one")`,
      `snap("d", "soon", "stack=standby", "epoch=2", "gateway=one")`,
      `snap("d", "2026-11-20T11:00:00Z", "stack=../x", "epoch=2", "gateway=one")`,
    ];
    const result = inWorld(`
restore.say_pairings = restore.prove = lambda *words: None
said = []
for one in [${forged.join(", ")}]:
    listed.append(one); said.append(attempt(restore, "--dry")); listed.pop()
listed[:] = [${forged[1] ?? ""}]; said.append(attempt(restore, "--dry"))
result = said`) as [number, string][];
    const names = /^not taken, and not made by backup-run: dddddddd of .*: (.*)$/m;
    expect(result.map(([code, said]) => [code, said.slice(0, 17), names.exec(said)?.[1]])).toEqual([
      [0, "snapshot bbbbbbbb", undefined],
      [0, "snapshot bbbbbbbb", "its epoch is above 2, which is recorded"],
      [0, "snapshot bbbbbbbb", "its time has not been yet, by this host's clock"],
      [0, "snapshot bbbbbbbb", "its time has not been yet, by this host's clock"],
      [0, "snapshot bbbbbbbb", undefined],
      [1, "no snapshot is as", undefined],
    ]);
  });

  it("without a record: where one of a lower epoch is days newer, the operator says which", () => {
    const result = inWorld(`
backup_snapshots.active_record.current = lambda: None
order["stack"] = "prod"; far = snap("e", "2026-11-23T10:00:00Z", "stack=prod", "epoch=1", "gateway=one")
first = attempt(restore, "--dry")[1][:17]
listed.append(far); backup_snapshots.known_epoch.cache_clear()
result = [first, attempt(restore, "--dry"), attempt(restore, "--dry", "--snapshot", "eeeeeeee")[1][:17]]`);
    expect(result).toEqual([
      "snapshot bbbbbbbb",
      [1, expect.stringMatching(/^bbbbbbbb .* and eeeeeeee .* SNAPSHOT=bbbbbbbb or SNAPSHOT=eeeeeeee/)],
      "snapshot eeeeeeee",
    ]);
  });

  it("what was spent comes from the newest snapshot that holds it whole; where none does, the way out is said", () => {
    const result = inWorld(`
listed[:] = [snap(f"{n:x}" if n < 10 else chr(87 + n), f"2026-11-20T10:{59 - n:02}:00Z", "stack=prod", "epoch=1", "gateway=one") for n in range(14)]
restore.restore = lambda order, taken, gateway: None
restore.lock = lambda path, seconds: 1
tried = []
def read(order, snapshot):
    number = int(snapshot["id"][0], 16); tried.append(number)
    if number < bad: raise records.Unreadable("cannot be read")
    return [f"taken {number}"]
records.restore = read
said = []
for bad in (0, 1, 7, 13, 14):
    tried.clear(); said.append([attempt(restore), len(tried)])
result = said`) as [[number, string], number][];
    expect(result.map(([[code, said]]) => [code, /^taken \d+$/m.exec(said)?.[0]])).toEqual([
      [0, "taken 0"],
      [0, "taken 1"],
      [0, "taken 7"],
      // The oldest alone.
      [0, "taken 13"],
      [1, undefined],
    ]);
    expect(Math.max(...result.map(([, tries]) => tries))).toBeLessThan(9);
    expect(result[4]?.[0][1]).toMatch(/no snapshot can be read of what was spent.*--give-up/);
  });

  it("gateways that wait for it may start once all of it is done, and not before", () => {
    const result = inWorld(`
roles = lambda: [open(f"{home}/gateways/{name}/role").read().strip() for name in ("one", "two")]
def wait():
    for name in ("one", "two"): open(f"{home}/gateways/{name}/role", "w").write("awaits-restore\\n")
wait()
restore.lock = lambda path, seconds: 1
restore.restore_records = lambda order, newest: None
def fails(order, taken, gateway): raise common.Failed("no room")
restore.restore = fails
said = [attempt(restore, "--cold"), roles()]
restore.restore = lambda order, taken, gateway: said.append(gateway.role)
said += [attempt(restore, "--dry")[0], roles(), attempt(restore)[0], roles()]
wait()
said += [attempt(restore, "--cold")[0], roles()]
wait()
open(f"{home}/gateways/two/role", "w").write("active\\n")
said += [attempt(restore, "--give-up")[0], roles()]
result = said`);
    const [waiting, all] = [
      ["awaits-restore", "awaits-restore"],
      ["standby", "standby"],
    ];
    expect(result).toEqual([
      ...[[1, expect.stringMatching(/one: no room\n$/)], waiting],
      // Two is not in the snapshot: only a cold restore knows that nothing else of it is to come.
      ...["awaits-restore", 0, waiting, 0, ["standby", "awaits-restore"]],
      ...["awaits-restore", 0, all, 0, ["standby", "active"]],
    ]);
  });

  it("dry: says which snapshot, which gateways, and what is newer of a lower epoch; touches nothing", () => {
    const [code, said, asked] = inWorld(`
[code, said] = attempt(restore, "--dry")
result = [code, said, [call.split()[:2] for call in calls]]`) as [number, string, string[][]];
    expect(code).toBe(0);
    expect(said).toMatch(/^snapshot bbbbbbbb of stack standby, epoch 2, 2026-11-20T09:00:00/);
    expect(said).toMatch(
      /newer, but of a lower epoch, so it is kept and not taken: aaaaaaaa .*SNAPSHOT=aaaaaaaa/,
    );
    expect(said).toMatch(/^one serves, its state takes .* kept aside/m);
    expect(said).toMatch(/^two stays as it is$/m);
    expect(said).toMatch(/^gone is in the snapshot, and this host has no such gateway/m);
    expect(asked.map(([first, second]) => `${first} ${second}`)).toEqual([
      ...["restic snapshots", "systemctl is-active", "restic dump"],
    ]);
  });

  it.each<[string, string, RegExp]>([
    ['"--snapshot", "latest"', "", /neither newest nor an id/],
    ['"--snapshot", "dddddddd"', "", /0 snapshots begin with dddddddd/],
    ['"--gateway", "three"', "", /this host has no gateway three: it has one, two/],
    ['"--gateway", "two"', "", /holds one, gone, and not two/],
    ['"--force"', "", /--force says nothing to it/],
    [
      "",
      `there["gateways"]["one"]["image"] = image("2026.9.7")`,
      /made by \\S*2026.9.7, and this host has the older \\S*2026.9.6.*pulumi up/,
    ],
    ["", `there["gateways"]["one"]["image"] = image("2027.1.0")`, /older/],
    ["", `listed.clear()`, /no snapshot of any stack/],
    [
      "",
      `backup_snapshots.SPARE = 1 << 60; records.holds = lambda *words: False; copies.need_state = lambda own: None; os.makedirs(f"{home}/gateways/one/sandboxes/workspaces")`,
      /MiB free.*larger disk.*Nothing was touched/,
    ],
  ])("%s %s is refused, and nothing is touched", (words, before, said) => {
    const pattern = new RegExp(said.source.replaceAll("\\\\", "\\"), "s");
    const result = inWorld(`
${before}
outcome = attempt(restore${words === "" ? "" : `, ${words}`})
result = [*outcome, [call for call in calls if "stop" in call or "docker" in call or "restic restore" in call]]`) as [
      number,
      string,
      string[],
    ];
    expect([result[0], result[2]]).toEqual([1, []]);
    expect(result[1]).toMatch(pattern);
  });

  it("takes an image that is as old, or newer, and one of which nothing is known", () => {
    const tags = ["2026.9.6", "2026.9.5", "2026.2.26", "latest"];
    const result = inWorld(`
result = [backup_snapshots.too_old(order["manifest"], {"gateways": {"one": {"image": image(tag)}}}, "one") for tag in ${JSON.stringify(tags)}]
result += [backup_snapshots.too_old(order["manifest"], told, "one") for told in ({}, {"gateways": []}, {"gateways": {"one": "x"}})]`);
    expect(result).toEqual(Array(7).fill(""));
  });

  it("a link in the place of a folder is refused: a container would read what it points at", () => {
    const result = inWorld(`
def holds(target): os.makedirs(f"{target}/workspaces"); os.symlink("/etc", f"{target}/state")
try: restore.bring_here(order, backup_snapshots.snapshots(order)[0], "one", "gateway-one"); result = "taken"
except common.Failed as failure: result = str(failure)`);
    expect(result).toMatch(/holds 'state' where it has folders alone/);
  });

  it("who comes back, and who is not let in any more, is named, and no name reaches the terminal as it is", () => {
    const result = inWorld(`
restore.look = lambda order, name, question, place: {"devices": ["d1 phone", "d2 \\x1b[2Jtv"], "senders": ["telegram 1"]} if place.endswith("/restore/x/state") else {"devices": ["d1 phone", "d3 new"], "senders": ["telegram 1"]}
text = io.StringIO()
with contextlib.redirect_stdout(text): restore.say_pairings(order, gateway.Gateway("one"), f"{home}/restore/x")
result = text.getvalue()`);
    expect(result).toBe(
      "  devices that come back: d2 \\x1b[2Jtv\n  devices that are not let in any more: d3 new\n",
    );
  });

  it("what was spent comes from the newest snapshot, whatever the gateways are restored from", () => {
    const result = inWorld(`
taken = []
restore.records.restore = lambda order, newest: taken.append(newest["id"][0]) or []
restore.restore = lambda order, snapshot, own: taken.append(snapshot["id"][0] + own.name)
attempt(restore, "--snapshot", "cccccccc")
result = taken`);
    expect(result).toEqual(["b", "cone"]);
  });

  it("one that fails keeps no other from being restored, and the end is 1", () => {
    const result = inWorld(`
listed[1]["tags"].append("gateway=two")
done = []
def one(order, snapshot, own):
    if own.name == "one": raise common.Failed("no")
    done.append(own.name)
restore.restore, restore.records.restore = one, lambda order, newest: []
result = [attempt(restore)[0], done]`);
    expect(result).toEqual([1, ["two"]]);
  });
});

(hasPython ? describe : describe.skip)("backup-verify", () => {
  const fakes = `
verify.existing = lambda name: {"Mounts": [], "Image": "i"}
verify.order_of = lambda own, container: {"words": ["--memory", "1m"], "command": "openclaw", "image": "i"}
verify.answers = lambda name, path: True
verify.wait_for_memory = lambda words: None
checked = {"databases": 3, "damaged": [], "more": 0}
verify.check = lambda own, image, state: checked
answers = {"memory": {"chunks": 2, "found": 1, "word": "parrot"}}
verify.look = lambda order, name, question, place: answers[question]
verify.docker = lambda *words, **more: common.Result(words, 0, "the Parrot", "")
verify.log_lines = lambda name: "a line"
cleaned = []
class Canary:
    container, state, ready = "c", "s", True
    def __init__(self, own, order, helper): self.gateway, self.order, self.helper = own, order, helper
    def clean(self): cleaned.append(self.helper)
    def prepare(self, kind, source): calls.append(f"prepare {kind}")
    def start(self): pass
    def is_ready(self): return self.ready
verify.Canary = Canary
os.makedirs(f"{home}/restore")
`;
  const verified = (change: string) =>
    inWorld(`${fakes}${change}
outcome = attempt(verify)
result = [*outcome, json.load(open(f"{home}/verified.json")), os.listdir(f"{home}/restore"), cleaned[-1:]]`) as [
      number,
      string,
      { snapshot: string; gateways: Record<string, Record<string, unknown>> },
      string[],
      string[],
    ];

  it("says of each gateway what its databases, its start, its health and its memory are, and leaves nothing", () => {
    const [code, said, result, left, cleaned] = verified("");
    expect([code, left, cleaned]).toEqual([0, [], ["verified"]]);
    expect(said).toMatch(
      /one: 3 databases, 0 of them damaged; ready after .*OpenClaw finds the newest memory/,
    );
    expect(result.snapshot).toBe("b".repeat(64));
    expect(result.gateways["one"]).toMatchObject({ boots: true, health: true });
  });

  it.each([
    [
      `checked = {"databases": 3, "damaged": [{"path": "x", "why": "row missing"}], "more": 1}`,
      /3 databases, 2 of them damaged: x: row missing/,
    ],
    [`Canary.ready = False`, /does not get ready/],
    [`verify.answers = lambda name, path: False`, /does not answer that it is well/],
    [`answers["memory"]["found"] = 0`, /none of 2 memories holds 'parrot'/],
    [`verify.order_of = lambda own, container: None`, /pulumi up --replace '\*\*::gateway-one-canary'/],
    [`verify.wait_for_memory = lambda words: (_ for _ in ()).throw(OSError("broken"))`, /OSError: broken/],
  ])("%s is said, written down, and leaves nothing", (change, said) => {
    const [code, text, result, left] = verified(change);
    expect([code, left]).toEqual([1, []]);
    expect(text).toMatch(said);
    expect(result.gateways["one"]?.["failed"]).toMatch(said);
  });

  it("OpenClaw's own search that has no network is no failure, and the report says so", () => {
    const [code, said] = verified(
      `verify.docker = lambda *words, **more: common.Result(words, 1, "", "fetch failed")`,
    );
    expect([code, said]).toEqual([0, expect.stringMatching(/OpenClaw's own search wants the network/)]);
  });
});

(hasPython ? describe : describe.skip)("backup-look and backup-records", () => {
  const python = (script: string, ...words: string[]) =>
    spawnSync("python3", ["-B", join(bin, script), ...words], { encoding: "utf8", timeout: 60_000 });
  const plant = (code: string): void => {
    const { status, stderr } = spawnSync("python3", ["-c", code], { cwd: home, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
  };

  it("says who is let in, from both release lines, and finds a word of the newest memory", () => {
    plant(`
import json, os, sqlite3
os.makedirs("state"); os.makedirs("devices"); os.makedirs("agents/main/agent")
db = sqlite3.connect("state/openclaw.sqlite"); db.execute("PRAGMA journal_mode=wal")
db.execute("CREATE TABLE device_pairing_paired (device_id, operator_label, display_name, client_id)")
db.execute("INSERT INTO device_pairing_paired VALUES ('d1', NULL, 'phone' || char(27), 'x')")
db.execute("CREATE TABLE channel_pairing_allow_entries (channel_key, account_id, entry)")
db.execute("INSERT INTO channel_pairing_allow_entries VALUES ('telegram', 'default', '4711')"); db.commit()
json.dump({"older": {}}, open("devices/paired.json", "w"))
db = sqlite3.connect("agents/main/agent/openclaw-agent.sqlite"); db.execute("CREATE TABLE memory_index_chunks (text, updated_at)")
db.execute("INSERT INTO memory_index_chunks VALUES ('the parrot is called Ferdinand', 2), ('x', 1)"); db.commit()`);
    expect(JSON.parse(python("backup-look", "pairings", home).stdout)).toEqual({
      devices: ["d1 phone\\x1b", "older"],
      senders: ["telegram 4711"],
    });
    expect(JSON.parse(python("backup-look", "memory", home).stdout)).toEqual({
      chunks: 2,
      found: 1,
      word: "Ferdinand",
    });
    // OpenClaw's own index, where it has one: what is not in there is not found.
    const index = (text: string): unknown => {
      plant(`
import sqlite3
db = sqlite3.connect("agents/main/agent/openclaw-agent.sqlite"); db.execute("DROP TABLE IF EXISTS memory_index_chunks_fts")
db.execute("CREATE VIRTUAL TABLE memory_index_chunks_fts USING fts5(text, id UNINDEXED)")
db.execute("INSERT INTO memory_index_chunks_fts VALUES (?, 1)", ("${text}",)); db.commit()`);
      return (JSON.parse(python("backup-look", "memory", home).stdout) as { found: number }).found;
    };
    expect([index("the parrot is called Ferdinand"), index("the parrot")]).toEqual([1, 0]);
  });

  it("records of calls are added once, none is changed, and nothing but records is read", () => {
    plant(`
import os
os.makedirs("from"); os.makedirs("to")
open("from/calls-2026-11-20.jsonl", "w").write('{"a":1}\\n{"b":2}\\n{"half"')
open("to/calls-2026-11-20.jsonl", "w").write('{"b":2}\\n{"c":3}\\n')
open("from/calls-2026-11-19.jsonl", "w").write('{"z":1}\\n')
open("from/other", "w").write('{"x":1}\\n')`);
    const again = [1, 2].map(() =>
      python("backup-records", join(home, "from"), join(home, "to")).stdout.trim(),
    );
    expect(again).toEqual(["2", "0"]);
    const shown = spawnSync("bash", ["-c", "cat calls-2026-11-20.jsonl; ls"], {
      cwd: join(home, "to"),
      encoding: "utf8",
    });
    expect(shown.stdout).toBe('{"b":2}\n{"c":3}\n{"a":1}\ncalls-2026-11-19.jsonl\ncalls-2026-11-20.jsonl\n');
    plant(
      `import os; os.unlink("from/calls-2026-11-19.jsonl"); os.symlink("/etc/passwd", "from/calls-2026-11-19.jsonl")`,
    );
    expect(python("backup-records", join(home, "from"), join(home, "to")).status).not.toBe(0);
  });
});
