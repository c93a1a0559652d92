"""Counts the requests that are begun on behalf of a call, so that one that was refused before any costs nothing.

LiteLLM refuses much by itself, after the ledger has booked the worst case and before a provider has heard of it. Its
errors do not say which. So every way out of this process is counted where all of its users pass: the count belongs to the
call in whose context the request is made. A request of nobody's makes every call uncertain that is on its way.
"""
import contextlib
import contextvars
import functools
import http.client
import sys
from collections.abc import Iterator
from typing import Any


class Sends:
    def __init__(self) -> None:
        self.count = 0


nobodys = Sends()
_watched: list[str] = []
"""Ways out of this process that are counted: all of them, or none yet."""
_owner: contextvars.ContextVar[Sends | None] = contextvars.ContextVar("owner", default=None)


@contextlib.contextmanager
def on_behalf_of(sends: Sends) -> Iterator[None]:
    """Requests of this context, and of the tasks that are made in it, are counted there."""
    token = _owner.set(sends)
    try:
        yield
    finally:
        _owner.reset(token)


def counted(sends: Sends) -> tuple[int, int]:
    """@returns what is the same later as long as nothing has been sent that may be this call's"""
    return sends.count, nobodys.count


def count_requests_of(owner: Any, name: str) -> None:
    """Counts each use of a method that sends, before it runs."""
    method = getattr(owner, name, None)
    if method is None:
        sys.exit(f"{owner.__module__}.{owner.__name__} has no {name}: sent.py has to be adapted to this LiteLLM")

    @functools.wraps(method)
    def counting(self: Any, *args: Any, **kwargs: Any) -> Any:
        (_owner.get() or nobodys).count += 1
        return method(self, *args, **kwargs)

    setattr(owner, name, counting)


def nothing_since(sends: Sends, before: tuple[int, int]) -> bool:
    """True when it is certain that no request was begun since counted() said so."""
    return bool(_watched) and counted(sends) == before


def watch() -> None:
    if _watched:
        return
    import aiohttp
    import httpx

    # requests, urllib3 and boto3 are on top of the last one.
    ways: list[tuple[Any, str]] = [
        (httpx.AsyncClient, "send"),
        (httpx.Client, "send"),
        (aiohttp.ClientSession, "_request"),
        (http.client.HTTPConnection, "putrequest"),
    ]
    for owner, name in ways:
        count_requests_of(owner, name)
        _watched.append(name)
