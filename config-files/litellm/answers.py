"""What a gateway gets to see of an answer: its status, a few headers, and of an error what it says.

LiteLLM's headers name keys, hosts and organisations, a provider's come with its cookies; errors hold tracebacks, paths and
the names of other models.
"""
import json
import re
from typing import Any

from bodies import Answer, Message, Send
from calls import Refused

HEADERS = frozenset({b"content-type", b"content-length", b"retry-after"})
MOST_ERROR_BYTES = 64 * 1024
MOST_CHARACTERS = 1000
"""Of an error's words. OpenClaw reads in them that a conversation has become too long."""
NOT_OURS = re.compile(
    r"(?:Traceback \(most recent call last\)|File \"|Received Model Group|Available Model Group|LiteLLM Retried"
    r"|No fallback model group|\bcontext_window_fallbacks=).*",
    re.DOTALL,
)
"""Where LiteLLM begins to tell of itself."""
PATH = re.compile(r"(?<![\w:/])/(?:[\w.@+-]+/)+[\w.@+-]+")
HASH = re.compile(r"\b[0-9a-f]{64}\b")
WORD = re.compile(r"[\w .-]{1,60}")


def headers(given: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in given if name.lower() in HEADERS]


def words(said: Any) -> str:
    """An error's message without what is about this process."""
    if not isinstance(said, str):
        return ""
    shown = HASH.sub("(hash)", PATH.sub("(path)", NOT_OURS.sub("", said[:MOST_ERROR_BYTES])))
    return "".join(one if one.isprintable() or one == "\n" else "?" for one in shown.strip())[:MOST_CHARACTERS]


def error(status: int, body: bytes) -> dict[str, Any]:
    """An error of LiteLLM's or a provider's, made anew."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    found = document.get("error", document) if isinstance(document, dict) else None
    entry = found if isinstance(found, dict) else {"message": found}
    said = words(entry.get("message", entry.get("detail")))
    kind = entry.get("type")
    kind = kind if isinstance(kind, str) and WORD.fullmatch(kind) else "api_error"
    made = {"message": said or f"LiteLLM answers {status}", "type": kind, "param": None, "code": str(status)}
    return {"type": "error", "error": made}


def piece(body: bytes) -> bytes:
    """A piece of a stream; one that is an error is made anew too. LiteLLM hands over one event at a time."""
    if b"error" not in body[:64]:
        return body
    head, _, data = body.partition(b"data: ")
    if not data.startswith((b'{"error"', b'{"type":"error"', b'{"type": "error"')) or head.strip() not in (b"", b"event: error"):
        return body
    return head + b"data: " + json.dumps(error(500, data.strip())).encode() + b"\n\n"


async def respond(send: Send, status: int, body: Any, retry_after_seconds: int = 0) -> None:
    headers = [(b"content-type", b"application/json")]
    if retry_after_seconds:
        headers.append((b"retry-after", str(retry_after_seconds).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


async def refuse(send: Send, answer: Answer | Refused) -> None:
    error = {"message": answer.reason, "type": answer.kind, "param": None, "code": str(answer.status)}
    await respond(send, answer.status, {"type": "error", "error": error}, answer.retry_after_seconds)


class Filter:
    """Between LiteLLM's answer and whoever it is for."""

    def __init__(self) -> None:
        self._failed: int | None = None
        self._after: list[tuple[bytes, bytes]] = []
        self._body = b""

    def messages(self, message: Message) -> list[Message]:
        """@returns what is to be sent for this message of LiteLLM's"""
        if message["type"] == "http.response.start":
            if message["status"] >= 400:
                self._failed, self._after = message["status"], message.get("headers") or []
                return []
            return [{**message, "headers": headers(list(message.get("headers") or []))}]
        if message["type"] != "http.response.body":
            return []
        if self._failed is None:
            return [{**message, "body": piece(message.get("body", b""))}]
        self._body = (self._body + message.get("body", b""))[:MOST_ERROR_BYTES]
        if message.get("more_body"):
            return []
        body = json.dumps(error(self._failed, self._body)).encode()
        retry = [(name, value) for name, value in self._after if name.lower() == b"retry-after"]
        own = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        return [
            {"type": "http.response.start", "status": self._failed, "headers": own + retry},
            {"type": "http.response.body", "body": body},
        ]
