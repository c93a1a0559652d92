"""Reads the bodies of requests, within what this process can hold.

A body costs many times its size: as JSON, as LiteLLM's copies of it, as the provider's request. So its size, its parts,
the time it may take, and the bytes of all calls on their way are bounded, each before the memory is taken.
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
MOST_BYTES_OF_ALL = 16 * 1024 * 1024
"""Of all calls on their way, so that one gateway cannot keep the others out. LiteLLM makes up to 25 bytes of each."""
BYTES_OF_EACH_CALLER = 1024 * 1024
"""So many has a caller in any case, however much the others have on their way."""
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


class Share:
    """What one call holds of the bytes that may be on their way."""

    def __init__(self, held: dict[str, int], caller: str) -> None:
        self._held, self._caller, self._bytes = held, caller, 0

    def hold(self, total: int) -> None:
        """Makes this call's part of them at least so many bytes, or refuses."""
        count = total - self._bytes
        if count <= 0:
            return
        of_caller = self._held.get(self._caller, 0)
        full = sum(self._held.values()) + count > MOST_BYTES_OF_ALL and of_caller + count > BYTES_OF_EACH_CALLER
        if of_caller + count > MOST_BYTES_OF_CALLER or full:
            raise Answer(429, "rate_limit", "the calls on their way are too large for another one", 2)
        self._bytes += count
        self._held[self._caller] = of_caller + count

    def give_back(self) -> None:
        self._held[self._caller] = self._held.get(self._caller, 0) - self._bytes
        self._bytes = 0


class Bodies:
    def __init__(self) -> None:
        self._held: dict[str, int] = {}

    @contextlib.contextmanager
    def share(self, caller: str) -> Iterator[Share]:
        share = Share(self._held, caller)
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
    # At once where it is known: of two that do not fit together, one gets through.
    share.hold(int(announced) if announced.isdigit() else 0)
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
        share.hold(size)
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
