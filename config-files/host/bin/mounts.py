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
    unit = run("systemd-escape", "--path", "--suffix=mount", where, seconds=20).stdout.strip()
    os.makedirs(where, exist_ok=True)
    common.write(f"{UNITS}/{unit}", f"""[Unit]
Description={description}
Before=docker.service
[Mount]
What={what}
Where={where}
Type=ext4
Options={','.join(["loop"] * loop + options)}
[Install]
WantedBy=local-fs.target
RequiredBy=docker.service
""")
    run("systemctl", "daemon-reload", seconds=120)
    run("systemctl", "enable", "--quiet", unit, seconds=120)
    common.sync_file_system(UNITS)
    run("systemctl", "start", unit, seconds=DISK_SECONDS)
    device = _found(where, "SOURCE")
    if device is None:
        raise Failed(f"{where} is not mounted: systemctl status {unit}")
    return device


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
