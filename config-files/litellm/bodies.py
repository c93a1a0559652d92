"""Reads the bodies of requests, within what this process can hold.

A body costs many times its size: as JSON, as LiteLLM's copies of it, as the provider's request. So its size, its parts,
the time it may take, and the bytes of all calls are bounded, each before the memory is taken. There are two rooms. While a
body arrives it costs its own bytes, in a room in which every gateway has its part: to announce a body takes nothing, to
send one slowly takes nothing from others. What has arrived is handed on, and then its copies count, for as long as its
call is on its way. In neither room can one gateway keep out another's largest body.
"""
import asyncio
import contextlib
import itertools
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

# What an ASGI server and its application hand each other.
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = Mapping[bytes, bytes]

MOST_BYTES = 8 * 1024 * 1024
"""OpenClaw sends a picture of at most 5 MiB, 6.7 MiB in base64; a context of a million tokens is about 4 MiB of text."""
MOST_PARTS = 50_000
"""Strings, lists, objects and what commas divide; `[[],[],...` takes 25 times its size, a conversation has some thousands."""
PART_BYTES = 100
"""What a part counts for besides its bytes."""
MOST_BYTES_OF_CALLER = 10 * 1024 * 1024
"""In each of the two rooms: one of the largest bodies with the parts of a long conversation."""
MOST_BYTES_OF_ALL = 18 * 1024 * 1024
"""
Of all calls on their way; LiteLLM makes up to 25 bytes of each. Beside the most of one gateway the largest body of another one
fits in. A part as small as one for each gateway would refuse pictures with three of them.
"""
MOST_BYTES_ARRIVING = 64 * 1024 * 1024
"""Of all bodies that are not whole yet: the most of six gateways."""
BYTES_OF_EACH_CALLER = 1024 * 1024
"""So many has a caller in any case in each room, however much the others have there."""
READ_SECONDS = 30

PART = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{,]', re.DOTALL)
"""Never goes back, so that its time is that of the body's length."""


class Answer(Exception):
    """Ends a request with this answer."""

    def __init__(self, status: int, kind: str, reason: str, retry_after_seconds: int = 0):
        super().__init__(reason)
        self.status, self.kind, self.reason, self.retry_after_seconds = status, kind, reason, retry_after_seconds


def too_large() -> Answer:
    return Answer(413, "invalid_request_error", f"the body is larger than {MOST_BYTES} bytes")


class Room:
    """Bytes that are held at the same time: of one caller at most so many, and of all."""

    def __init__(self, most_of_all: int) -> None:
        self._most_of_all = most_of_all
        self._held: dict[str, int] = {}

    def take(self, caller: str, count: int) -> None:
        """Takes so many bytes more; fewer than none gives them back. @throws Answer 429 when there is no room"""
        of_caller = self._held.get(caller, 0) + count
        full = sum(self._held.values()) + count > self._most_of_all and of_caller > BYTES_OF_EACH_CALLER
        if count > 0 and (of_caller > MOST_BYTES_OF_CALLER or full):
            raise Answer(429, "rate_limit", "the calls on their way are too large for another one", 2)
        self._held[caller] = of_caller


class Share:
    """What one call holds in both rooms."""

    def __init__(self, arriving: Room, on_the_way: Room, caller: str) -> None:
        self._arriving, self._on_the_way, self._caller = arriving, on_the_way, caller
        self._arrived = self._held = 0

    def arrive(self, count: int) -> None:
        """So many bytes more of its body have come, or are refused."""
        self._arriving.take(self._caller, count)
        self._arrived += count

    def hold(self, total: int) -> None:
        """Makes this call's part of what is on its way so many bytes, or refuses; its body is no longer one that arrives."""
        if total > MOST_BYTES_OF_CALLER:
            raise Answer(413, "invalid_request_error", f"the body and its parts are larger than {MOST_BYTES_OF_CALLER} bytes")
        self._on_the_way.take(self._caller, total - self._held)
        self._held = total
        self._arriving.take(self._caller, -self._arrived)
        self._arrived = 0

    def give_back(self) -> None:
        self._arriving.take(self._caller, -self._arrived)
        self._on_the_way.take(self._caller, -self._held)
        self._arrived = self._held = 0


class Bodies:
    def __init__(self) -> None:
        self._arriving, self._on_the_way = Room(MOST_BYTES_ARRIVING), Room(MOST_BYTES_OF_ALL)

    @contextlib.contextmanager
    def share(self, caller: str) -> Iterator[Share]:
        share = Share(self._arriving, self._on_the_way, caller)
        try:
            yield share
        finally:
            share.give_back()


async def read(receive: Receive, headers: Headers, share: Share) -> bytes:
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await _read(receive, headers, share)
    except TimeoutError:
        raise Answer(408, "invalid_request_error", f"the body has not come within {READ_SECONDS} s") from None


async def _read(receive: Receive, headers: Headers, share: Share) -> bytes:
    announced = headers.get(b"content-length", b"0")
    if announced.isdigit() and int(announced) > MOST_BYTES:
        raise too_large()
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Answer(400, "invalid_request_error", "the caller hung up")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > MOST_BYTES:
            raise too_large()
        # Not what is announced: that would hold room for bytes that never come.
        share.arrive(len(chunk))
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)


def _no_constant(name: str) -> None:
    """NaN and Infinity: Python reads them, JSON has none."""
    raise ValueError(name)


def parse(raw: bytes, share: Share) -> dict[str, Any]:
    parts = sum(1 for _ in itertools.islice(PART.finditer(raw), MOST_PARTS + 1))
    if parts > MOST_PARTS:
        raise Answer(413, "invalid_request_error", f"the body has more than {MOST_PARTS} parts")
    share.hold(len(raw) + parts * PART_BYTES)
    try:
        body = json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Answer(400, "invalid_request_error", "the body is not JSON") from None
    if not isinstance(body, dict):
        raise Answer(400, "invalid_request_error", "the body is not an object")
    return body
