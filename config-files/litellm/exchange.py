"""One admitted request on its way through LiteLLM, and what became of it."""
import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from answers import Filter, refuse
from bodies import Answer, Headers, Message, Receive, Send
from calls import Call
from schemas import MESSAGES

Application = Callable[[Message, Receive, Send], Awaitable[None]]


def forwarded(scope: Message, call_id: str, length: int) -> Message:
    """The request with headers of our own; LiteLLM takes much from headers. Of the caller's there is the key alone."""
    headers = [
        (b"host", b"litellm"),
        (b"authorization", b"Bearer " + key_of(dict(scope["headers"]))),
        (b"content-type", b"application/json"),
        (b"content-length", str(length).encode()),
        (b"x-litellm-call-id", call_id.encode()),
    ]
    if scope["path"] == MESSAGES:
        headers.append((b"anthropic-version", b"2023-06-01"))
    return {**scope, "headers": headers, "query_string": b"", "raw_path": scope["path"].encode()}


def key_of(headers: Headers) -> bytes:
    bearer = headers.get(b"authorization", b"").decode("latin-1").removeprefix("Bearer ").strip()
    return (bearer or headers.get(b"x-api-key", b"").decode("latin-1")).encode()


async def while_there(receive: Receive, turn: Coroutine[Any, Any, object]) -> bool:
    """Waits for a turn, unless the caller, whose body has been read, hangs up before. @returns whether the turn has come"""
    waiting, gone = asyncio.ensure_future(turn), asyncio.ensure_future(hung_up(receive))
    try:
        await asyncio.wait({waiting, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            return False
        waiting.result()
        return True
    finally:
        waiting.cancel()
        gone.cancel()


async def hung_up(receive: Receive) -> None:
    if (await receive())["type"] != "http.disconnect":
        # Nothing else may come behind a body: whatever it is, it says nothing of the caller.
        await asyncio.Event().wait()


class Exchange:
    """One admitted request on its way through LiteLLM, and what became of it."""

    def __init__(self, call: Call, body: bytes, receive: Receive, send: Send) -> None:
        self.body, self._call, self._receive, self._send = body, call, receive, send
        self.status: int | None = None
        self.given_up = False
        self._filter = Filter()
        self.complete, self.ended = False, time.time()
        self._began, self._body_sent = asyncio.Event(), False

    async def run(self, app: Application, scope: Message) -> None:
        task = asyncio.ensure_future(app(scope, self.receive, self.send))
        began = asyncio.ensure_future(self._began.wait())
        try:
            await asyncio.wait({task, began}, timeout=self._call.model.wait_seconds, return_when=asyncio.FIRST_COMPLETED)
            if self.status is None and not task.done():
                # What LiteLLM says from now on comes too late.
                self.status, self.complete = 504, True
                seconds = round(self._call.model.wait_seconds)
                await refuse(self._send, Answer(504, "timeout", f"no provider has answered within {seconds} s"))
                return
            await task
        finally:
            self.ended = time.time()
            task.cancel()
            began.cancel()

    async def receive(self) -> Message:
        if not self._body_sent:
            self._body_sent = True
            body, self.body = self.body, b""
            return {"type": "http.request", "body": body, "more_body": False}
        message = await self._receive()
        if message["type"] == "http.disconnect" and not self.complete:
            self._call.hung_up = True
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self.status is None:
            refusal = self._call.refusal
            self.given_up = message["status"] >= 400
            # What LiteLLM says about our refusal is about its own insides.
            self.status = refusal.status if refusal is not None and self.given_up else message["status"]
            self._began.set()
            if self.given_up and refusal is not None:
                await refuse(self._send, refusal)
                self.complete = True
                return
        if self.complete:
            return
        for one in self._filter.messages(message):
            await self._send(one)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self.complete = True
