"""Says that a cap is near or reached: in the log, and to a webhook where there is one. Never in a call's way."""
import asyncio
import datetime
from typing import Any

import httpx

from spend_limits import NANO, Scope
from quiet_logs import OWN

TRIES = 3
TIMEOUT_SECONDS = 5
MOST_WAITING = 100


NEXT = {
    "near-cap": "at the cap its calls are refused until then; to be spared that, raise {setting} and run pulumi up",
    "at-cap": "its calls are refused until then; to go on sooner, raise {setting} and run pulumi up",
    "refusing": "a call no longer fitted under the cap; to go on before the reset, raise {setting} and run pulumi up",
}
"""What comes next, and what to do about it."""


class Alerts:
    def __init__(self, url: str | None) -> None:
        self._url = url
        # Once: reading the certificates takes a while, and all calls would wait for it. The proxy is the environment's.
        self._client = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False) if url else None
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, what: str, scope: Scope, spent: int, resets_in_ms: int) -> None:
        """`what`: near-cap (80 %), at-cap (100 %), or refusing (a call no longer fits)."""
        body = message(what, scope, spent, resets_in_ms)
        OWN.warning(f"{body['text']}")
        if self._client is not None and len(self._tasks) < MOST_WAITING:
            task = asyncio.get_running_loop().create_task(self._post(self._client, body))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _post(self, client: httpx.AsyncClient, body: dict[str, Any]) -> None:
        problem = ""
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(2 ** (attempt - 1))
            problem = await self._try(client, body)
            if not problem:
                return
        # The address may hold a token: neither it nor an error's own words are printed.
        OWN.warning(f"the alert webhook did not take {body['what']} of {body['which']}: {problem}")

    async def _try(self, client: httpx.AsyncClient, body: dict[str, Any]) -> str:
        """@returns what went wrong, or nothing"""
        try:
            # In all, and without the answer's body: one that never ends would otherwise be read.
            async with asyncio.timeout(TIMEOUT_SECONDS), client.stream("POST", self._url, json=body) as response:
                return "" if response.is_success else f"it answered {response.status_code}"
        except Exception as error:  # pylint: disable=broad-except
            return type(error).__name__


def message(what: str, scope: Scope, spent: int, resets_in_ms: int) -> dict[str, Any]:
    """The webhook's body; `text` is what a person reads."""
    resets = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(milliseconds=max(0, resets_in_ms))
    body = {
        "what": what,
        "which": scope.name,
        "spentUsd": round(spent / NANO, 6),
        "capUsd": scope.budget_usd,
        "resets": resets.isoformat(timespec="seconds"),
    }
    advice = NEXT[what].format(setting=scope.setting)
    body["text"] = (
        f"{what}: {scope.name} has spent ${body['spentUsd']} of ${scope.budget_usd:g} ({spent * 100 // max(1, scope.cap)} %); "
        f"resets {body['resets']}. Next: {advice}"
    )
    return body
