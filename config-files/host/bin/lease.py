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
from common import run

UNIT = "clawkeep-lease.service"
WANTED = f"/etc/systemd/system/multi-user.target.wants/{UNIT}"
STATE = "/run/clawkeep/lease.json"
# Its being there asks the guard for a question at once.
ASK = "/run/clawkeep/lease-ask"
# Gateways that the guard has ended, and starts again.
ENDED = "/run/clawkeep/lease-ended.json"
# For the guard's next look and one question.
GUARD_SECONDS = 20


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


def guard(wanted: bool) -> None:
    """The guard runs, by this order and this script, also after a boot; or not."""
    if wanted:
        run("systemctl", "enable", "--quiet", UNIT, seconds=60)
        run("systemctl", "restart", UNIT, seconds=90)
    elif os.path.lexists(WANTED):
        run("systemctl", "disable", "--quiet", "--now", UNIT, seconds=60)
        common.remove(STATE, ASK, ENDED)
