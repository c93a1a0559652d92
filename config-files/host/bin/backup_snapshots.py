"""Snapshots of the repository: which there are, what one says of itself, and what it holds, brought into a new directory.

Usage: from backup_snapshots import snapshots, choose, bring
"""
import json
import os
import re
import shutil
import stat
from typing import Any, TypedDict

import common
from backup_restic import Order, restic
from common import Failed

# Of a gateway, each a file system of its own.
PARTS = ("state", "workspaces")
PLACE = "/var/lib/clawkeep/restore"
RESTORE_SECONDS = 6 * 3600
LIST_SECONDS = 300
# Left free beside what is brought.
SPARE = 512 << 20
# A release of OpenClaw in an image's tag.
RELEASE = re.compile(r":(\d{4})\.(\d{1,2})(?:\.(\d{1,4}))?(?:[^\d.]|$)")


class Snapshot(TypedDict):
    id: str
    time: str
    stack: str
    epoch: int
    gateways: list[str]
    size: int


def snapshots(order: Order, seconds: float = LIST_SECONDS) -> list[Snapshot]:
    """Those that tell stack and epoch; what a restore takes first: the newest of the highest epoch."""
    found: list[Snapshot] = []
    for each in json.loads(restic(order, ["snapshots", "--json", "--no-lock"], seconds) or "[]") or []:
        tags = [tag.split("=", 1) for tag in each.get("tags") or [] if "=" in tag]
        known = dict(tags)
        if "stack" not in known or not known.get("epoch", "").isdecimal():
            continue
        found.append({
            "id": each["id"], "time": each["time"], "stack": known["stack"], "epoch": int(known["epoch"]),
            "gateways": [value for name, value in tags if name == "gateway"],
            "size": (each.get("summary") or {}).get("total_bytes_processed", 0),
        })
    return sorted(found, key=lambda one: (one["epoch"], one["time"]), reverse=True)


def choose(found: list[Snapshot], wanted: str) -> Snapshot:
    """@param wanted `newest`, or an id's first 8 digits or more"""
    if not re.fullmatch(r"newest|[0-9a-f]{8,64}", wanted):
        raise Failed(f"{wanted} is neither newest nor an id of 8 digits or more")
    if not found:
        raise Failed("there is no snapshot of any stack in the repository")
    if wanted == "newest":
        return found[0]
    fitting = [one for one in found if one["id"].startswith(wanted)]
    if len(fitting) != 1:
        raise Failed(f"{len(fitting)} snapshots begin with {wanted}: backup-fetch list has their ids")
    return fitting[0]


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
