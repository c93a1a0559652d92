"""Walks the table of swap.py: every scenario, killed after each thing that it does, and run again, or booted.

Usage: swap-walk.py BIN DIRECTORY [SCENARIO]   prints a line of JSON: what was seen, and everything that was wrong

The engine, systemd and the disks are in a file and in folders below DIRECTORY, which outlive whoever is killed. One that is
killed does nothing any more: whatever a `finally` of it tries ends at once.
"""
import contextlib
import importlib.machinery
import importlib.util
import io
import itertools
import json
import os
import shutil
import sys
import traceback
import types

BIN, ROOT, *ONLY = sys.argv[1:]
sys.dont_write_bytecode = True
sys.path.insert(0, BIN)
import common  # noqa: E402

# Before those that take it by its name.
common.run = lambda *words, **named: here.world.run(*words, **named)  # noqa: PLW0108
import copies  # noqa: E402
import gateway  # noqa: E402
import swap  # noqa: E402



def loaded(script):
    name = script.replace("-", "_")
    loader = importlib.machinery.SourceFileLoader(name, f"{BIN}/{script}")
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


program = loaded("gateway-swap")

NAME, OLD, NEW = "gw", "1" * 64, "2" * 64
WORLD = f"{ROOT}/world.json"
MARK = f"{ROOT}/volume/{NAME}/half-a-state"
HOME, STATE, BACKUPS = f"{ROOT}/gateways/{NAME}", f"{ROOT}/gateways/{NAME}/state", f"{ROOT}/backups"
UNIT = f"openclaw-gateway@{NAME}.service"
wrong, seen, held = [], set(), []
# The world that there is, and what was said last.
here = types.SimpleNamespace(world=None, said="")


class Killed(BaseException):
    """Nobody catches it."""


class World:
    """The engine and systemd, which live on when a script is killed. What changes is an effect."""

    def __init__(self, kill_after=None):
        with open(WORLD, encoding="utf-8") as stream:
            self.__dict__.update(json.load(stream))
        self.kill_after, self.effects, self.clock, self.dead = kill_after, 0, 0.0, False
        # Whether the engine removes sandboxes.
        self.ends = True

    def effect(self):
        self.effects += 1
        if self.effects == self.kill_after:
            self.keep()
            self.dead = True
        self.alive()

    def alive(self):
        if self.dead:
            raise Killed

    def keep(self):
        kept = {key: self.__dict__[key] for key in ("containers", "enabled", "active", "starts", "together")}
        put(WORLD, json.dumps(kept))

    def find(self, key):
        return next((each for each in self.containers if key in (each["Id"], each["Name"][1:])), None)

    def start(self, one):
        """What a gateway does when it starts: an older one does not open the state of a newer one."""
        self.starts += 1
        if any(each["State"]["Running"] for each in self.containers if each is not one and not each["sandbox"]):
            self.together.append([each["Id"] for each in self.containers if each["State"]["Running"]])
        one["State"].update(Running=True, StartedAt=f"2026-01-01T00:00:{self.starts:09}Z")
        found = int(read(f"{STATE}/format") or 0)
        if found > one["version"]:
            one["State"]["Running"] = False
        else:
            os.makedirs(STATE, exist_ok=True)
            put(f"{STATE}/format", one["writes"])
            one["State"]["Running"] = one["fate"] != "ends"
            # One outlives the gateway that it was made for.
            if not any(each["sandbox"] for each in self.containers):
                self.containers.append({**container("3" * 64, "sandbox", running=True), "sandbox": True})
        self.effect()

    def stop(self, one):
        if one is not None and one["State"]["Running"]:
            one["State"]["Running"] = False
            self.effect()

    def systemctl(self, verb, *words):
        if verb == "is-active":
            return (0 if self.active else 3), ""
        if verb in ("stop", "restart") or "--now" in words:
            self.active = False
            self.stop(self.find(NAME))
        if verb in ("enable", "disable"):
            self.enabled = verb == "enable"
        if verb == "restart":
            self.active = True
            self.effect()
            self.start(self.find(NAME))
            return 0, ""
        self.effect()
        return 0, ""

    def docker(self, verb, *words):
        one = self.find(words[1] if verb == "container" else words[0] if verb in ("exec", "rename") else words[-1])
        if verb == "ps":
            label = next(word.split("=")[1] for word in words if word.startswith("label="))
            wanted = [each["Id"] for each in self.containers if each["sandbox"] == (label == "clawkeep.gateway")]
            return 0, "\n".join(wanted)
        if verb == "logs":
            return 0, "a log line"
        if one is None:
            return 1, "Error: No such container"
        if verb == "container":
            return 0, json.dumps([one])
        if verb == "exec":
            if self.active and not one["State"]["Running"]:
                self.start(one)
            fits = read(f"{STATE}/format") == str(one["writes"])
            return (0 if one["State"]["Running"] and one["fate"] == "serves" and fits else 1), ""
        if verb == "stop":
            self.stop(one)
        if verb == "rename":
            if self.find(words[1]):
                return 1, f"{words[1]} is taken"
            one["Name"] = f"/{words[1]}"
            self.effect()
        if verb == "rm":
            self.containers.remove(one)
            self.effect()
        return 0, ""

    def end_sandboxes(self):
        for one in [each for each in self.containers if each["sandbox"]]:
            self.containers.remove(one)
            self.effect()
        return 0, ""

    def run(self, *words, seconds, check=True, text=""):
        self.alive()
        assert seconds > 0
        if words[0] == "rm":
            status, said = 0, ""
            if os.path.exists(words[-1]):
                shutil.rmtree(words[-1])
                self.effect()
        elif words[0].endswith("sandboxes-end"):
            status, said = self.end_sandboxes() if self.ends else (1, "1 are there still")
        elif words[0] in ("systemctl", "docker"):
            status, said = getattr(self, words[0])(*words[1:])
        else:
            status, said = 0, ""
        if check and status != 0:
            raise common.Failed(f"{' '.join(words[:3])}: {said}")
        return common.Result(words, status, said, said if status else "")

    def within(self, gateway, helper, image, script, words, mounts, seconds, limits=()):
        """What copy-state.mjs does, in as many effects as it has."""
        if script in ("copy-state.mjs", "clear-state.mjs"):
            places = {target.removesuffix(":ro"): place for place, target in mounts.items()}
            assert not any(each["State"]["Running"] for each in self.containers), "the state is copied while it is used"
            if script == "clear-state.mjs":
                for name in os.listdir(places["/to"]):
                    os.unlink(f"{places['/to']}/{name}")
                    self.effect()
            else:
                for name in os.listdir(places["/from"]):
                    shutil.copy(f"{places['/from']}/{name}", places["/to"])
                    self.effect()
        return common.Result([], 0, "", "")


def read(path):
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def put(path, value):
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(str(value))


def container(identity, name, *, version=1, writes=None, image="a", fate="serves", running=False):
    state = {"Running": running, "StartedAt": "2025-12-31T00:00:00Z" if running else "0001-01-01T00:00:00Z"}
    return {"Id": identity, "Name": f"/{name}", "Image": image, "State": state, "Config": {"Image": image}, "sandbox": False,
            "version": version, "writes": version if writes is None else writes, "fate": fate}


def begin(new, old=True):
    """The host before a change: one serves, or none ever has."""
    here.world = None
    for place in (HOME, BACKUPS, os.path.dirname(MARK)):
        shutil.rmtree(place, ignore_errors=True)
        os.makedirs(place)
    containers = [container(NEW, "gateway-new", **new)]
    os.makedirs(STATE)
    if old:
        containers.append(container(OLD, NAME, running=True))
        put(f"{STATE}/format", 1)
        put(f"{STATE}/said", "hello")
        put(f"{HOME}/proven.json", json.dumps({"id": OLD}))
        containers.append({**container("3" * 64, "sandbox", running=True), "sandbox": True})
    put(WORLD, json.dumps({"containers": containers, "enabled": old, "active": old, "starts": 0, "together": []}))


def attempt(*words, kill_after=None):
    """Runs gateway-swap. @returns its code, 137 where it was killed, and how much it did"""
    here.world = World(kill_after)
    return play(words), here.world.effects


def install():
    """Puts the world in the place of what the scripts use."""
    common.sync_directory = lambda path: None
    common.time.sleep = lambda seconds: setattr(here.world, "clock", here.world.clock + seconds)
    common.time.monotonic = lambda: here.world.clock
    os.chown = os.fsync = lambda *_: None
    room = types.SimpleNamespace(f_blocks=1000, f_bfree=900, f_bavail=900, f_frsize=1)
    os.statvfs = lambda _: room
    for name in ("rename", "unlink", "mkdir"):
        setattr(os, name, counting(getattr(os, name)))
    gateway.GATEWAYS, gateway.IMAGES, copies.BACKUPS, copies.SPARE = f"{ROOT}/gateways", f"{ROOT}/volume", BACKUPS, 0
    gateway.Gateway.within = lambda *args, **named: here.world.within(*args, **named)  # noqa: PLW0108
    times = itertools.count()
    common.now = swap.now = program.now = lambda: f"20260101T{next(times) % 1000000:06}Z"
    locked = common.lock
    program.lock = lambda *words: held.append(locked(*words)) or held[-1]
    swap.Swap.save = traced(swap.Swap.save)


def play(words):
    sys.argv, text, code = ["gateway-swap", *words], io.StringIO(), 0
    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
        try:
            program.main()
        except SystemExit as end:
            print(end.code)
            code = 0 if end.code in (None, 0) else 1
        except Killed:
            code = 137
        except Exception:
            wrong.append(["it crashed", words, traceback.format_exc()])
    for descriptor in held:
        if descriptor is not None:
            os.close(descriptor)
    held.clear()
    here.said = text.getvalue()
    if code != 137:
        here.world.keep()
    return code


def counting(call):
    def counted(*words, **named):
        if here.world:
            here.world.alive()
        result = call(*words, **named)
        if here.world:
            here.world.effect()
        return result
    return counted


def traced(save):
    def saved(self):
        before = self.gateway.read("swap")
        seen.add((before.get("state", "before 0.2") if before else "begin", self.journal["state"]))
        save(self)
    return saved


def boot(kill_after=None):
    """The power comes back: nothing runs, and the unit starts if it is enabled."""
    world = here.world = World()
    for each in world.containers:
        each["State"]["Running"] = False
    world.active = False
    world.keep()
    if not world.enabled:
        return 0, 0
    code, effects = attempt("recover", NAME, kill_after=kill_after)
    world = here.world = World()
    if code == 0 and world.find(NAME):
        world.active = True
        world.start(world.find(NAME))
        world.keep()
    return code, effects


def end():
    """What of a host matters."""
    world = World()
    return {
        "serves": [each["Id"][0] for each in world.containers if each["State"]["Running"] and not each["sandbox"]],
        "named": (world.find(NAME) or {"Id": "-"})["Id"][0],
        "format": read(f"{STATE}/format"),
        "said": read(f"{STATE}/said"),
        "refused": (json.loads(read(f"{HOME}/refused.json") or '{"id": "-"}'))["id"][0],
        "proven": (json.loads(read(f"{HOME}/proven.json") or '{"id": "-"}'))["id"][0],
        "journal": (json.loads(read(f"{HOME}/swap.json") or "{}")).get("state"),
        "together": world.together,
        "half": os.path.exists(MARK),
    }


def as_before_0_2():
    """The journal as a release before 0.2 wrote it: without the state."""
    text = read(f"{HOME}/swap.json")
    if text is not None:
        journal = json.loads(text)
        journal.pop("state", None)
        put(f"{HOME}/swap.json", json.dumps(journal))


def expect(what, found, wanted):
    if found != wanted:
        wrong.append([what, {key: [found.get(key), wanted[key]] for key in wanted if found.get(key) != wanted[key]}])


SCENARIOS = {
    # name: (the new one, whether one served before)
    "it serves": ({"version": 2, "image": "b"}, True),
    "it is never ready": ({"fate": "silent"}, True),
    "it migrates the state and is never ready": ({"version": 2, "image": "b", "fate": "silent"}, True),
    "it migrates the state and ends": ({"version": 2, "image": "b", "fate": "ends"}, True),
    "the same image spoils the state": ({"version": 9, "writes": 9, "fate": "silent"}, True),
    "it serves, the first one of all": ({}, False),
    "it is never ready, the first one of all": ({"fate": "silent"}, False),
}
TO = ("to", NAME, NEW, "5")


def walk(name, new, old):
    serves = name.startswith("it serves")
    begin(new, old)
    code, effects = attempt(*TO)
    whole = end()
    if serves != (code == 0) or whole["together"] or whole["journal"] or whole["half"]:
        wrong.append([name, "undisturbed", code, whole, here.said])
    if old and (whole["serves"] != ["2" if serves else "1"] or whole["said"] != "hello"):
        wrong.append([name, "undisturbed", whole])
    for after in range(1, effects + 1):
        at = f"{name}, killed after {after} of {effects}"

        def cut_off(as_before=False, after=after, at=at):
            begin(new, old)
            attempt(*TO, kill_after=after)
            # What another server would find, which has the state and none of the notes.
            found = end()
            if old and not found["half"] and (found["said"] != "hello" or found["format"] is None):
                wrong.append([at, "half a state without a mark", found])
            if as_before:
                as_before_0_2()
        # Every other time by who finds the journal of an earlier release.
        for as_before in (False, True)[: 1 + after % 2]:
            cut_off(as_before)
            attempt(*TO)
            expect(f"{at}, run again", end(), whole)
        for as_before in (False, True)[: 2 - after % 2]:
            cut_off(as_before)
            more = boot()[1]
            booted = end()
            check_booted(f"{at}, booted", booted, new, old)
            attempt(*TO)
            expect(f"{at}, booted and run again", end(), whole)
        if more:
            again = 1 + after * 5 % more
            cut_off(as_before)
            boot(kill_after=again)
            boot()
            expect(f"{at}, booted, killed after {again} of {more}, booted", end(), booted)
    return effects


def check_booted(at, found, new, old):
    """One of the two serves, on a state that it opens; nothing that was said is lost."""
    if found["together"] or found["half"] or len(found["serves"]) > 1 or (old and found["said"] != "hello"):
        wrong.append([at, found])
    spoilt = new.get("writes") == 9 and found["format"] == "9"
    if old and not spoilt and (found["serves"] != [found["named"]] or found["format"] != ("1" if found["named"] == "1" else "2")):
        wrong.append([at, found])
    if old and found["named"] == "2" and new.get("fate") is not None:
        wrong.append([at, "the one that does not serve has the name", found])


def gone():
    """Somebody removes the old one while the new one is tried."""
    begin({"fate": "silent"})
    original = World.start

    def start(self, one):
        original(self, one)
        self.containers = [each for each in self.containers if each["Id"] != OLD]
        self.effect()
    World.start = start
    code, _ = attempt(*TO)
    World.start = original
    return [code, here.said, end()["journal"]]


def stuck():
    """The engine removes no sandbox once the new one has been tried. @returns what is there then, and after the next run"""
    begin({"version": 2, "image": "b", "fate": "silent"})
    original = World.start

    def start(self, one):
        original(self, one)
        self.ends = one["Id"] != NEW
    World.start = start
    code, _ = attempt(*TO)
    World.start = original
    said, found = here.said, end()
    attempt(*TO)
    after = end()
    return [code, said, [found[key] for key in ("format", "journal", "serves")], [after[key] for key in ("format", "serves")]]


def copied():
    """The operator's own command. @returns what it says of a gateway that runs, of one whose sandboxes stay, and of one that
    is down; and whether anything was copied or ended in the first two."""
    common.script = lambda name, work: work()
    answers = []

    def ask(*words, **state):
        sys.argv = ["gateway-state", *words]
        here.world.__dict__.update(state)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                loaded("gateway-state")
            answers.append("")
        except (common.Failed, AssertionError) as failure:
            answers.append(str(failure))
        answers.append([here.world.effects, sorted(os.listdir(BACKUPS)), [each["Id"][0] for each in here.world.containers]])
    begin({})
    os.mkdir(f"{BACKUPS}/kept")
    restore = ("restore", NAME, "a", f"{BACKUPS}/kept")
    for words in (("save", NAME, "a"), (*restore, "aside"), (*restore, "kept")):
        here.world = World()
        ask(*words)
        here.world.stop(here.world.find(NAME))
        here.world.effects = 0
        ask(*words, ends=False)
    ask("save", NAME, "a", ends=True)
    return answers


def main():
    install()
    counts = {name: walk(name, *scenario) for name, scenario in SCENARIOS.items() if name in (ONLY or SCENARIOS)}
    without = gone()
    attempt(*TO)
    backups = sorted(os.listdir(BACKUPS))
    print(json.dumps({"effects": counts, "seen": sorted(seen), "wrong": wrong[:20], "number": len(wrong), "gone": without,
                      "backups": backups, "stuck": stuck(), "copied": copied()}))


main()
