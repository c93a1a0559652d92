/** backup-follow: whom it leaves alone, what it keeps aside, what a cut leaves; Docker and restic are made up. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasPython, scriptsAsModules } from "./backup-copies";

const bin = join(__dirname, "..", "..", "..", "config-files", "host", "bin");
// Processes on a busy machine.
jest.setTimeout(60_000);
let home: string;
beforeEach(() => void (home = mkdtempSync(join(tmpdir(), "clawkeep-follow-"))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** The script and its modules, their paths below `home`; a gateway's file systems are folders, a snapshot holds one file `from`. */
const world = `${scriptsAsModules}import shutil
import active_record, backup_snapshots, common, copies, gateway, records, restoring, swap
follow = load("backup-follow")
backup_snapshots.PLACE = follow.PLACE = f"{home}/restore"
backup_snapshots.SPARE = 0
gateway.GATEWAYS = f"{home}/gateways"
follow.lock = lambda *words: os.open("/dev/null", os.O_RDONLY)
follow.LOCK, follow.HOME, follow.STATUS, copies.BACKUPS = f"{home}/lock", home, f"{home}/status.json", f"{home}/backups"
common.sync_file_system = common.sync_directory = lambda path: None
os.makedirs(f"{home}/backups")
own = {}
for name in ("one", "two"):
    os.makedirs(f"{home}/gateways/{name}/state"); os.makedirs(f"{home}/gateways/{name}/sandboxes/workspaces")
    open(f"{home}/gateways/{name}/role", "w").write("standby\\n")
    open(f"{home}/gateways/{name}/state/from", "w").write("itself")
calls, running, health = [], set(), ["healthy"]
def run(*words, **more):
    calls.append(" ".join(words))
    if words[0] == "rm": shutil.rmtree(words[-1], ignore_errors=True)
    return common.Result(words, 0, "", "")
common.run = gateway.run = restoring.run = run if hasattr(restoring, "run") else run
def inspect(name): return {"Id": name * 9, "Name": f"/{name}", "Image": "image", "State": {"Running": name in running, "StartedAt": "", "Health": {"Status": health[-1]}}}
follow.inspect = restoring.inspect = gateway.inspect = swap.inspect = inspect
restoring.log_lines = lambda name: ""
gateway.Gateway.stop = lambda self, *names: None
gateway.Gateway.end_sandboxes = lambda self: None
copies.need_state = lambda own: None
copies.inspect = inspect
broken = []
def keep(own, image, place, aside):
    if not os.path.isdir(f"{home}/backups/{aside}"): shutil.copytree(place, f"{home}/backups/{aside}")
    return ""
def put(own, image, source, place):
    for name in os.listdir(place): os.unlink(f"{place}/{name}")
    if broken: raise common.Failed(broken.pop())
    shutil.copytree(source, place, dirs_exist_ok=True)
copies.keep, copies.put = keep, put
def snap(id, time, *tags): return {"id": id * 64, "time": time, "tags": list(tags), "summary": {"total_bytes_processed": 10}}
listed = [snap("a", "2026-11-20T10:00:00.123456789Z", "stack=prod", "epoch=1", "gateway=one", "gateway=two")]
def restic(order, words, seconds, more=()):
    calls.append("restic " + " ".join(words))
    if listed and listed[0] == "away": raise common.Failed("the repository is away")
    if words[0] == "snapshots": return json.dumps(listed)
    if words[0] == "dump": return "{}"
    if words[0] == "restore":
        target = next(word.split(":")[0] for word in more if word.endswith(":/target"))
        for part in ("state", "workspaces"):
            os.makedirs(f"{target}/{part}"); open(f"{target}/{part}/from", "w").write(words[3][0])
    return ""
backup_snapshots.restic = records.restic = restic
counted = []
follow.records.restore = lambda order, snapshot: counted.append(snapshot["id"][0]) or ["what was spent"]
order = {"stack": "standby", "manifest": {}, "parts": []}
follow.read_order = lambda: order
record = active_record.Record(1, "prod")
follow.active_record.current = lambda: record
def attempt(*words):
    sys.argv, text = ["it", *words], io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
        try: follow.main(); code = 0
        except common.Failed as failure: print(failure); code = 1
    return [code, text.getvalue()]
def lies(name): return open(f"{home}/gateways/{name}/state/from").read() if os.path.exists(f"{home}/gateways/{name}/state/from") else None
def aside(): return sorted(each.split("-2")[0] for each in os.listdir(f"{home}/backups"))
`;

/** Runs Python in that world. @returns what its `result` is */
function inWorld(code: string): unknown {
  const words = ["-B", "-c", `${world}\n${code}\nprint(json.dumps(result))`, bin, home];
  const { status, stdout, stderr } = spawnSync("python3", words, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

(hasPython ? describe : describe.skip)("backup-follow", () => {
  it("puts the newest there, keeps aside what was no snapshot's and nothing else, and brings one only once", () => {
    const result = inWorld(`
first = attempt()
kept = aside()
again = attempt()
brought = len([call for call in calls if call.startswith("restic restore")])
listed.append(snap("b", "2026-11-20T10:02:00Z", "stack=prod", "epoch=1", "gateway=one", "gateway=two"))
newer = attempt()
result = [first[0], kept, brought, again[1].count("already"), newer[0], lies("one"), lies("two"), aside() == kept, os.listdir(f"{home}/restore")]`);
    expect(result).toEqual([
      0,
      ["replaced-one", "replaced-one", "replaced-two", "replaced-two"],
      ...[2, 2, 0, "b", "b", true, []],
    ]);
  });

  it("notes of a snapshot whether a lease held the host that has made it", () => {
    const result = inWorld(`
told = {"lease": 60, "gateways": {}}
follow.manifest = lambda order, taken: told
attempt()
with_lease = gateway.Gateway("one").read("followed").get("lease")
listed.append(snap("b", "2026-11-20T10:02:00Z", "stack=prod", "epoch=1", "gateway=one", "gateway=two"))
told["lease"] = "60"
attempt()
result = [with_lease, gateway.Gateway("one").read("followed").get("lease"), gateway.Gateway("one").read("followed")["snapshot"][0]]`);
    expect(result).toEqual([60, null, "b"]);
  });

  it("takes the highest epoch that is not above the recorded one, whatever is newer of a lower one", () => {
    const result = inWorld(`
record = active_record.Record(2, "prod")
listed.append(snap("d", "2026-11-20T11:00:00Z", "stack=standby", "epoch=3", "gateway=one", "gateway=two"))
listed.append(snap("c", "2026-11-20T09:00:00Z", "stack=standby", "epoch=2", "gateway=one", "gateway=two"))
attempt()
result = lies("one")`);
    expect(result).toBe("c");
  });

  it.each([
    ["whose role is active", `open(f"{home}/gateways/one/role", "w").write("active\\n")`],
    ["that runs", `running.add("one")`],
  ])("leaves a gateway alone %s, in a takeover too", (_, change) => {
    const result = inWorld(`
${change}
said = [attempt(), attempt("catch-up", "1")]
result = [[code, "one serves, and is left alone" in text] for code, text in said] + [lies("one"), lies("two")]`);
    expect(result).toEqual([[0, true], [0, true], "itself", "a"]);
  });

  it("does nothing on the host of the active stack, nor where nobody knows whose it is", () => {
    const result = inWorld(`
record = active_record.Record(2, "standby")
active = attempt()
def unknown(): raise common.Failed("nobody knows")
follow.active_record.current = unknown
result = [active, attempt(), lies("one"), [call for call in calls if "restic" in call]]`);
    expect(result).toEqual([
      [0, "standby is the active stack, so it follows nobody\n"],
      [1, "nobody knows\n"],
      "itself",
      [],
    ]);
  });

  it("what is cut off, or fails, half way starts nothing and is put there again", () => {
    const result = inWorld(`
attempt()
listed.append(snap("b", "2026-11-20T10:02:00Z", "stack=prod", "epoch=1", "gateway=one", "gateway=two"))
broken.append("the disk is full")
failed = attempt()
half = (gateway.Gateway("one").read("restore") or {}).get("state")
try: restoring.recover(gateway.Gateway("one"), None); started = True
except common.Failed as failure: started = str(failure)
old = json.loads(attempt("age")[1])["seconds"]
again = attempt()
result = [failed[0], half, started, old, again[0], lies("one"), gateway.Gateway("one").read("restore"), len(aside()), json.load(open(f"{home}/status.json")).get("failed")]`) as unknown[];
    expect(result).toEqual([
      ...[1, "back", expect.stringMatching(/the state of one is not whole.*backup-follow/)],
      ...[null, 0, "b", null, 4, null],
    ]);
  });

  it("in a takeover brings what was spent too, and takes what lies here where the repository is away", () => {
    const result = inWorld(`
done = attempt("catch-up", "1")
listed[:] = ["away"]
away = attempt("catch-up", "1")
gateway.Gateway("two").forget("followed")
result = [done[0], counted, away, attempt("catch-up", "1")]`) as [
      number,
      string[],
      [number, string],
      [number, string],
    ];
    expect(result.slice(0, 2)).toEqual([0, ["a"]]);
    expect(result[2]).toEqual([
      0,
      expect.stringMatching(/^WARNING: the repository cannot be read.*is taken, which is \d+ s old/),
    ]);
    expect(result[3]).toEqual([1, expect.stringMatching(/no whole snapshot lies here/)]);
  });

  it("in one that loses nothing takes the snapshot that was just made, or a later one, and nothing else", () => {
    const result = inWorld(`
fits = [attempt("catch-up", "1", word)[0] for word in ("a" * 8, "newest")]
gone = attempt("catch-up", "1", "d" * 8)
listed.append(snap("b", "2026-11-20T10:02:00Z", "stack=prod", "epoch=1", "gateway=one", "gateway=two"))
later = attempt("catch-up", "1", "a" * 8)[0]
listed.append(snap("c", "2026-11-20T10:00:30Z", "stack=prod", "epoch=2", "gateway=one", "gateway=two"))
record = active_record.Record(2, "prod"); backup_snapshots.known_epoch.cache_clear()
behind = attempt("catch-up", "1", "b" * 8)
listed[:] = ["away"]
result = [fits, gone, later, behind, attempt("catch-up", "1", "newest"), lies("one")]`);
    const refused = (why: RegExp) => [1, expect.stringMatching(why)];
    expect(result).toEqual([
      [0, 0],
      refused(/^the last snapshot cannot be had: 0 snapshots begin with dddddddd.*Without PLANNED=1/),
      0,
      refused(/^the last snapshot cannot be had: cccccccc .* is what would be taken, and bbbbbbbb is later/),
      refused(/^the last snapshot cannot be had/),
      "b",
    ]);
  });

  it("check: says what this host could not serve, before anything is touched; a repository that is away is a warning", () => {
    const result = inWorld(`
fine = attempt("check")
image = lambda tag: {"gateways": {"one": {"image": f"ghcr.io/openclaw/openclaw:{tag}@sha256:{'0' * 64}"}}}
order["manifest"] = image("2026.9.5"); follow.manifest = lambda order, taken: image("2026.9.6")
listed[:] = [snap("a", "2026-11-20T10:00:00Z", "stack=prod", "epoch=1", "gateway=one")]
unfit = attempt("check")
listed[:] = ["away"]
result = [fine, unfit, attempt("check"), lies("one")]`);
    expect(result).toEqual([
      [0, ""],
      [
        1,
        expect.stringMatching(
          /^one: the snapshot was made by .*2026.9.6.*\ntwo: snapshot aaaaaaaa holds one, and not this one\n$/,
        ),
      ],
      [0, expect.stringMatching(/^WARNING: what the repository holds is not known/)],
      "itself",
    ]);
  });

  it("what was spent is put nowhere before LiteLLM has made its store, which refuses every call for one that was filled before", () => {
    const result = inWorld(`
follow.ACCOUNTS_SECONDS = 0
health.append("starting")
early = attempt("catch-up", "1")
before = list(counted)
health.append("healthy")
result = [early, before, attempt("catch-up", "1")[0], counted, lies("one")]`);
    expect(result).toEqual([
      [1, expect.stringMatching(/openclaw-litellm is starting after 0 s/)],
      ...[[], 0, ["a"], "a"],
    ]);
  });

  it("says how old what lies here is, by the oldest of all gateways", () => {
    const result = inWorld(`
before = json.loads(attempt("age")[1])
attempt()
result = [before["seconds"], json.loads(attempt("age")[1])]`) as [
      null,
      { seconds: number; gateways: object },
    ];
    expect(result[0]).toBeNull();
    expect(result[1].seconds).toBeGreaterThan(0);
    expect(result[1].gateways).toMatchObject({ one: { snapshot: "a".repeat(64), epoch: 1, stack: "prod" } });
  });
});
