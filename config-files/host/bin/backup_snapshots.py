"""Snapshots of the repository: which there are, what one says of itself, and what it holds, brought into a new directory.

Usage: from backup_snapshots import snapshots, choose, bring
"""
import calendar
import functools
import json
import os
import re
import shutil
import stat
import time
from typing import Any, TypedDict

import active_record
import common
from backup_restic import Order, restic
from common import Failed
from gateway import is_name

# Of a gateway, each a file system of its own.
PARTS = ("state", "workspaces")
PLACE = "/var/lib/clawkeep/restore"
RESTORE_SECONDS = 6 * 3600
LIST_SECONDS = 300
# Left free beside what is brought.
SPARE = 512 << 20
# How far a snapshot's time may lie ahead of this host's clock.
AHEAD_SECONDS = 600
# So much newer than the newest of the highest epoch, one of a lower epoch is not passed over without a word.
CLEAR_SECONDS = 86400
# A release of OpenClaw in an image's tag.
RELEASE = re.compile(r":(\d{4})\.(\d{1,2})(?:\.(\d{1,4}))?(?:[^\d.]|$)")


class Snapshot(TypedDict):
    id: str
    time: str
    stack: str
    epoch: int
    gateways: list[str]
    size: int
    # Why nothing takes it that is not told its id; empty where it is as backup-run makes one. Whoever has a host's credentials can
    # add a snapshot that says anything.
    odd: str


def snapshots(order: Order, seconds: float = LIST_SECONDS) -> list[Snapshot]:
    """Those that tell stack and epoch; what a restore takes first: the newest of the highest epoch. Odd ones come last."""
    known = known_epoch()
    told = json.loads(restic(order, ["snapshots", "--json", "--no-lock"], seconds) or "[]") or []
    found = [one for one in (told_by(each, known) for each in told) if one is not None]
    return sorted(found, key=lambda one: (one["odd"] == "", one["epoch"], one["time"]), reverse=True)


@functools.cache
def known_epoch() -> int | None:
    """The recorded one, which no snapshot is above; None where nobody knows, or this host's stack has no other."""
    try:
        record = active_record.current()
    except Failed:
        return None
    return None if record is None else record.epoch


def told_by(listed: dict[str, Any], known: int | None) -> Snapshot | None:
    """What a snapshot says of itself; None where it is no stack's."""
    tags = [tag.split("=", 1) for tag in listed.get("tags") or [] if "=" in tag]
    first = dict(reversed(tags))
    # As active_record reads them.
    if not re.fullmatch(r"[a-z0-9-]{1,40}", first.get("stack", "")) or not re.fullmatch(r"[1-9]\d{0,8}", first.get("epoch", "")):
        return None
    epoch, time_told = int(first["epoch"]), str(listed["time"])
    odd = ""
    if known is not None and epoch > known:
        odd = f"its epoch is above {known}, which is recorded"
    elif not re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", time_told) or time_told[:19] > utc(time.time() + AHEAD_SECONDS):
        odd = "its time has not been yet, by this host's clock"
    size = (listed.get("summary") or {}).get("total_bytes_processed", 0)
    return {"id": listed["id"], "time": time_told, "stack": first["stack"], "epoch": epoch,
            "gateways": [value for name, value in tags if name == "gateway" and is_name(value)], "size": size, "odd": odd}


def utc(seconds: float) -> str:
    """As restic writes a time, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def choose(found: list[Snapshot], wanted: str) -> Snapshot:
    """@param wanted `newest`, or an id's first 8 digits or more"""
    if not re.fullmatch(r"newest|[0-9a-f]{8,64}", wanted):
        raise Failed(f"{wanted} is neither newest nor an id of 8 digits or more")
    if not found:
        raise Failed("there is no snapshot of any stack in the repository")
    if wanted == "newest":
        return newest(found)
    fitting = [one for one in found if one["id"].startswith(wanted)]
    if len(fitting) != 1:
        raise Failed(f"{len(fitting)} snapshots begin with {wanted}: backup-fetch list has their ids")
    return fitting[0]


def newest(found: list[Snapshot]) -> Snapshot:
    """That of the highest epoch. @raises Failed where another is so much newer that the epochs cannot tell which one is meant"""
    if found[0]["odd"]:
        raise Failed(f"no snapshot is as backup-run makes one; the first is {shown(found[0])}: {found[0]['odd']}. To take it: its id")
    later = max((one for one in found if one["odd"] == ""), key=lambda one: one["time"])
    # Where a record says who is the active one, its epoch alone counts.
    if known_epoch() is None and seconds_of(later) - seconds_of(found[0]) > CLEAR_SECONDS:
        raise Failed(f"{shown(found[0])} has the highest epoch, and {shown(later)} is more than a day newer. The first is right where "
                     f"the stack of the second was replaced and went on by itself: say which one, SNAPSHOT={found[0]['id'][:8]} or "
                     f"SNAPSHOT={later['id'][:8]}")
    return found[0]


def seconds_of(snapshot: Snapshot) -> float:
    return float(calendar.timegm(time.strptime(snapshot["time"][:19], "%Y-%m-%dT%H:%M:%S")))


def shown(snapshot: Snapshot) -> str:
    return f"{snapshot['id'][:8]} of stack {snapshot['stack']}, epoch {snapshot['epoch']}, {snapshot['time'][:19]}"


def manifest(order: Order, snapshot: Snapshot) -> dict[str, Any]:
    """What the snapshot says of what has made it; nothing where it has none that can be read."""
    try:
        told = json.loads(restic(order, ["dump", "--no-lock", snapshot["id"], "/backup/manifest.json"], LIST_SECONDS))
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def image_of(told: dict[str, Any], gateway: str) -> str:
    """Image of a gateway, as a manifest names it: {"gateways": {NAME: {"image": REFERENCE}}}; empty where it does not."""
    own = (told.get("gateways") or {}).get(gateway) if isinstance(told.get("gateways"), dict) else None
    return str(own.get("image", "")) if isinstance(own, dict) else ""


def release(reference: str) -> tuple[int, ...] | None:
    """Release of OpenClaw that an image's reference names: `…:2026.9.6@sha256:…` is (2026, 9, 6)."""
    found = RELEASE.search(reference)
    return None if found is None else tuple(int(part or 0) for part in found.groups())


def too_old(here: dict[str, Any], there: dict[str, Any], gateway: str) -> str:
    """Why this host's image of a gateway may not open what a later one has written; empty where nothing says so.

    @param here the host's own manifest. @param there the snapshot's
    """
    own, other = image_of(here, gateway), image_of(there, gateway)
    if own == "" or other == "" or (mine := release(own)) is None or (wanted := release(other)) is None or mine >= wanted:
        return ""
    return (f"{gateway}: the snapshot was made by {other.split('@')[0]}, and this host has the older {own.split('@')[0]}, which may not "
            "open it: set clawkeep:images to that one or a later one, pulumi up, then restore again")


def need_room(size: int, where: str, what: str) -> None:
    """@raises Failed where `size` bytes do not fit"""
    os.makedirs(where, mode=0o700, exist_ok=True)
    room = os.statvfs(where)
    free = room.f_bavail * room.f_frsize
    if free < size + SPARE:
        raise Failed(f"{where} has {free >> 20} MiB free, {what} needs {(size + SPARE) >> 20} MiB: give the host a larger disk, or "
                     f"delete what you do not need in /opt/openclaw/monitoring/backups. Nothing was touched")


def bring(order: Order, taken: Snapshot, name: str, below: str = "") -> str:
    """Restores what lies below a folder of the snapshot. It has its name when it is whole, and on the disk.

    @param name of the new directory, in PLACE. @param below `GATEWAY`, `GATEWAY/state`, `litellm`; empty: all
    @returns its path
    """
    target = os.path.join(PLACE, name)
    if os.path.lexists(target):
        raise Failed(f"{target} is there already: take another name, or remove it")
    need_room(taken["size"], PLACE, f"snapshot {taken['id'][:8]}")
    draft = f"{target}.clawkeep-new"
    shutil.rmtree(draft, ignore_errors=True)
    os.mkdir(draft, 0o700)
    rights = [word for right in ("CHOWN", "FOWNER", "DAC_OVERRIDE") for word in ("--cap-add", right)]
    # No file is larger than all of the snapshot says that it is, whatever a forged one claims.
    limit = ["--ulimit", f"fsize={taken['size'] + SPARE}"]
    try:
        restic(order, ["restore", "--no-lock", "--sparse", f"{taken['id']}:{'/'.join(filter(None, ('/backup', below)))}", "--target", "/target"],
               RESTORE_SECONDS, [*rights, *limit, "--volume", f"{draft}:/target"])
        common.sync_file_system(draft)
    except Failed:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    os.rename(draft, target)
    common.sync_directory(PLACE)
    return target


def folders(path: str) -> list[str]:
    """Names of the folders in what was brought. A link there would have a container read what it points at.

    @raises Failed where there is something else
    """
    names = sorted(os.listdir(path))
    odd = [name for name in names if not stat.S_ISDIR(os.lstat(os.path.join(path, name)).st_mode)]
    if odd:
        raise Failed(f"the snapshot holds {odd[0]!r} where it has folders alone: it was not made by backup-run. Nothing was touched")
    return names


def bring_here(order: Order, taken: Snapshot, gateway: str, name: str) -> tuple[str, list[str]]:
    """What a snapshot holds of a gateway. @param name of the directory that it is brought to, in the place of what has it

    @returns where it lies, and which of PARTS are there
    """
    discard(f"{PLACE}/{name}")
    source = bring(order, taken, name, gateway)
    there = folders(source)
    parts = [part for part in PARTS if part in there]
    if "state" not in parts:
        raise Failed(f"snapshot {taken['id'][:8]} holds no state of {gateway}. Nothing was touched")
    return source, parts


def discard(path: str) -> None:
    """Of what was brought: nobody can write there, and no link is followed."""
    if os.path.realpath(os.path.dirname(path)) == os.path.realpath(PLACE):
        common.run("rm", "-rf", "--", path, seconds=1800)
