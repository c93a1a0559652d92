"""What uvicorn itself does not bound of a connection, so that none costs the others more than so much.

uvicorn parses in Python, piece by piece as it comes: chunks of one byte, bytes that drip, headers by the thousand. So what
an address may make this process read has a rate, no chunk is ever parsed (the gate answers 411: OpenClaw says a body's
length), a head has a most in lines, a connection one request at a time, and what comes after a refusal is thrown away
unparsed. Nor does a caller who does not read its answer keep what is held for it.
"""
import asyncio
import logging
from typing import Any

import callers
import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_OF_AN_ADDRESS = 128
"""A gateway has at most 100 calls at a time (config/gateway-schema.ts)."""
HEAD_SECONDS = 10
MOST_HEAD_BYTES = 8 * 1024
MOST_HEAD_LINES = 100
PIECE_BYTES = 2 * 1024
"""Of a head are parsed at a time, so that one that comes all at once has a most too."""
MOST_UNREAD_BYTES = 16 * 1024 * 1024
UNREAD_SECONDS = 5
"""Of a body that goes on after its request has been answered; a caller whose body is too large is to see the answer."""
WRITE_SECONDS = 60
"""How long the caller may leave what is written to it, all in all, during one answer."""
READS_AT_ONCE = 2000
READS_A_SECOND = 1000
"""Of all connections of an address; each takes some 30 microseconds. The largest body is 550 of them."""
BYTES_OF_A_READ = 16 * 1024
READS_OF_A_CONNECTION = 5
"""What a new connection counts for."""
MOST_PAUSE_SECONDS = 1

# Past uvicorn's own: it has a line for each request that is none.
LOGGER = logging.getLogger("uvicorn.error.connections")
LOGGER.setLevel(logging.ERROR)

_open: dict[str, int] = {}
"""Address -> connections."""
_reads: dict[str, callers.Budget] = {}


class Reader(h11.Connection):
    """Parses no chunk: to whom it may belong, and what is in it, the gate has no need to know."""

    chunked = False

    def next_event(self) -> Any:
        if self.chunked:
            return h11.NEED_DATA
        event = super().next_event()
        if isinstance(event, h11.Request):
            self.chunked = any(name == b"transfer-encoding" for name, _ in event.headers)
        return event


class Connection(H11Protocol):
    _address, _counted, _reading = "", False, callers.Budget(float("inf"), 1)
    _head: asyncio.TimerHandle | None = None
    _paused: asyncio.TimerHandle | None = None
    _slow: asyncio.TimerHandle | None = None
    _ends: asyncio.TimerHandle | None = None
    _unread = _lines = 0
    _waited = _stuck_at = 0.0

    conn: Reader

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn = Reader(h11.SERVER, MOST_HEAD_BYTES)
        self.logger = LOGGER

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._address, self._counted = (self.client or ("",))[0], True
        _open[self._address] = _open.get(self._address, 0) + 1
        if _open[self._address] > MOST_OF_AN_ADDRESS:
            callers.told(self._address, 429, "refused: too many connections")
            transport.abort()
            return
        if self._address not in callers.LOCAL:
            self._reading = _reads.setdefault(self._address, callers.Budget(READS_AT_ONCE, READS_A_SECOND))
        self._pace(READS_OF_A_CONNECTION)
        self._watch()

    def data_received(self, data: bytes) -> None:
        if self._ends is not None or self.conn.chunked:
            self._unread += len(data)
            if self._unread > MOST_UNREAD_BYTES:
                self.transport.abort()
        else:
            self._parse(data)
            self._watch()
        self._pace(1 + len(data) / BYTES_OF_A_READ)

    def _parse(self, data: bytes) -> None:
        while data and not self.conn.chunked and not self.transport.is_closing():
            if self.conn.their_state is h11.IDLE:
                piece, data = data[:PIECE_BYTES], data[PIECE_BYTES:]
                self._lines += piece.partition(b"\r\n\r\n")[0].count(b"\n")
                if self._lines > MOST_HEAD_LINES:
                    self.send_400_response("The head has too many lines.")
                    return
            else:
                piece, data = data, b""
            if self._has_whole_request():
                self._pipelined()
                return
            super().data_received(piece)
            if self.conn.their_state is not h11.IDLE:
                self._lines = 0
        if self._has_whole_request() and self.conn.trailing_data[0]:
            self._pipelined()

    def _has_whole_request(self) -> bool:
        return self.conn.their_state in (h11.DONE, h11.MUST_CLOSE, h11.MIGHT_SWITCH_PROTOCOL)

    def _pipelined(self) -> None:
        # Its head would be parsed from all that has come, and an answer be taken for the first one's.
        callers.told(self._address, 400, "refused: one request at a time")
        self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        callers.told(self._address, 400, "refused: not a request that HTTP allows")
        super().send_400_response(msg)

    def _should_upgrade(self) -> bool:
        # A request like any other: another protocol's connection would be bounded by nothing of this.
        return False

    def on_response_complete(self) -> None:
        self._waited = 0.0
        super().on_response_complete()
        if self.transport.is_closing():
            self._expect_reading()
        elif self.conn.their_state in (h11.SEND_BODY, h11.ERROR):
            self.transport.write_eof()
            self._ends = self.loop.call_later(UNREAD_SECONDS, self.transport.abort)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stuck_at = self.loop.time()
        self._expect_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._waited += self.loop.time() - self._stuck_at
        cancel(self._slow)
        self._slow = None

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._expect_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def _expect_reading(self) -> None:
        if self._slow is None:
            self._slow = self.loop.call_later(max(0.0, WRITE_SECONDS - self._waited), self.transport.abort)

    def _pace(self, cost: float) -> None:
        wait = self._reading.take(cost)
        if wait > 0 and self._paused is None and not self.transport.is_closing():
            self.transport.pause_reading()
            self._paused = self.loop.call_later(min(wait, MOST_PAUSE_SECONDS), self._read_on)

    def _read_on(self) -> None:
        self._paused = None
        # Where uvicorn has had enough as well, it is uvicorn that goes on.
        if not self.transport.is_closing() and not self.flow.read_paused:
            self.transport.resume_reading()

    def _waits_for_head(self) -> bool:
        return self._counted and (self.cycle is None or self.cycle.response_complete)

    def _watch(self) -> None:
        if not self._waits_for_head():
            cancel(self._head)
            self._head = None
        elif self._head is None:
            self._head = self.loop.call_later(HEAD_SECONDS, self._too_late)

    def _too_late(self) -> None:
        self._head = None
        if self._waits_for_head():
            self.transport.abort()

    def _forget(self) -> None:
        for handle in (self._head, self._paused, self._slow, self._ends):
            cancel(handle)
        if self._counted:
            self._counted = False
            _open[self._address] -= 1


def cancel(handle: asyncio.TimerHandle | None) -> None:
    if handle is not None:
        handle.cancel()
