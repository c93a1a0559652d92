"""Walks the table of restoring.py: every scenario, killed after each thing that it does, and run again, or booted.

Usage: restore-walk.py BIN DIRECTORY   prints a line of JSON: what was seen, and everything that was wrong

The engine and systemd are in memory, the gateway's files in folders below DIRECTORY; both outlive whoever is killed. The world
is kinder than an engine in one thing: a container's own work on the files is not cut in half by the kill, but after each file.
"""
import contextlib
import io
import json
import os
import shutil
import sys
import types

BIN, ROOT = sys.argv[1:]
sys.dont_write_bytecode = True
sys.path.insert(0, BIN)
import common  # noqa: E402

common.run = lambda *words, **named: world.run(*words, **named)  # noqa: PLW0108
import backup_snapshots  # noqa: E402
import copies  # noqa: E402
import gateway  # noqa: E402
import restoring  # noqa: E402

NAME, UNIT = "gw", "openclaw-gateway@gw.service"
MARK = f"{ROOT}/volume/{NAME}/half-a-state"
HOME, BACKUPS, PLACE = f"{ROOT}/gateways/{NAME}", f"{ROOT}/backups", f"{ROOT}/restore"
STATE, WORKSPACES, SOURCE = f"{HOME}/state", f"{HOME}/sandboxes/workspaces", f"{PLACE}/gateway-gw"
OLD, NEW = {"a": "old a", "b": "old b", "c": "old c"}, {"a": "new a", "d": "new d"}
wrong, seen = [], set()


class Killed(BaseException):
    """Nobody catches it."""


class World:
    def __init__(self, **fate):
        self.fate = {"serves": True, "puts": True, "ran": True, "role": "active", **fate}
        self.running = self.fate["ran"]
        self.sandboxes, self.dead, self.effects, self.kill_after, self.clock = self.running, False, 0, None, 0.0

    def effect(self):
        self.effects += 1
        if self.effects == self.kill_after:
            self.dead = True
        self.alive()

    def alive(self):
        if self.dead:
            raise Killed

    def run(self, *words, seconds, check=True, text=""):
        self.alive()
        assert seconds > 0
        status, said = 0, ""
        if words[0] == "rm":
            shutil.rmtree(words[-1], ignore_errors=True)
            self.effect()
        elif words[0] == "systemctl":
            status = self.systemctl(*words[1:])
        elif words[0] == "docker":
            status, said = self.docker(*words[1:])
        elif words[0].endswith("sandboxes-end"):
            self.sandboxes = False
            self.effect()
        if check and status != 0:
            raise common.Failed(f"{' '.join(words[:3])}: {said}")
        return common.Result(words, status, said, said)

    def systemctl(self, verb, *words):
        if verb == "is-active":
            return 0 if self.running else 3
        if verb in ("stop", "restart"):
            self.running = False
            self.effect()
        if verb == "restart":
            self.start()
            self.effect()
        return 0

    def start(self):
        """What the unit does: nothing on half a state, whoever asks for it."""
        if held():
            return
        found = files(STATE)
        if found not in (OLD, NEW) or files(WORKSPACES) != found:
            wrong.append(["it was started on half a state", found, files(WORKSPACES)])
        self.running = found == OLD or self.fate["serves"]
        self.sandboxes = self.running

    def docker(self, verb, *words):
        if verb == "container":
            state = {"Running": self.running, "StartedAt": "2026-01-01T00:00:00Z"}
            return 0, json.dumps([{"Id": "1" * 64, "Name": f"/{NAME}", "Image": "image", "State": state, "Config": {"Image": "image"}}])
        if verb == "stop":
            self.running = False
            self.effect()
        if verb == "exec":
            return (0 if self.running else 1), ""
        return 0, "a log line" if verb == "logs" else ""

    def within(self, own, helper, image, script, words, mounts, seconds, limits=()):
        places = {target.removesuffix(":ro"): place for place, target in mounts.items()}
        if script == "clear-state.mjs" or words[0] in ("still", "back"):
            assert not self.running and not self.sandboxes, "the state is worked on while it is used"
        if script == "clear-state.mjs":
            for name in os.listdir(places["/to"]):
                os.unlink(f"{places['/to']}/{name}")
                self.effect()
        elif script == "copy-state.mjs":
            for name in os.listdir(places["/from"]):
                shutil.copy(f"{places['/from']}/{name}", places["/to"])
                self.effect()
                if not self.fate["puts"] and places["/from"].startswith(PLACE):
                    raise common.Failed("the disk is broken")
        return common.Result([], 0, "", "")


def held():
    """Whether somebody else's restore is under way, as the unit's own start sees it: it holds the lock."""
    return world.booting


def files(place):
    found = {}
    for name in os.listdir(place) if os.path.isdir(place) else []:
        with open(f"{place}/{name}", encoding="utf-8") as stream:
            found[name] = stream.read()
    return found


def put(place, content):
    shutil.rmtree(place, ignore_errors=True)
    os.makedirs(place)
    for name, text in content.items():
        with open(f"{place}/{name}", "w", encoding="utf-8") as stream:
            stream.write(text)


def begin(**fate):
    global world  # noqa: PLW0603
    shutil.rmtree(ROOT, ignore_errors=True)
    world = World(**fate)
    world.booting = False
    for place, content in ((STATE, OLD), (WORKSPACES, OLD), (f"{SOURCE}/state", NEW), (f"{SOURCE}/workspaces", NEW), (BACKUPS, {})):
        put(place, content)
    put(f"{HOME}/notes", {})
    with open(f"{HOME}/role", "w", encoding="utf-8") as stream:
        stream.write(f"{fate.get('role', 'active')}\n")


def attempt(work, kill_after=None):
    """@returns what `work` gives, `killed`, or why it failed"""
    world.dead, world.effects, world.kill_after = False, 0, kill_after
    with contextlib.redirect_stderr(io.StringIO()):
        try:
            return work()
        except Killed:
            return "killed"
        except common.Failed as failure:
            return f"failed: {failure}"


def restore():
    own = gateway.Gateway(NAME)
    restoring.recover(own, 5)
    if not os.path.isdir(SOURCE):
        # As backup-restore brings it anew.
        put(f"{SOURCE}/state", NEW)
        put(f"{SOURCE}/workspaces", NEW)
    journal = {"snapshot": "ab", "source": SOURCE, "parts": ["state", "workspaces"], "ran": world.running or world.fate["ran"],
               "aside": os.path.basename(copies.fresh(f"replaced-{NAME}"))}
    return restoring.Restoring(own, journal, 5).walk("stop")


def boot():
    world.running = world.sandboxes = False
    said = attempt(lambda: restoring.recover(gateway.Gateway(NAME), None))
    if said is None and world.fate["role"] == "active" and world.fate["ran"]:
        world.start()
    return said


def end():
    journal = f"{HOME}/restore.json"
    return {"state": files(STATE), "workspaces": files(WORKSPACES), "runs": world.running, "journal": os.path.exists(journal),
            "source": os.path.isdir(SOURCE), "half": os.path.exists(MARK)}


def json_state():
    try:
        with open(f"{HOME}/restore.json", encoding="utf-8") as stream:
            return json.load(stream)["state"]
    except FileNotFoundError:
        return None


def kept():
    """Whether all that was there before lies aside, in some copy."""
    names = os.listdir(BACKUPS)
    return any(files(f"{BACKUPS}/{name}") == OLD for name in names if name.startswith("replaced-") and not name.endswith(".new"))


def install():
    common.sync_directory = lambda path: None
    common.time.sleep = lambda seconds: setattr(world, "clock", world.clock + seconds)
    common.time.monotonic = lambda: world.clock
    os.chown = os.fsync = lambda *_: None
    os.statvfs = lambda _: types.SimpleNamespace(f_blocks=1000, f_bfree=900, f_bavail=900, f_frsize=1)
    gateway.GATEWAYS, gateway.IMAGES, copies.BACKUPS, copies.SPARE, backup_snapshots.PLACE = f"{ROOT}/gateways", f"{ROOT}/volume", BACKUPS, 0, PLACE
    gateway.Gateway.within = lambda *words, **named: world.within(*words, **named)  # noqa: PLW0108
    times = iter(range(10**6))
    common.now = lambda: f"20260101T{next(times):06}Z"
    walk = restoring.Gateway.write

    def write(self, file, value):
        if file == "restore":
            before = self.read("restore")
            seen.add((before["state"] if before else "begin", value["state"]))
        walk(self, file, value)
        world.effect()
    restoring.Gateway.write = write
    forget = restoring.Gateway.forget

    def forgot(self, file):
        forget(self, file)
        world.effect()
    restoring.Gateway.forget = forgot


SCENARIOS = {
    "it serves": ({}, "done", NEW, True),
    "it was down, and stays down": ({"ran": False, "role": "standby"}, "done", NEW, False),
    "it does not get ready": ({"serves": False}, "resume", OLD, True),
    "it cannot be put": ({"puts": False}, "resume", OLD, True),
}


def check(at, content, runs):
    found = end()
    whole = {"state": content, "workspaces": content, "runs": runs, "journal": False, "source": False, "half": False}
    if found != whole:
        wrong.append([at, found])
    if content == NEW and not kept():
        wrong.append([at, "what was there is not kept", os.listdir(BACKUPS)])


def walk(name, fate, last, content, runs):
    begin(**fate)
    said = attempt(restore)
    if said != last:
        wrong.append([name, said])
    check(f"{name}, undisturbed", content, runs)
    effects = world.effects
    for after in range(1, effects + 1):
        at = f"{name}, killed after {after} of {effects}"
        begin(**fate)
        if attempt(restore, after) != "killed":
            wrong.append([at, "was not killed"])
        # What another server would find, which has the state and none of the notes.
        cut = end()
        if not cut["half"] and (cut["state"] not in (OLD, NEW) or cut["workspaces"] != cut["state"]):
            wrong.append([at, "half a state without a mark", cut])
        # One that never gets ready, cut off while it was waited for: nobody knows that it has not served, so it stays.
        unknown = content == OLD and fate.get("puts", True) and json_state() == "try"
        again = attempt(restore)
        if again != last:
            wrong.append([f"{at}, run again", again])
        check(f"{at}, run again", NEW if unknown else content, runs and not unknown)
        begin(**fate)
        attempt(restore, after)
        booted = boot()
        found = end()
        if found["journal"] or found["state"] not in (OLD, NEW) or found["workspaces"] != found["state"]:
            wrong.append([f"{at}, booted", booted, found])
        if found["state"] == NEW and not kept():
            wrong.append([f"{at}, booted", "what was there is not kept"])
        if fate.get("serves", True) and found["runs"] != runs:
            wrong.append([f"{at}, booted", "it does not run", found])
        attempt(restore)
        check(f"{at}, booted and run again", content, runs) if fate.get("serves", True) else None
    return effects


world = World()
install()
counts = {name: walk(name, *scenario) for name, scenario in SCENARIOS.items()}
# What was there cannot be put back either: nothing is started on half a state.
begin(serves=False)
world.fate["puts"] = False
original = copies.put
copies.put = lambda *words: (_ for _ in ()).throw(common.Failed("no disk"))
last = attempt(restore)
stuck = [last, boot(), world.running, end()["journal"]]
copies.put = original
world.fate["serves"] = True
healed = [boot(), end()["state"] == OLD, world.running]
# On another server: half a state, its mark, and none of the notes. What is kept of it is half a state, put back or not.
other = []
for puts in (False, True):
    begin(puts=puts, ran=False, role="awaits-restore")
    put(STATE, {"a": "old a"})
    put(os.path.dirname(MARK), {"half-a-state": ""})
    other.append([attempt(restore), end()["half"]])
print(json.dumps({"other": other, "effects": counts, "seen": sorted(seen), "wrong": wrong[:20], "number": len(wrong), "stuck": stuck, "healed": healed}))
