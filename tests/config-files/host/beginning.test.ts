/** A gateway's first activation: what the repository is asked, what its answer leads to, and when nobody is asked. Docker, restic and systemd are made up. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasPython, scriptsAsModules } from "./backup-copies";

const bin = join(__dirname, "..", "..", "..", "config-files", "host", "bin");
let home: string;
beforeEach(() => void (home = mkdtempSync(join(tmpdir(), "clawkeep-beginning-"))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** A host with two gateways that have no role and an empty state; restic answers what `repository` says, or with `code`. */
const world = `${scriptsAsModules}import types
import active_record, backup_restic, backup_snapshots, beginning, common, copies, gateway
activates, restores, saves = load("gateway-activate"), load("backup-restore"), load("backup-run")
gateway.GATEWAYS, gateway.IMAGES = f"{home}/gateways", f"{home}/volume"
backup_restic.ORDER = beginning.ORDER = f"{home}/order.json"
backup_restic.LOCK, beginning.LOCK, beginning.SILENT, beginning.HOME = f"{home}/restic", f"{home}/lock", f"{home}/silent.json", f"{home}/backup"
common.sync_directory = lambda path: None
active_record.current, active_record.stays_down = lambda: None, lambda patience: None
for name in ("one", "two"): os.makedirs(f"{home}/gateways/{name}/state/lost+found")
order = {"stack": "prod", "tags": ["stack=prod", "gateway=one", "gateway=two"], "parts": [],
  "restic": {"image": "R", "arguments": [], "fromFiles": {}, "environment": {}, "secrets": "s", "certificates": "", "network": "n", "address": "a", "proxy": "p"}}
json.dump(order, open(f"{home}/order.json", "w"))
snap = lambda id, time, *tags: {"id": id * 64, "time": time, "tags": list(tags)}
found = [snap("a", "2026-11-20T10:00:00Z", "stack=prod", "epoch=1", "gateway=one"),
  snap("b", "2026-11-20T09:00:00Z", "stack=standby", "epoch=2", "gateway=one"), snap("c", "2026-11-19T08:00:00Z", "stack=standby", "epoch=2", "gateway=two")]
repository = {"config": (0, ""), "snapshots": found}
asked, done, mounted = [], [], [True]
def restic(*words, seconds, **more):
    question = " ".join(words[words.index("--", 30) + 1:])
    asked.append([question, seconds])
    if question.startswith("cat config"): return common.Result(words, repository["config"][0], "", repository["config"][1])
    return common.Result(words, 0, json.dumps(repository["snapshots"]), "")
backup_restic.run, backup_restic.docker = restic, lambda *words, **more: None
def run(*words, **more):
    done.append(" ".join(words).replace(common.BIN, ""))
    return common.Result(words, 0 if words[0] != "findmnt" or mounted[0] else 1, "", "")
common.run = gateway.run = copies.run = activates.run = run
copies.BACKUPS = home
def becomes(path, words): raise SystemExit(" ".join(words[1:4]))
activates.os = types.SimpleNamespace(execv=becomes)
role = lambda name="one": gateway.Gateway(name).role
def write(path, text=""): open(f"{home}/gateways/{path}", "w").write(text)
def activate(role="active", name="one"):
    sys.argv, text = ["it", name, "ID", role, "90", "a", "b"], io.StringIO()
    with contextlib.redirect_stdout(text):
        try: activates.main()
        except common.Failed as failure: return f"refused: {failure}"
        except SystemExit as now: return f"gateway-swap {now}"
    return text.getvalue().strip()
def give_up():
    sys.argv = ["it", "--give-up"]
    with contextlib.redirect_stdout(io.StringIO()): restores.main()
`;

/** Runs Python in that world. @returns what its `result` is */
function inWorld(code: string): unknown {
  const words = ["-B", "-c", `${world}\n${code}\nprint(json.dumps(result))`, bin, home];
  const { status, stdout, stderr } = spawnSync("python3", words, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const starts = "gateway-swap to one ID";
const giveUp =
  "to begin with nothing, on this host: /opt/openclaw/bin/backup-restore --give-up; then pulumi up --stack prod";
const held =
  "refused: gateway one does not start: this host has nothing of it, and the repository holds 2 snapshots of it. " +
  "The newest: bbbbbbbb of stack standby, epoch 2, 2026-11-20T09:00:00. It waits, and nothing is lost. " +
  `To bring it back, type on your machine: make restore STACK=prod COLD=1. Or, ${giveUp}`;
const questions = [
  ["cat config --no-lock", 45],
  ["snapshots --json --no-lock", 300],
];

(hasPython ? describe : describe.skip)("the first activation of a gateway", () => {
  it("one that the repository holds does not start empty: it is down in the role of one that waits for a restore, and says what is there", () => {
    const result = inWorld(`
said = activate()
home_of = f"{home}/gateways/one"
result = [said, role(), open(f"{home_of}/needs").read(), done[1:], asked, gateway.awaiting_restore()]`);
    expect(result).toEqual([
      held,
      "awaits-restore",
      "a\nb\n",
      ["systemctl disable --quiet --now openclaw-gateway@one.service", "/gateway-swap down one ID"],
      questions,
      ["one"],
    ]);
  });

  it.each<[string, string, unknown[]]>([
    ["no repository yet", `repository["config"] = (10, "Fatal")`, questions.slice(0, 1)],
    ["no snapshot", `repository["snapshots"] = []`, questions],
    [
      "snapshots of other gateways alone",
      `repository["snapshots"] = [found[2], snap("d", "2026-11-20T10:00:00Z", "other")]`,
      questions,
    ],
  ])("%s is nothing: it starts", (_, change, expected) => {
    expect(inWorld(`${change}\nresult = [activate(), role(), asked]`)).toEqual([starts, "active", expected]);
  });

  it.each<[string, number, string, RegExp]>([
    ["away", 124, "", /openclaw-backup did not end within 45 seconds/],
    ["there, and lets nobody in", 1, "Access Denied", /it failed\. Access Denied/],
    ["of another password", 12, "Fatal", /another password: is clawkeep:backupPassword/],
  ])(
    "while it is not known, for the repository is %s, it waits; the next up asks again, and where nothing is there it starts",
    (_, code, says, why) => {
      const [said, waits, again, now, noted] = inWorld(`
repository["config"] = (${code}, "${says}")
said, waits = activate(), role()
repository.update({"config": (0, ""), "snapshots": []})
result = [said, waits, activate(), role(), gateway.Gateway("one").read("asked")]`) as string[];
      expect(said).toMatch(
        /^refused: gateway one does not start: this host has nothing of it, and whether the repository holds it is not known: /,
      );
      expect(said).toMatch(why);
      expect(said).toContain(
        `It waits, and nothing is lost. Once the repository answers, type on your machine: pulumi up --stack prod. Or, where it was never saved, ${giveUp}`,
      );
      expect([waits, again, now, noted]).toEqual(["awaits-restore", starts, "active", null]);
    },
  );

  it("asked again it is refused again, until a person gives up on it, who is not asked any more", () => {
    const result = inWorld(`
first, second, count = activate(), activate(), len(asked)
give_up()
result = [first == second, count, role(), activate(), role(), len(asked) - count, gateway.Gateway("one").read("asked")]`);
    expect(result).toEqual([true, 4, "standby", starts, "active", 0, null]);
  });

  it("a cold restore's own wait is no question: nobody asks, and only the restore, or a person, ends it", () => {
    const result = inWorld(`
activate()
count = len(asked)
result = [activate("awaits-restore"), role(), activate(), len(asked) - count, role()]`);
    expect(result).toEqual([
      "gateway one is down: it waits for a restore",
      "awaits-restore",
      expect.stringMatching(/^refused: .*is not back on this host yet.*make restore STACK=NAME COLD=1/),
      0,
      "awaits-restore",
    ]);
  });

  it.each([
    ["its state came back with the volume", `write("one/state/openclaw.json")`],
    ["somebody has started it on that state before", `os.makedirs(f"{home}/gateways/one/state/workspace")`],
    ["it serves here", `write("one/role", "active\\n")`],
    ["another stack's serves, and this one takes over", `write("one/role", "standby\\n")`],
    ["nothing is saved off the host", `os.unlink(f"{home}/order.json")`],
  ])("nobody is asked where %s", (_, before) => {
    expect(inWorld(`${before}\nresult = [activate(), role(), asked]`)).toEqual([starts, "active", []]);
  });

  const half =
    "gateway one does not start: a restore of it is under way, or was cut off: what lies there may be half of what it had " +
    "and half of what was to take its place";
  /** A state that has come back with its volume, and what is marked on that. */
  const cameBackHalf = `
write("one/state/openclaw.json"); os.makedirs(f"{home}/volume/one"); mark = f"{home}/volume/one/half-a-state"; open(mark, "w").write("")
`;

  it.each([
    ["new", ""],
    ["a standby's, which takes over", `write("one/role", "standby\\n")`],
    ["one whose notes are lost", `write("one/role", "active\\n")`],
  ])("half a state that has come back with its volume starts nowhere, on a host that is %s", (_, before) => {
    const result = inWorld(`${cameBackHalf}${before}
first, second = activate(), activate()
result = [first, first == second, role(), open(f"{home}/gateways/one/needs").read(), done[0], gateway.awaiting_restore(), asked]`);
    expect(result).toEqual([
      `refused: ${half}. It waits. To bring back what is saved of it, type on your machine: make restore STACK=prod GATEWAY=one, ` +
        "then pulumi up --stack prod; until then nothing of this host is saved. To begin with what lies there all the same, " +
        "on this host: /opt/openclaw/bin/backup-restore --give-up; then pulumi up --stack prod",
      ...[true, "awaits-restore", "a\nb\n"],
      "systemctl disable --quiet --now openclaw-gateway@one.service",
      ...[["one"], []],
    ]);
  });

  it("it starts once a restore has put a whole one there", () => {
    const result = inWorld(`${cameBackHalf}activate(); os.unlink(mark); restores.release(["one"])
result = [activate(), role(), asked, gateway.Gateway("one").read("asked")]`);
    expect(result).toEqual([starts, "active", [], null]);
  });

  it.each([
    ["waits", "activate()"],
    ["was active", `activate(); write("one/role", "active\\n")`],
    ["is not there yet", ""],
  ])("it starts, the role of which %s, once a person gives up on the rest", (_, then) => {
    const result = inWorld(`${cameBackHalf}${then}\ngive_up()\nresult = [os.path.exists(mark), activate()]`);
    expect(result).toEqual([false, starts]);
  });

  it.each(["restore", "swap"])(
    "this host's own, of which it has the notes in %s.json, gateway-swap goes on with",
    (note) => {
      const result = inWorld(
        `${cameBackHalf}write("one/role", "active"); write("one/${note}.json", "{}")\ngive_up()\nresult = [activate(), os.path.exists(mark)]`,
      );
      expect(result).toEqual([starts, true]);
    },
  );

  it("half a state of a host that saves nothing off it waits, and what there is to do is said", () => {
    expect(inWorld(`${cameBackHalf}os.unlink(f"{home}/order.json")\nresult = [activate(), role()]`)).toEqual([
      `refused: ${half}. It waits. Nothing of this host is saved off it (clawkeep:backups), so nothing can be brought back by it. ` +
        "To begin with what lies there all the same, on this host: /opt/openclaw/bin/backup-restore --give-up; then pulumi up",
      "awaits-restore",
    ]);
  });

  it.each([
    // Nobody goes on with it, so the backup fails, where somebody sees it.
    [
      "is left",
      "",
      ["fails", expect.stringMatching(/^nothing of this host is saved: a restore .* --give-up; /)],
    ],
    [
      "is under way",
      `write("one/restore.json", "{}")`,
      ["waits", "nothing is saved before a restore is whole: one"],
    ],
  ])(
    "half a state is in no snapshot, nor is anything else of its host, where a restore %s",
    (_, before, said) => {
      const result = inWorld(`${cameBackHalf}
for name in ("one", "two"): write(f"{name}/role", "active\\n")
${before}
try: result = beginning.begun(order)
except active_record.NotActive as nobody: result = ["waits", str(nobody)]
except common.Failed as failure: result = ["fails", str(failure)]`);
      expect(result).toEqual(said);
    },
  );

  it("a takeover does no more than before: it looks at the role, and at nothing else", () => {
    expect(inWorld(`write("one/role", "standby\\n")\nresult = [activate(), done]`)).toEqual([starts, []]);
  });

  it("a standby is not asked for, and saves nobody from being asked: what it gets is put there by backup-follow", () => {
    expect(inWorld(`result = [activate("standby"), role(), asked]`)).toEqual([
      "gateway one is down: this stack is standby",
      "standby",
      [],
    ]);
  });

  it("a state that is not mounted looks empty, and is none to begin with: nobody is asked, nothing is changed", () => {
    expect(inWorld(`mounted[0] = False\nresult = [activate(), role(), asked]`)).toEqual([
      expect.stringMatching(/^refused: .*state is not mounted/),
      "",
      [],
    ]);
  });

  it("what a copy that was cut off has emptied is as empty as a new one", () => {
    expect(inWorld(`os.makedirs(f"{home}/gateways/one/state/sandboxes")\nresult = activate()`)).toBe(held);
  });

  it("where another gateway serves here, or the newest of all does not hold it, it is restored by itself, and by its snapshot's id", () => {
    const alone = (name: string, id: string): unknown =>
      expect.stringContaining(
        `make restore STACK=prod GATEWAY=${name} SNAPSHOT=${id}, then pulumi up --stack prod; until then nothing of this host is saved`,
      );
    expect(
      inWorld(`
second = activate(name="two")
write("two/role", "active\\n")
result = [second, activate()]`),
    ).toEqual([alone("two", "cccccccc"), alone("one", "bbbbbbbb")]);
  });

  it("one that no host can have made is taken by its id alone", () => {
    expect(
      inWorld(
        `repository["snapshots"] = [snap("f", "2199-11-20T10:00:00Z", "stack=prod", "epoch=1", "gateway=one")]\nresult = activate()`,
      ),
    ).toMatch(/holds 1 snapshots of it.*GATEWAY=one SNAPSHOT=ffffffff/);
  });

  it("gateways side by side: who has waited while another got no answer does not wait for it once more; who comes later does", () => {
    const result = inWorld(`
repository["config"] = (1, "Access Denied")
real = beginning.lock
def waits(path, seconds):
    held = real(path, seconds)
    with contextlib.suppress(common.Failed): beginning.ask(order)
    common.write(beginning.SILENT, json.dumps({"time": beginning.time.time() + 1, "said": "it gave no answer"}))
    return held
beginning.lock = waits
said, count = activate(), len(asked)
beginning.lock = real
common.write(beginning.SILENT, json.dumps({"time": beginning.time.time() - 1, "said": "long ago"}))
result = ["it gave no answer" in said, count, "Access Denied" in activate(), len(asked)]`);
    expect(result).toEqual([true, 1, true, 2]);
  });

  it("gateways that have not begun here are in no snapshot: empty they would go before what is saved of them", () => {
    const result = inWorld(`
order["parts"] = [{"name": name} for name in ("litellm/audit", "one/state", "two/state", "two/workspaces")]
def saved():
    try: told = beginning.begun(order); return [told["tags"], [part["name"] for part in told["parts"]]]
    except active_record.NotActive as nobody: return str(nobody)
none = saved()
write("one/role", "active\\n"); first = saved()
write("two/role", "standby\\n"); result = [none, first, saved()[0], order["tags"] == saved()[0]]`);
    expect(result).toEqual([
      "no gateway has a role on this host yet, so nothing is saved",
      [
        ["stack=prod", "gateway=one"],
        ["litellm/audit", "one/state"],
      ],
      ["stack=prod", "gateway=one", "gateway=two"],
      true,
    ]);
  });
});
