"""What runs of this host's gateways, without asking Docker: by Docker's own files, control groups and the kernel.

Usage: imported by gateway-lease. A Docker that hangs holds up nothing here, and neither does the disk that its files are on.
"""
import contextlib
import json
import os
import re
import signal
import threading
from collections.abc import Callable
from typing import Any

import common
from gateway import is_name

ID = re.compile(r"[0-9a-f]{64}")
OF_GATEWAYS = ("clawkeep.instance-of", "clawkeep.gateway")
# For what Docker has on its disk, which is in memory as a rule.
DISK_SECONDS = 1


def docker_root() -> str:
    try:
        return str(json.loads(common.read("/etc/docker/daemon.json") or "{}").get("data-root", "/var/lib/docker"))
    except (ValueError, AttributeError):
        return "/var/lib/docker"


def containers() -> dict[str, str]:
    """Id -> gateway, of each container of a gateway and each sandbox, as Docker has them on its disk."""
    root, found = f"{docker_root()}/containers", {}
    for name in os.listdir(root):
        try:
            labels = json.loads(common.read(f"{root}/{name}/config.v2.json") or "{}")["Config"]["Labels"] or {}
        except (OSError, ValueError, KeyError, TypeError):
            continue
        owner = next((str(labels[label]) for label in OF_GATEWAYS if label in labels), "")
        if ID.fullmatch(name) and is_name(owner):
            found[name] = owner
    return found


def owner_of(pid: str, known: dict[str, str]) -> str | None:
    """The gateway that a process belongs to, by its control group."""
    try:
        with open(f"/proc/{pid}/cgroup", encoding="utf-8", errors="replace") as stream:
            return next((known[each] for each in ID.findall(stream.read()) if each in known), None)
    except OSError:
        return None


class Beside:
    """Work that may hang in the kernel, as all does that touches a disk: it has a thread of its own and is waited for, for a time."""

    def __init__(self, work: Callable[..., Any], first: Any) -> None:
        self.work, self.last, self.done, self.thread = work, first, False, threading.Thread()

    def __call__(self, patience: float, *words: Any) -> bool:
        """Begins it, unless it is at work from before. @returns whether `last` is what has come of it now"""
        begun = not self.thread.is_alive()
        if begun:
            self.done = False
            self.thread = threading.Thread(target=self.keep, args=words, daemon=True)
            self.thread.start()
        self.thread.join(patience)
        return begun and self.done

    def keep(self, *words: Any) -> None:
        self.last = self.work(*words)
        # Not where it has failed: what was there before is no answer to this question.
        self.done = True


# A disk that hangs keeps no gateway alive: it is found by what was read before.
on_disk = Beside(containers, {})


def known_containers() -> dict[str, str]:
    on_disk(DISK_SECONDS)
    known: dict[str, str] = on_disk.last
    return known


def running() -> dict[str, str]:
    """Process -> gateway."""
    known = known_containers()
    found = {pid: owner_of(pid, known) for pid in filter(str.isdigit, os.listdir("/proc"))} if known else {}
    return {pid: owner for pid, owner in found.items() if owner is not None}


def kill() -> None:
    for pid in running():
        # Its number may have become another's: by this handle it cannot.
        with contextlib.suppress(ProcessLookupError):
            handle = os.pidfd_open(int(pid))
            try:
                if owner_of(pid, on_disk.last) is not None:
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
            finally:
                os.close(handle)
