"""What one address may take of this process before its key has said whose it is, and who is told what was refused there.

Containers have fixed addresses, and none can take another's. Whoever is inside this container is not held to anything.
"""
import asyncio
import time
from collections.abc import Callable

from bodies import Answer

LOCAL = ("127.0.0.1", "::1")
REQUESTS_AT_ONCE = 1000
REQUESTS_A_SECOND = 400
"""Of any kind: twice what a gateway's calls may be (pace.py). One that is refused takes about a quarter of a millisecond."""
HEADERS_OF_A_REQUEST = 50
"""Headers that cost as much to read as the rest of a request; OpenClaw sends some twenty."""
MOST_TURN_SECONDS = 5
MOST_DEBT_SECONDS = 60



def nobody(address: str, status: int, result: str) -> None:
    pass


told: Callable[[str, int, str], None] = nobody
"""Is told what was refused before there was a request: the gate's records, once there is a gate."""


class Budget:
    """So much at once, and then so much a second."""

    def __init__(self, at_once: float, a_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._rate, self._clock = at_once, a_second, clock
        self._left, self._at = at_once, clock()

    def take(self, cost: float) -> float:
        """Takes it, be it there or not; at most a minute is owed. @returns seconds until it is there"""
        now = self._clock()
        left = min(self._most, self._left + (now - self._at) * self._rate) - cost
        self._left, self._at = max(left, -MOST_DEBT_SECONDS * self._rate), now
        return max(0.0, -self._left / self._rate)


class Turns:
    """Of requests, by address. There are as many addresses as containers."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._budgets: dict[str, Budget] = {}

    async def turn(self, address: str, headers: int) -> None:
        """Any request, before anything else of it is looked at.

        @throws Answer 429 after a wait, so that to be refused is no faster
        """
        budget = self._budgets.setdefault(address, Budget(REQUESTS_AT_ONCE, REQUESTS_A_SECOND, self._clock))
        wait = budget.take(1 + headers / HEADERS_OF_A_REQUEST)
        if wait > 0:
            await asyncio.sleep(min(wait, MOST_TURN_SECONDS))
        if wait > MOST_TURN_SECONDS:
            raise Answer(429, "rate_limit", "this address sends more requests than its share", round(wait))
