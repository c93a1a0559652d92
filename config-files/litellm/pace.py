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
UNITS_A_SECOND = 1024 * 1024
"""
A unit is a byte of the request, for which LiteLLM takes about 0.15 microseconds (7.8 MB of text: 1.2 s; measured, as the
next two): so a sixth of its core for one gateway. A conversation of a million tokens, or one with the largest picture,
fits in twice at once and then every four to seven seconds.
"""
UNITS_OF_A_PART = 1_500
"""Of a message, a part of one, a tool: about 0.2 milliseconds (7,000 parts: 1.1 s; 5,000 messages: 1.1 s)."""
UNITS_OF_A_NUMBER = 8
"""Of an embedding: about 0.9 microseconds (7 calls of 1,000 texts with 2,048 numbers each: 12 s)."""
DIMENSIONS = 1536
"""Numbers of an embedding, where the request does not say."""
UNITS_OF_A_REQUEST = 5_000
"""Of any, so that refusals and lists of models are no way around: 200 a second."""
MOST_WAIT_SECONDS = 30
MOST_BEGIN_SECONDS = 5


def work(input_bytes: int, parts: int, numbers: int) -> int:
    """@param parts messages, their parts, tools @param numbers that the answer has, of all embeddings @returns units"""
    return input_bytes + parts * UNITS_OF_A_PART + numbers * UNITS_OF_A_NUMBER


class Pace:
    """One gateway's."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._left, self._at = clock, float(BURST), clock()
        self.embedding = asyncio.Lock()
        """Of calls that embed, one is on its way at a time."""

    async def embedding_turn(self) -> None:
        """Waits until no other call of this gateway embeds. Whoever gets the turn releases `embedding`.

        @throws Answer 429 when that takes too long
        """
        try:
            await asyncio.wait_for(self.embedding.acquire(), MOST_WAIT_SECONDS)
        except TimeoutError:
            raise Answer(429, "rate_limit", "this gateway's calls that embed wait for one that takes long", 30) from None

    async def begin(self) -> None:
        """Any request, before its body is read: one of a gateway that has much before it waits, be it refused or not.

        @throws Answer 429 when the calls before this one have to wait too long
        """
        self._refill()
        self._left -= UNITS_OF_A_REQUEST
        waiting = min(MOST_BEGIN_SECONDS, max(0.0, -self._left / UNITS_A_SECOND))
        if waiting:
            await asyncio.sleep(waiting)
            self._refill()
        self._check(0)

    def read(self, size: int) -> None:
        """A body has been read and is about to be parsed, which is work whatever becomes of it."""
        self._left -= size

    def wait_seconds(self, units: int) -> float:
        """Takes so many units. @returns how long to wait before they are used. @throws Answer 429 when that is too long"""
        self._refill()
        wait = self._check(units)
        self._left -= units
        return wait

    def _refill(self) -> None:
        now = self._clock()
        self._left = min(BURST, self._left + (now - self._at) * UNITS_A_SECOND)
        self._at = now

    def _check(self, units: int) -> float:
        wait = max(0.0, (units - self._left) / UNITS_A_SECOND)
        if wait > MOST_WAIT_SECONDS:
            raise Answer(429, "rate_limit", "this gateway's calls are more work than its share", round(wait))
        return wait
