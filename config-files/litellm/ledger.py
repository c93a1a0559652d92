"""The ledger: no call leaves before its most expensive outcome is booked.

LiteLLM's own caps are checked before a call and booked after it, so calls side by side all pass. Here every attempt at a
provider (the first, each retry, each fallback) first reserves its worst case, atomically and together, under the cap of
its gateway, of its model, and under its gateway's share of the model's (calls.py has the arithmetic).

An attempt is settled to its real cost when it has ended. One that the provider refused, or for which no request was ever
begun (sent.py), costs nothing; one whose end is not known (timeout, broken connection, an answer that cannot be read, a
caller that hung up, this process killed) counts as its worst case.

The bound: spent + reserved never exceeds a cap, however many calls run side by side, so overspending is 0 as long as no
single call costs more than its worst case. If one did (a provider that bills more than was asked for), the cap is
exceeded by those calls' difference alone, and everything after it is refused until the period ends.

No answer from the store, or a store that is not the one spending was counted in: no call. What a store that does not
answer was asked to book or to settle is made good once it answers again.
"""
import asyncio
import os
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import redis.asyncio
from litellm.integrations.custom_logger import CustomLogger
from redis.backoff import NoBackoff
from redis.asyncio.retry import Retry

import outcome
import sent
import spend_store
from alerts import Alerts
from calls import Attempt, Call, Refused, lost
from spend_limits import CONFIGURATION, STORE_SOCKET, Limits, Model, Scope

STORE_TIMEOUT_SECONDS = 1
BOOK_WITHIN_SECONDS = 3
"""After that the store books nothing for this request; longer than a connection, its script and its answer take."""
RETRY_SECONDS = 5
"""Until what the store has not confirmed is settled again; longer than it may still be booked."""
MOST_UNCONFIRMED = 1000


@dataclass
class Unconfirmed:
    """What the store may or may not have done. An attempt that was not booked for certain is not made, and costs nothing."""

    cost: int | None
    tokens: int | None
    since: float = field(default_factory=time.monotonic)


NO_SHARE: list[Any] = ["", 0, 0, 0]
"""In place of what `bounds_of` gives."""


def bounds_of(share: Scope) -> list[Any]:
    """A share as reserve.lua takes it."""
    return [share.suffix, share.cap, share.requests_per_minute, share.tokens_per_minute]


class Ledger(CustomLogger):
    def __init__(self, limits: Limits, alerts: Alerts):
        super().__init__()
        outcome.send_once()
        sent.watch()
        self._limits, self._alerts = limits, alerts
        self._scopes = {scope.key + scope.suffix: scope for scope in limits.scopes}
        self.calls: dict[str, Call] = {}
        self._unconfirmed: dict[str, Unconfirmed] = {}
        self._making_good: asyncio.Task[None] | None = None
        self._store = redis.asyncio.Redis(
            unix_socket_path=STORE_SOCKET,
            socket_timeout=STORE_TIMEOUT_SECONDS,
            socket_connect_timeout=STORE_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._reserve, self._settle = (self._script(name) for name in ("reserve.lua", "settle.lua"))

    def _script(self, name: str) -> Any:
        with open(os.path.join(CONFIGURATION, name), encoding="utf-8") as stream:
            return self._store.register_script(stream.read())

    async def problem(self) -> str:
        """Why nothing may be spent now; empty when something may."""
        try:
            return spend_store.problem_with(await self._store.get(spend_store.MARKER))
        except (redis.RedisError, OSError, asyncio.TimeoutError):
            return "the spend store does not answer: docker logs openclaw-redis"

    async def recover(self) -> list[dict[str, Any]]:
        """Attempts of a process that died: they count as spent. @returns their records"""
        records = []
        for attempt, entry in (await self._store.hgetall(spend_store.OPEN_ATTEMPTS)).items():
            records.append(lost(attempt.decode(), entry.decode(), self._limits.models_by_id))
            await self._settle(keys=[spend_store.OPEN_ATTEMPTS], args=[attempt, "", ""])
        return records

    # LiteLLM calls this before every attempt, with the deployment it has chosen.
    async def async_pre_call_deployment_hook(self, kwargs: dict[str, Any], call_type: Any) -> None:
        call = self.calls.get(kwargs.get("litellm_call_id", ""))
        model = self._limits.models_by_id.get((kwargs.get("model_info") or {}).get("id", ""))
        if call is None or model is None:
            raise Refused(403, "not_admitted", "a call that nobody has admitted")
        try:
            await self._book(call, model, getattr(call_type, "value", str(call_type)))
        except Refused as refused:
            call.refusal = refused
            raise

    async def _book(self, call: Call, model: Model, call_type: str) -> None:
        if call.attempts and call.attempts[-1].is_carried_out_by(model, call_type):
            call.attempts[-1].call_type = call_type
            return
        if call.gateway is not None and model.name not in call.gateway.models:
            raise Refused(403, "model_access", f"{model.name} is not a model of {call.caller}")
        share = model.scope if call.gateway is None else model.shares.get(call.gateway.name)
        if share is None:
            raise Refused(403, "model_access", f"{call.caller} has no share of {model.name}")
        scopes = [model.scope] if call.gateway is None else [call.gateway.scope, model.scope]
        attempt = Attempt(f"{call.id}/{uuid.uuid4().hex[:8]}", model, call.worst_case(model), 0, call_type)
        attempt.sent_before = sent.counted(call.sends)
        minute = int(time.time() // 60)
        keys = [spend_store.MARKER, spend_store.OPEN_ATTEMPTS]
        # A store that was away must not book later what has been refused by then.
        latest = round((time.time() + BOOK_WITHIN_SECONDS) * 1000)
        args: list[Any] = [spend_store.expected(), attempt.id, attempt.reserved, call.input_bytes // 4, latest]
        for scope in scopes:
            keys += [scope.key, f"{scope.key.replace(':spend:', ':minute:', 1)}:{minute}"]
            args += [scope.cap, scope.period_ms, scope.requests_per_minute, scope.tokens_per_minute]
            args += bounds_of(share) if scope is model.scope and share is not scope else NO_SHARE
        if len(self._unconfirmed) >= MOST_UNCONFIRMED:
            raise Refused(503, "store", "the spend store has not confirmed what it was told")
        # Until there is an answer: a timeout, or a caller that hangs up here, leaves it behind.
        self._unconfirmed[attempt.id] = Unconfirmed(0, 0)
        try:
            answer = await self._reserve(keys=keys, args=args)
        except (redis.RedisError, OSError, asyncio.TimeoutError) as error:
            raise Refused(503, "store", "the spend store does not answer") from error
        finally:
            self._make_good_later()
        if self._unconfirmed.pop(attempt.id, None) is None:
            raise Refused(503, "store", "the spend store has answered too late")
        what = answer[0].decode()
        if what == "late":
            raise Refused(503, "store", "the spend store was asked too long ago")
        if what == "store":
            raise Refused(503, "store", await self.problem() or "the spend store has changed")
        if what != "ok":
            refused_by = share if answer[6] else scopes[answer[1]]
            raise self._refusal(what, refused_by, attempt.reserved, *answer[2:6])
        attempt.booked = attempt.reserved
        call.attempts.append(attempt)

    def _refusal(
        self, what: str, scope: Scope, cost: int, spent: int, reserved: int, resets_in_ms: int, first: int
    ) -> Refused:
        seconds = max(1, -(-resets_in_ms // 1000))
        if what != "cap":
            seconds = 60 - int(time.time()) % 60
            limit = scope.requests_per_minute if what == "requests" else scope.tokens_per_minute
            return Refused(429, "rate_limit", f"{scope.name} has a limit of {limit} {what} a minute", seconds)
        if first:
            self._alerts.send("refusing", scope, spent, resets_in_ms)
        return Refused(
            429,
            "budget",
            f"spending cap: {scope.name} has spent ${spent / 1e9:.4f} and ${reserved / 1e9:.4f} are in flight of "
            f"${scope.budget_usd:g}, and this call may cost ${cost / 1e9:.4f}",
            seconds,
        )

    async def async_post_call_failure_deployment_hook(
        self, request_data: dict[str, Any], exception: BaseException, call_type: Any, fallback_depth: int | None = None
    ) -> None:
        call = self.calls.get(request_data.get("litellm_call_id", ""))
        if call is None or not call.attempts:
            return
        own = [one for one in outcome.chain(exception) if not any(one is earlier for earlier in call.failures)]
        call.failures += own
        # A refusal of ours says nothing about the attempt before it.
        if any(isinstance(one, Refused) for one in own):
            return
        call.attempts[-1].failed = True
        # An earlier failure that was never reported here would be taken for this one's.
        if not all(attempt.failed for attempt in call.attempts):
            return
        if outcome.provider_refused(own) or self._nothing_sent(call):
            await self.settle(call.attempts[-1], 0, 0)

    @staticmethod
    def _nothing_sent(call: Call) -> bool:
        """True when it is certain that no request was begun since the last attempt was booked."""
        return sent.nothing_since(call.sends, call.attempts[-1].sent_before)

    async def async_log_success_event(self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any) -> None:
        call = self.calls.get(kwargs.get("litellm_call_id", ""))
        if call is None or not call.attempts:
            return
        attempt: Attempt = call.attempts[-1]
        summary = kwargs.get("standard_logging_object") or {}
        call.input_tokens = summary.get("prompt_tokens") or 0
        call.output_tokens = summary.get("completion_tokens") or 0
        # Whoever hangs up does not stop the provider's clock: the worst case stays booked.
        if not call.hung_up:
            await self.settle(attempt, self._real_cost(call, attempt, kwargs), call.input_tokens + call.output_tokens)
        call.settled.set()

    @staticmethod
    def _real_cost(call: Call, attempt: Attempt, kwargs: dict[str, Any]) -> int:
        tokens = (call.input_tokens or 0) + (call.output_tokens or 0)
        cost = kwargs.get("response_cost")
        if tokens == 0:
            return attempt.reserved
        listed = (call.input_tokens or 0) * attempt.model.input_price + (call.output_tokens or 0) * attempt.model.output_price
        return round(cost * 1e9) if cost else listed

    async def settle(self, attempt: Attempt, cost: int | None, tokens: int | None) -> None:
        """@param cost nano-dollars; None: the worst case"""
        if not attempt.open:
            return
        attempt.open = False
        attempt.booked = attempt.reserved if cost is None else cost
        self._unconfirmed[attempt.id] = Unconfirmed(cost, tokens)
        try:
            if await self._settle_in_store(attempt.id, cost, tokens):
                self._unconfirmed.pop(attempt.id, None)
        finally:
            self._make_good_later()

    async def _settle_in_store(self, attempt: str, cost: int | None, tokens: int | None) -> bool:
        """@returns false when the store has not confirmed it; doing it again changes nothing"""
        args = [attempt, "" if cost is None else cost, "" if tokens is None else tokens]
        try:
            passed = await self._settle(keys=[spend_store.OPEN_ATTEMPTS], args=args)
        except (redis.RedisError, OSError, asyncio.TimeoutError):
            return False
        for key, percent, spent, _cap, resets_in_ms, suffix in passed:
            scope = self._scopes.get((key + suffix).decode())
            if scope is not None:
                self._alerts.send("at-cap" if percent == 100 else "near-cap", scope, spent, resets_in_ms)
        return True

    def _make_good_later(self) -> None:
        if self._unconfirmed and (self._making_good is None or self._making_good.done()):
            self._making_good = asyncio.get_running_loop().create_task(self._make_good())

    async def _make_good(self) -> None:
        while self._unconfirmed:
            await asyncio.sleep(RETRY_SECONDS)
            due = time.monotonic() - RETRY_SECONDS
            for attempt in [key for key, one in self._unconfirmed.items() if one.since <= due]:
                # Taken out meanwhile: an answer that comes now is too late for its attempt.
                one = self._unconfirmed.pop(attempt, None)
                if one is not None and not await self._settle_in_store(attempt, one.cost, one.tokens):
                    self._unconfirmed[attempt] = one
                    break

    async def conclude(self, call: Call, answered: bool, given_up: bool, grace_seconds: float) -> None:
        """The call is over: waits a little for LiteLLM's own account of it, then books what is open at its worst case.

        @param given_up LiteLLM itself has ended it with an error: it sends nothing more
        """
        if answered and not call.settled.is_set():
            try:
                await asyncio.wait_for(call.settled.wait(), grace_seconds)
            except asyncio.TimeoutError:
                pass
        if given_up and not call.hung_up and call.attempts and self._nothing_sent(call):
            await self.settle(call.attempts[-1], 0, 0)
        for attempt in call.attempts:
            await self.settle(attempt, None, None)
        self.calls.pop(call.id, None)
