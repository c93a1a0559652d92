"""File systems of the host that are mounted at every boot, before Docker starts.

Usage: import mounts
"""
import os

import common
from common import Failed, run

UNITS = "/etc/systemd/system"
# A disk that has to be read, or grown, whole.
DISK_SECONDS = 600


def mount(what: str, where: str, options: list[str], description: str, loop: bool = False) -> str:
    """Mounts an ext4 file system now and at every boot, and reads back how.

    @returns the device that is mounted. @raises Failed where it is not, or without one of the options
    """
    unit = _install(what, where, "ext4", ["loop"] * loop + options, description)
    run("systemctl", "start", unit, seconds=DISK_SECONDS)
    device = _found(where, "SOURCE")
    if device is None:
        raise Failed(f"{where} is not mounted: systemctl status {unit}")
    return device


def mount_as(what: str, where: str, owner: tuple[int, int], options: list[str], description: str) -> None:
    """Shows what is mounted at `what` a second time, now and at every boot: what belongs to the first of `owner` there, user
    and group, is the second's here, and nobody else's files are anybody's. Nothing on the disk changes.

    @raises Failed where it is not mounted so
    """
    before, after = owner
    unit = _install(what, where, "none", ["bind", *options, f"X-mount.idmap=b:{before}:{after}:1"], description)
    # One for another owner. A container that runs keeps the mount that it has.
    if _found(where, "SOURCE") is not None and os.stat(where).st_uid != after:
        run("systemctl", "stop", unit, seconds=120)
    run("systemctl", "start", unit, seconds=120)
    found = os.stat(where)
    if (found.st_uid, found.st_gid) != (after, after):
        raise Failed(f"{where} belongs to {found.st_uid}:{found.st_gid}, not to {after}: mounts that map owners need Linux 5.12 "
                     f"and util-linux 2.39 (uname -r; mount --version; systemctl status {unit})")
    check_options(where, options)


def _install(what: str, where: str, kind: str, options: list[str], description: str) -> str:
    """@returns the name of the unit, which is enabled and not started"""
    unit = run("systemd-escape", "--path", "--suffix=mount", where, seconds=20).stdout.strip()
    os.makedirs(where, exist_ok=True)
    common.write(f"{UNITS}/{unit}", f"""[Unit]
Description={description}
Before=docker.service
[Mount]
What={what}
Where={where}
Type={kind}
Options={','.join(options)}
[Install]
WantedBy=local-fs.target
RequiredBy=docker.service
""")
    run("systemctl", "daemon-reload", seconds=120)
    run("systemctl", "enable", "--quiet", unit, seconds=120)
    common.sync_file_system(UNITS)
    return unit


def check_options(where: str, options: list[str]) -> None:
    found = _found(where, "OPTIONS") or "nothing"
    for option in options:
        if option not in found.split(","):
            raise Failed(f"{where} is mounted without {option}: {found}: pulumi up; systemctl restart its mount unit")


def device_numbers(where: str) -> str | None:
    """`major:minor` of what is mounted there, None where nothing is."""
    return _found(where, "MAJ:MIN")


def _found(where: str, column: str) -> str | None:
    result = run("findmnt", "-no", column, "--mountpoint", where, seconds=20, check=False)
    return result.stdout.strip() if result.returncode == 0 else None
