"""Says that a cap is near or reached: in the log, and to a webhook where there is one. Never in a call's way."""
import asyncio
import datetime

import httpx

from spend_limits import NANO, Scope
from quiet_logs import OWN

TRIES = 3
TIMEOUT_SECONDS = 5
MOST_WAITING = 100


class Alerts:
    def __init__(self, url):
        self._url = url
        self._tasks: set = set()

    def send(self, what: str, scope: Scope, spent: int, resets_in_ms: int) -> None:
        """`what`: near-cap (80 %), at-cap (100 %), or refusing (a call no longer fits)."""
        resets = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(milliseconds=max(0, resets_in_ms))
        body = {
            "what": what,
            "which": scope.name,
            "spentUsd": round(spent / NANO, 6),
            "capUsd": scope.budget_usd,
            "resets": resets.isoformat(timespec="seconds"),
        }
        body["text"] = f"{what}: {scope.name} has spent ${body['spentUsd']} of ${scope.budget_usd:g}; resets {body['resets']}"
        OWN.warning(f"{body['text']}")
        if self._url and len(self._tasks) < MOST_WAITING:
            task = asyncio.get_running_loop().create_task(self._post(body))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _post(self, body: dict) -> None:
        for attempt in range(TRIES):
            try:
                async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as client:
                    if (await client.post(self._url, json=body)).is_success:
                        return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(2**attempt)
        # The address may hold a token: it is not printed.
        OWN.warning(f"the alert webhook did not take {body['what']} of {body['which']}")
