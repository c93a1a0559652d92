"""Copies of a gateway's state: of one that runs, of one that is down, and back again.

Usage: import copies
Every copy is made by a container with the gateway's uid (Gateway.within), and ends within COPY_SECONDS or has failed. What
a gateway can put into its state to keep it from being copied is left out and named, beside the copy in `….left-out` too.
"""
import contextlib
import os
import re
import time
from collections.abc import Iterator

import common
from common import Failed, docker, inspect, run
from gateway import USER, Gateway, name_of

BACKUPS = "/opt/openclaw/monitoring/backups"
KEPT = 2
# To spare beside what a change needs.
SPARE = 256 << 20
# copy-state.mjs ends by itself two minutes before that, and leaves out what it has not come to.
COPY_SECONDS = 1200
# To empty a state before a copy is put back.
CLEAR_SECONDS = 300
TIME = r"\d{8}T\d{6}Z"


def need_state(gateway: Gateway) -> None:
    """@raises Failed when the gateway's state is not there to be copied"""
    if run("findmnt", "--mountpoint", gateway.state, seconds=20, check=False).returncode != 0:
        raise Failed(f"{gateway.state} is not mounted: findmnt --fstab; systemctl list-units --failed '*.mount'")
    if not os.path.isdir(BACKUPS):
        raise Failed(f"{BACKUPS} is missing: pulumi up")


def see_it_down(gateway: Gateway) -> None:
    """Whoever copies a state for later, or puts one back, has seen before that nothing of the gateway can write it: its
    containers do not run, its filter starts nothing, and its sandboxes are gone.

    @raises Failed when one of that is not so, before anything of the state is touched
    """
    _see_it_stopped(gateway)
    try:
        gateway.end_sandboxes()
    except Failed as failure:
        raise Failed(f"{failure}. Its state was not touched: mend that, then do the same again") from failure
    # It may have been started meanwhile.
    _see_it_stopped(gateway)


def _see_it_stopped(gateway: Gateway) -> None:
    # One without the label was made before there were labels.
    labelled = docker("ps", "--all", "--quiet", "--no-trunc", "--filter", f"label=clawkeep.instance-of={gateway.name}")
    for container in (gateway.name, *labelled.stdout.split()):
        state = inspect(container)
        if state is not None and state["State"]["Running"]:
            raise Failed(f"{name_of(state)} runs, so the state of gateway {gateway.name} was not touched: "
                         f"systemctl stop {gateway.unit}; where it runs all the same: docker stop {container[:12]}")


def need_room(gateway: Gateway, times: int = 2, place: str = "") -> None:
    """For a change: once for the copy of before, once for what a new version that fails has made of it.

    @param place another file system of the gateway's than that of its state
    @raises Failed when there is no room for it so often
    """
    state, backups = os.statvfs(place or gateway.state), os.statvfs(BACKUPS)
    needed = times * (state.f_blocks - state.f_bfree) * state.f_frsize + SPARE
    free = backups.f_bavail * backups.f_frsize
    if free < needed:
        raise Failed(f"{BACKUPS} has {free >> 20} MiB free, a change of gateway {gateway.name} needs {needed >> 20} MiB: "
                     f"its state {times} times, and some to spare. Nothing that runs was touched. Delete what you do not need "
                     "there, or give the host a larger disk, then: pulumi up")


def copy(gateway: Gateway, image: str, helper: str, kind: str, source: str, target: str) -> str:
    """@param kind what copy-state.mjs is told. @returns what it has left out, a line each"""
    # A database can claim any size: no file becomes larger than the file system it comes from.
    state = os.statvfs(source)
    limits = ("--ulimit", f"fsize={state.f_blocks * state.f_frsize + SPARE}") if kind == "live" else ()
    mounts = {source: "/from:ro" if kind == "back" else "/from", target: "/to"}
    return gateway.within(helper, image, "copy-state.mjs", [kind, "/from", "/to"], mounts, COPY_SECONDS, limits).stderr.strip()


def make(gateway: Gateway, image: str, helper: str, kind: str, target: str, place: str = "") -> str:
    """A copy of the state that has the name `target`, or nothing. A power cut leaves a whole one, or none.

    @param place another file system of the gateway's than that of its state
    @returns what was left out
    """
    draft = f"{target}.new"
    _delete(draft)
    try:
        os.mkdir(draft, 0o700)
        os.chown(draft, USER, USER)
        left_out = copy(gateway, image, helper, kind, place or gateway.state, draft)
        common.sync_file_system(draft)
        if left_out:
            common.write(f"{target}.left-out", left_out + "\n", 0o600)
        os.rename(draft, target)
        common.sync_directory(BACKUPS)
    finally:
        _delete(draft)
    return left_out


def fresh(prefix: str) -> str:
    """A path with a time that no copy has yet."""
    while os.path.lexists(path := f"{BACKUPS}/{prefix}-{common.now()}"):
        time.sleep(0.2)
    return path


def save(gateway: Gateway, image: str) -> tuple[str, str]:
    """Of a gateway that is down. @returns path of the copy, empty where there is no state yet, and what was left out"""
    need_state(gateway)
    see_it_down(gateway)
    need_room(gateway, 1)
    target = fresh(f"before-{gateway.name}")
    left_out = make(gateway, image, "state", "still", target)
    if not os.listdir(target):
        os.rmdir(target)
        common.remove(f"{target}.left-out")
        return "", left_out
    prune(gateway, "before")
    return target, left_out


def restore(gateway: Gateway, image: str, source: str, aside: str) -> str:
    """Keeps what is there as `aside`, then puts `source` back. Can be repeated: what is kept already is kept once.

    @returns what was left out of what is kept
    """
    need_state(gateway)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", aside):
        raise Failed(f"{aside!r} is not a name for a copy: letters, digits, dots and dashes")
    if not os.path.isdir(source):
        raise Failed(f"the copy {source} is missing: ls {BACKUPS}")
    left_out = keep(gateway, image, gateway.state, aside)
    prune(gateway, "failed")
    with marked_as_half(gateway):
        put(gateway, image, source, gateway.state)
    return left_out


def keep(gateway: Gateway, image: str, place: str, aside: str) -> str:
    """Of a gateway that is down, a copy of one of its file systems. What is kept already is kept once.

    @returns what was left out
    """
    kept = f"{BACKUPS}/{aside}"
    if os.path.isdir(kept):
        return ""
    see_it_down(gateway)
    need_room(gateway, 1, place)
    return make(gateway, image, "state", "still", kept, place)


@contextlib.contextmanager
def marked_as_half(gateway: Gateway, is_whole_then: bool = True) -> Iterator[None]:
    """Around each `put`, of a gateway that is seen to be down. The mark is on the disk before the first file goes, and goes when the last has come; it stays where
    that fails, or is cut off. The notes that say how to go on lie on the server's own disk, and are lost with it; the state comes
    back with its volume, and so does the mark: without the notes no gateway is started on such a state.

    @param is_whole_then whether what is put there is the whole of a state
    """
    need_state(gateway)
    see_it_down(gateway)
    try:
        os.makedirs(gateway.images, mode=0o700, exist_ok=True)
        common.write(gateway.half, f"{common.now()}\n", 0o600)
    except OSError as error:
        raise Failed(f"{gateway.half} cannot be written, and without it nothing is put in the place of a state: {error.strerror}: "
                     "df /opt/openclaw/volume") from error
    yield
    if is_whole_then:
        common.remove(gateway.half)


def put(gateway: Gateway, image: str, source: str, place: str) -> None:
    """Empties one of a gateway's file systems and puts a copy there. Can be repeated. Within `marked_as_half`."""
    gateway.within("state", image, "clear-state.mjs", ["/to"], {place: "/to"}, CLEAR_SECONDS)
    copy(gateway, image, "state", "back", source, place)
    common.sync_file_system(place)


def snapshot(gateway: Gateway, image: str) -> tuple[str, str]:
    """Of a gateway that runs, so that the copy opens. @returns path of the copy, and what was left out"""
    need_state(gateway)
    target = fresh(gateway.name)
    return target, make(gateway, image, "snapshot", "live", target)


def prune(gateway: Gateway, prefix: str) -> None:
    """Removes all but the newest, whose names sort by their time, and halves that a crash has left."""
    named = re.compile(rf"{prefix}-{re.escape(gateway.name)}-{TIME}")
    names = sorted(os.listdir(BACKUPS))
    for name in [name for name in names if named.fullmatch(name)][:-KEPT]:
        _delete(f"{BACKUPS}/{name}")
        common.remove(f"{BACKUPS}/{name}.left-out")
    for name in names:
        if name.endswith(".new") and named.fullmatch(name.removesuffix(".new")):
            _delete(f"{BACKUPS}/{name}")


def _delete(path: str) -> None:
    """Of what a gateway's uid has written, where it cannot write any more."""
    run("rm", "-rf", "--", path, seconds=300)
