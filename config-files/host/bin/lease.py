"""Until when the gateways of this host may run, where its stack has a lease: what the guard has heard last, and how it is asked.

Usage: imported by gateway-lease, which writes, and by active_record, which reads before a gateway starts

Times are seconds of CLOCK_BOOTTIME: it counts what a host was suspended for, and nobody sets it. What lies in /run is gone after
a boot, as that clock's count is.
"""
import json
import os
import time
from typing import TypedDict

import common
from common import Failed, lock, run
from gateway import Gateway

UNIT = "clawkeep-lease.service"
WANTED = f"/etc/systemd/system/multi-user.target.wants/{UNIT}"
STATE = "/run/clawkeep/lease.json"
# Its being there asks the guard for a question at once.
ASK = "/run/clawkeep/lease-ask"
# Gateways that the guard has ended, and starts again.
ENDED = "/run/clawkeep/lease-ended.json"
# For the guard's next look and one question.
GUARD_SECONDS = 20
# For systemd's answer, which it gives at once.
SYSTEMD_SECONDS = 5


class State(TypedDict):
    seconds: int
    # When the question began that was the last one answered with this stack's name; None where there was none, or another stack
    # has been named since.
    begun: float | None
    # Whether another stack is named.
    another: bool
    # When the last question began, and what came of it.
    asked: float
    said: str


def boottime() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def read() -> State | None:
    text = common.read(STATE)
    if text is None:
        return None
    found: State = json.loads(text)
    return found


def write(state: State) -> None:
    os.makedirs(os.path.dirname(STATE), mode=0o700, exist_ok=True)
    common.write(STATE, json.dumps(state), 0o600)


def left(state: State | None) -> float:
    """Seconds for which gateways may run yet; 0 or less: none may."""
    if state is None or state["begun"] is None:
        return 0
    return state["begun"] + state["seconds"] - boottime()


def confirmed(patience: float = GUARD_SECONDS) -> bool:
    """Asks the guard for a question where it has none that counts. @returns whether gateways may run"""
    deadline = time.monotonic() + patience
    while left(read()) <= 0:
        if time.monotonic() >= deadline:
            return False
        os.makedirs(os.path.dirname(ASK), mode=0o700, exist_ok=True)
        with open(ASK, "w", encoding="ascii"):
            pass
        time.sleep(0.2)
    return True


def ended() -> list[str]:
    """Names of the gateways that the guard has ended, and nobody has started again."""
    return [str(name) for name in json.loads(common.read(ENDED) or "[]")]


def write_ended(names: set[str]) -> None:
    if not names:
        common.remove(ENDED)
        return
    os.makedirs(os.path.dirname(ENDED), mode=0o700, exist_ok=True)
    common.write(ENDED, json.dumps(sorted(names)), 0o600)


def starts_again(name: str) -> bool:
    """Starts a gateway that the guard has ended, where this host is to run it still. @returns whether nothing is left to do"""
    gateway = Gateway(name)
    if gateway.role != "active":
        return True
    held = lock(f"{gateway.home}/swap.lock", 0)
    if held is None:
        # A restore or a swap is at work on its state. Such a unit would start, and leave that to the one who has the lock.
        return False
    try:
        enabled = run("systemctl", "is-enabled", gateway.unit, seconds=SYSTEMD_SECONDS, check=False).stdout.strip()
        if enabled != "enabled":
            # Somebody has switched it off; or systemd does not say.
            return enabled == "disabled"
        return run("systemctl", "start", "--no-block", gateway.unit, seconds=SYSTEMD_SECONDS, check=False).returncode == 0
    finally:
        # Before the unit is as far as to look into what a swap that was cut off has left.
        os.close(held)


def guard(wanted: bool) -> None:
    """The guard runs, by this order and this script, also after a boot; or not, and what it has ended runs again.

    @raises Failed where one does not
    """
    if wanted:
        run("systemctl", "enable", "--quiet", UNIT, seconds=60)
        run("systemctl", "restart", UNIT, seconds=90)
        return
    if os.path.lexists(WANTED):
        run("systemctl", "disable", "--quiet", "--now", UNIT, seconds=60)
        common.remove(STATE, ASK)
    if left := [name for name in ended() if not starts_again(name)]:
        raise Failed(f"no lease holds any more, and what it has ended did not start again: systemctl start "
                     f"{' '.join(Gateway(name).unit for name in left)}")
    common.remove(ENDED)
