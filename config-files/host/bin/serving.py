"""The container that has a gateway's name: started by its unit, and waited for until it serves.

Usage: import serving
"""
import sys
import time

from common import Failed, inspect, run
from gateway import NEVER, Gateway, answers, existing

# One that has been started this often while it is waited for ends by itself again and again.
STARTS = 4


def ready(gateway: Gateway) -> bool:
    return answers(gateway.name, "readyz")


def start(gateway: Gateway, image: str) -> None:
    moved = gateway.make_places(image)
    if moved:
        print(moved, file=sys.stderr)
    run("systemctl", "enable", "--quiet", gateway.unit, seconds=60)
    # It may still be waiting out its restart pause for the container that had the name before.
    run("systemctl", "restart", "--no-block", gateway.unit, seconds=60)


def started_at(gateway: Gateway) -> str | None:
    """When it was started last."""
    holder = inspect(gateway.name)
    return None if holder is None else holder["State"].get("StartedAt")


def wait_until_ready(gateway: Gateway, timeout: float) -> None:
    """@raises Failed when it is not ready after `timeout` seconds, or ends by itself before"""
    starts: set[str | None] = set()
    deadline = time.monotonic() + timeout
    before = started_at(gateway)
    while time.monotonic() < deadline:
        if ready(gateway):
            return
        started = started_at(gateway)
        if started != before:
            starts.add(started)
        if len(starts) >= STARTS:
            raise Failed("it ends by itself again and again")
        time.sleep(0.5)
    if started_at(gateway) == NEVER:
        words = ("journalctl", "--no-pager", "-u", gateway.unit, "-n", "3", "-o", "cat")
        said = run(*words, seconds=20, check=False).stdout
        raise Failed(f"it has not been started within {timeout:g} s; systemd says: {said.strip()}")
    raise Failed(f"it is not ready after {timeout:g} s")


def see_it_serve(gateway: Gateway, timeout: float) -> None:
    """For the one that has the name already; it is not disturbed if it is well."""
    run("systemctl", "enable", "--quiet", gateway.unit, seconds=60)
    active = run("systemctl", "is-active", gateway.unit, seconds=20, check=False).returncode == 0
    if not active or not ready(gateway):
        start(gateway, existing(gateway.name)["Image"])
        wait_until_ready(gateway, timeout)
