"""What is known of an attempt at a provider that has failed, and that an attempt is one request.

LiteLLM answers every failure with a status of its own making: a connection that breaks after the provider has read the
whole request is a 500, an answer that is not JSON a 422. So the status says nothing. What counts is what lies under the
exception: an answer of the provider's, or a connection that was never made.
"""
import sys
from typing import Any, NoReturn

import aiohttp
import httpx

NEVER_CONNECTED = (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError, aiohttp.ConnectionTimeoutError)
"""Name, address, TLS, egress proxy: no byte of the request has left. A reset is a ClientOSError beside these."""
GAVE_UP_WAITING = {408, 504, 524}
"""Somebody in front of the model has stopped waiting for it; the model may have gone on."""


def chain(exception: BaseException | None) -> list[BaseException]:
    """The exception and all that it came of, itself first."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [exception]
    while waiting:
        one = waiting.pop(0)
        if one is not None and not any(one is other for other in found):
            found.append(one)
            waiting += [one.__cause__, one.__context__]
    return found


def provider_refused(failure: list[BaseException]) -> bool:
    """True when it is certain that the provider has not worked: it has answered with an error, or was never reached.

    @param failure chain() of this attempt alone: a retry is made while the failure before it is being handled, and has
    that one in its chain
    """
    broken = [one for one in failure if isinstance(one, httpx.RequestError)]
    if not all(isinstance(one.__cause__, NEVER_CONNECTED) for one in broken):
        return False
    statuses = [one.response.status_code for one in failure if isinstance(one, httpx.HTTPStatusError)]
    if any(status < 400 or status in GAVE_UP_WAITING for status in statuses):
        return False
    return bool(broken or statuses)


def send_once() -> None:
    """LiteLLM's HTTP client sends a request again, under the same reservation, when its connection was reset."""
    from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler

    if not hasattr(AsyncHTTPHandler, "single_connection_post_request"):
        sys.exit("this LiteLLM sends requests again in a way that is not known: outcome.py has to be adapted to it")

    async def not_again(self: object, *_: Any, **__: Any) -> NoReturn:
        # Called while the connection's error is being handled: that one goes on.
        raise sys.exc_info()[1] or RuntimeError("a request is sent once")

    AsyncHTTPHandler.single_connection_post_request = not_again
