"""Connections that say nothing or go on for ever, and too many of one address: what uvicorn itself does not bound."""
import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_OF_AN_ADDRESS = 128
"""A gateway has at most 100 calls at a time (config/gateway-schema.ts)."""
HEAD_SECONDS = 10
MOST_UNREAD_BYTES = 16 * 1024 * 1024
"""Of a body that goes on after its request has been answered; a caller whose body is too large is to see the answer."""

_open: dict[str, int] = {}
"""Address -> connections."""


class Connection(H11Protocol):
    _counted = False
    _head: asyncio.TimerHandle | None = None
    _unread = 0

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._address, self._counted = (self.client or ("",))[0], True
        _open[self._address] = _open.get(self._address, 0) + 1
        if _open[self._address] > MOST_OF_AN_ADDRESS:
            transport.abort()
            return
        self._watch()

    def data_received(self, data: bytes) -> None:
        self._unread = self._unread + len(data) if self._answered_early() else 0
        if self._unread > MOST_UNREAD_BYTES:
            self.transport.abort()
            return
        super().data_received(data)
        self._watch()

    def handle_websocket_upgrade(self, event: Any) -> None:
        # From here on it is another protocol's, which the gate closes.
        self._forget()
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def _answered_early(self) -> bool:
        answered = self.cycle is not None and self.cycle.response_complete
        return answered and self.conn.their_state is h11.SEND_BODY

    def _waits_for_head(self) -> bool:
        return self._counted and (self.cycle is None or self.cycle.response_complete)

    def _watch(self) -> None:
        if not self._waits_for_head():
            self._stop_watching()
        elif self._head is None:
            self._head = self.loop.call_later(HEAD_SECONDS, self._too_late)

    def _too_late(self) -> None:
        self._head = None
        if self._waits_for_head():
            self.transport.close()

    def _stop_watching(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _forget(self) -> None:
        self._stop_watching()
        if self._counted:
            self._counted = False
            _open[self._address] -= 1
