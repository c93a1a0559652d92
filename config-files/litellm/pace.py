"""How fast one gateway may give LiteLLM work, so that the others' calls do not wait for it.

LiteLLM runs on one core and reads every body, and every number of an embedding, one by one. What a call takes of it is
estimated from the request; a gateway that asks for more than its rate waits. A call waits its turn in the order of coming,
and one that would wait too long is refused.
"""
import asyncio
import time
from collections.abc import Callable

from bodies import Answer

BURST = 16 * 1024 * 1024
"""Units of work at once: two of the largest bodies."""
UNITS_A_SECOND = 2 * 1024 * 1024
"""A unit is a byte of the request. A conversation of a million tokens, or one with the largest picture, every four seconds."""
UNITS_OF_A_NUMBER = 24
"""Of an embedding. 7 calls of 1000 texts with 2048 numbers each have kept everybody waiting for 12 s."""
DIMENSIONS = 1536
"""Where the request does not say."""
MOST_WAIT_SECONDS = 30


def work(input_bytes: int, inputs: int, dimensions: int | None) -> int:
    """@param inputs texts that are embedded @param dimensions numbers of each embedding @returns units"""
    return input_bytes + inputs * (dimensions or DIMENSIONS) * UNITS_OF_A_NUMBER


class Pace:
    """One gateway's."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._left, self._at = clock, float(BURST), clock()
        self.embedding = asyncio.Lock()
        """Of calls that embed, one is on its way at a time."""

    def wait_seconds(self, units: int) -> float:
        """Takes so many units. @returns how long to wait before they are used. @throws Answer 429 when that is too long"""
        now = self._clock()
        self._left = min(BURST, self._left + (now - self._at) * UNITS_A_SECOND)
        self._at = now
        wait = max(0.0, (units - self._left) / UNITS_A_SECOND)
        if wait > MOST_WAIT_SECONDS:
            raise Answer(429, "rate_limit", "this gateway's calls are more work than its share", round(wait))
        self._left -= units
        return wait
