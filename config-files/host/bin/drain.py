"""A gateway that is about to be stopped gets nothing new, and finishes what it has taken.

Usage: import drain

At a SIGTERM OpenClaw answers a message that waits behind a turn with "Gateway is restarting", and forgets it; so it does when it is
asked to begin nothing while it works, and where a turn gets no sandbox (all seen: docs/decisions.md). So its channels are closed
outside it first: the relay withholds updates, which stay at Telegram. Then it is asked, in its own words (gateway.suspend.prepare),
until nothing is at work.
Whoever talks to it by its own page is not held back, and sees that it goes.
"""
import contextlib
import json
import os
import sys
import time

from common import docker
from gateway import Gateway
from visible import visible

# A file of a gateway's name there: the relay withholds its updates, for ten minutes at most (config-files/relay/updates.ts).
WITHHELD = "/opt/openclaw/relay/withheld"
# The relay looks each quarter of a second, and what has come by then is taken.
SETTLE_SECONDS = 1.5
# Work that others keep beginning is not waited for longer than that: from then on the gateway begins nothing.
BUSY_SECONDS = 60
# The `openclaw` command takes two seconds of one CPU, on a slow server five.
ASK_SECONDS = 20
AGAIN_SECONDS = 1


def withhold(gateway: Gateway) -> None:
    """Without bots there is no relay, and no directory."""
    if os.path.isdir(WITHHELD):
        path = f"{WITHHELD}/{gateway.name}"
        with open(path, "w", encoding="utf-8"):
            os.utime(path)


def give_again(gateway: Gateway) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(f"{WITHHELD}/{gateway.name}")


def ask(gateway: Gateway, begins_nothing: bool, seconds: float) -> str:
    """@returns `ready` where nothing is at work and nothing begins any more, `busy` or `draining`, or why none of that is known"""
    order = json.dumps({"requestId": "clawkeep-stop", "terminalPolicy": "terminate", "drain": begins_nothing})
    asked = docker("exec", gateway.name, "openclaw", "gateway", "call", "gateway.suspend.prepare", "--params", order, "--json",
                   seconds=min(ASK_SECONDS, seconds), check=False)
    try:
        status = json.loads(asked.stdout)["status"]
    except (ValueError, KeyError, TypeError):
        return visible((asked.stderr or asked.stdout).strip()[-300:]) or f"it ended with {asked.returncode}"
    return status if status in ("ready", "busy", "draining") else visible(str(status)[:100])


def drain(gateway: Gateway, seconds: float) -> None:
    """Waits until it has finished, for at most that long. Whatever comes of it, the gateway is stopped next: one that is hostile,
    hangs or knows no such order is stopped without."""
    withhold(gateway)
    began = time.monotonic()
    time.sleep(SETTLE_SECONDS)
    while (taken := time.monotonic() - began) < seconds:
        answer = ask(gateway, taken >= BUSY_SECONDS, seconds - taken)
        if answer == "ready":
            return
        if answer not in ("busy", "draining"):
            print(f"{gateway.name} is stopped without having been drained: {answer}", file=sys.stderr, flush=True)
            return
        time.sleep(AGAIN_SECONDS)
    print(f"{gateway.name} is stopped while it works: it has not finished within {seconds:.0f} s", file=sys.stderr, flush=True)
