"""What is asked of a gateway's state, or of a copy of it, in a container of its owner's: backup-look says what can be asked.

Usage: from backup_look import look
"""
import json
from typing import Any

from backup_restic import Order, Part, container
from common import Failed

LOOK_SECONDS = 600


def part_of(order: Order, gateway: str) -> Part:
    found = next((part for part in order["parts"] if part["name"] == f"{gateway}/state"), None)
    if found is None:
        raise Failed(f"the order of the backups knows no gateway {gateway}: pulumi up")
    return found


def look(order: Order, gateway: str, question: str, place: str) -> dict[str, Any]:
    """@param place where the state lies; SQLite's readers share memory beside a database, so it can be written to"""
    words = ["--network", "none", "--user", part_of(order, gateway)["owner"], "--tmpfs", "/tmp:rw,nosuid,nodev,size=64m",
             "--volume", f"{place}:/state", "--volume", "/opt/openclaw/bin:/scripts:ro",
             "--entrypoint", "python3", order["python"], "-B", "/scripts/backup-look", question, "/state"]
    done = container("clawkeep-backup-look", words, LOOK_SECONDS)
    if done.returncode != 0:
        raise Failed(f"backup-look {question}: {done.stderr.strip()[-500:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told
