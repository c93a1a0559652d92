"""The door in front of LiteLLM: everything is refused that is not listed here.

LiteLLM leaves dozens of routes open without a key, and takes prices, fallbacks, callbacks and provider addresses from
request bodies and headers. So nothing of a request comes through as it is: its body is made anew by the route's schema
(schemas.py), its headers are ours, and so are those of the answer and the words of an error (answers.py). Keys decide who
calls; the master key counts from inside the container alone (docker exec).
"""
import asyncio
import hmac
import time
from typing import TYPE_CHECKING, Any

import callers
import quiet_logs
import sent
from admission import admit
from answers import refuse, respond
from audit import Audit
from bodies import Answer, Bodies, Headers, Message, Receive, Send, Share, parse, read
from calls import Call
from exchange import Application, Exchange, forwarded, key_of, while_there
from pace import DIMENSIONS, Pace, work
from schemas import CHAT, EMBEDDINGS, MESSAGES
from spend_limits import Gateway, Limits

if TYPE_CHECKING:
    from ledger import Ledger

CALLS = (CHAT, MESSAGES, EMBEDDINGS)
MODELS, LIVE, READY = "/v1/models", "/health/liveliness", "/health/ready"

GRACE_SECONDS = 10
"""How long LiteLLM's own account of a call that was answered is waited for."""


class Operator:
    """Who calls with the master key. No name: a gateway may have any."""


OPERATOR = Operator()


class Gate:
    def __init__(
        self, app: Application, limits: Limits, ledger: "Ledger", audit: Audit, keys: dict[str, str], master_key: str
    ) -> None:
        self._app, self._limits, self._ledger, self._audit = app, limits, ledger, audit
        self._keys, self._master_key = keys, master_key
        self._running: dict[str, int] = {}
        self._bodies = Bodies()
        self._turns = callers.Turns()
        callers.told = self._refused_at
        self._paces = {name: Pace() for name in limits.gateways}
        # The loop itself holds a task only weakly.
        self._concluding: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            try:
                return await self._app(scope, receive, quiet_when_started(send))
            finally:
                self._audit.close()
        if scope["type"] != "http":
            # Before it is accepted, a closed web socket is answered with 403.
            return await send({"type": "websocket.close", "code": 1008})
        try:
            await self._serve(scope, receive, send)
        except Answer as answer:
            await refuse(send, answer)

    async def _serve(self, scope: Message, receive: Receive, send: Send) -> None:
        method, path, headers = scope["method"], scope["path"], dict(scope["headers"])
        address = (scope.get("client") or ("",))[0]
        local = address in callers.LOCAL
        if not local:
            await self._turn(address, len(scope["headers"]))
        if (method, path) == ("GET", LIVE):
            return await respond(send, 200, "I'm alive!")
        if (method, path) == ("GET", READY) and local:
            problem = await self._problem()
            return await respond(send, 503 if problem else 200, {"status": problem or "ready"})
        caller = self._caller(headers, local)
        if caller is None:
            self._refused_at(address, 401, "refused: auth_error")
            raise Answer(401, "auth_error", "invalid key")
        if isinstance(caller, Gateway):
            await self._begin(caller, path)
        if b"transfer-encoding" in headers:
            # Chunks are not parsed (connections.py).
            name = caller.name if isinstance(caller, Gateway) else "(operator)"
            self._record(name, route_of(path), None, 411, "refused: length_required", time.time())
            raise Answer(411, "length_required", "the body has no content-length")
        if method == "POST" and path in CALLS:
            return await self._call(scope, receive, send, caller)
        if (method, path) == ("GET", MODELS):
            # Not LiteLLM's: it would read a body that comes along, to whatever end.
            return await respond(send, 200, self._models(caller))
        if not isinstance(caller, Gateway):
            # From inside the container: LiteLLM's own rules decide. A model call that has not come by _call is refused by the ledger.
            return await self._app(scope, receive, send)
        self._record(caller.name, "(other)", None, 404, "refused: not_found", time.time())
        raise Answer(404, "not_found", "no such route")

    async def _turn(self, address: str, headers: int) -> None:
        try:
            await self._turns.turn(address, headers)
        except Answer as answer:
            self._refused_at(address, answer.status, f"refused: {answer.kind}")
            raise

    def _refused_at(self, address: str, status: int, result: str) -> None:
        """Records what nobody's key is known of; no gateway has a name with brackets."""
        self._record(f"({address})", "(other)", None, status, result, time.time())

    async def _begin(self, gateway: Gateway, path: str) -> None:
        try:
            await self._paces[gateway.name].begin()
        except Answer as answer:
            self._record(gateway.name, route_of(path), None, answer.status, f"refused: {answer.kind}", time.time())
            raise

    def _models(self, caller: Gateway | Operator) -> dict[str, Any]:
        names = [name for name in self._limits.models if not isinstance(caller, Gateway) or name in caller.models]
        data = [{"id": name, "object": "model", "created": 0, "owned_by": "clawkeep"} for name in names]
        return {"object": "list", "data": data}

    def _caller(self, headers: Headers, local: bool) -> Gateway | Operator | None:
        """@returns the gateway, OPERATOR, or None for a key that is nobody's"""
        given = key_of(headers)
        if local and hmac.compare_digest(given, self._master_key.encode()):
            return OPERATOR
        # Every key is compared, so that the time says nothing of which one came near.
        found = [name for name, key in self._keys.items() if hmac.compare_digest(given, key.encode())]
        return self._limits.gateways.get(found[0]) if found else None

    async def _problem(self) -> str:
        if not self._audit.flush():
            return "audit records cannot be written: is the disk full?"
        return await self._ledger.problem()

    async def _call(self, scope: Message, receive: Receive, send: Send, caller: Gateway | Operator) -> None:
        problem = await self._problem()
        if problem:
            raise Answer(503, "not_ready", problem)
        gateway = caller if isinstance(caller, Gateway) else None
        name = "(operator)" if gateway is None else gateway.name
        running = self._running.get(name, 0)
        if gateway is not None and running >= gateway.max_parallel_requests:
            most = gateway.max_parallel_requests
            self._record(name, scope["path"], None, 429, f"refused: {most} calls at a time", time.time())
            raise Answer(429, "rate_limit", f"gateway:{name} has a limit of {most} calls at a time", 1)
        self._running[name] = running + 1
        try:
            with self._bodies.share(name) as share:
                await self._admitted(scope, receive, send, name, gateway, share)
        finally:
            self._running[name] -= 1

    async def _admitted(
        self, scope: Message, receive: Receive, send: Send, name: str, gateway: Gateway | None, share: Share
    ) -> None:
        path, started = scope["path"], time.time()
        pace = Pace() if gateway is None else self._paces[name]
        try:
            call, body, units = await self._admit(scope, receive, name, gateway, share, pace)
            wait = pace.wait_seconds(units)
            # Nothing is sent, and nothing costs, for a caller who has gone.
            there = wait == 0 or await while_there(receive, asyncio.sleep(wait))
            there = there and (call.inputs == 0 or await while_there(receive, pace.embedding_turn()))
        except Answer as answer:
            self._record(name, path, None, answer.status, f"refused: {answer.kind}", started)
            raise
        except Exception as error:  # pylint: disable=broad-except
            # A body that our own reading did not expect is no body that may come through.
            self._record(name, path, None, 400, f"refused: {type(error).__name__}", started)
            raise Answer(400, "invalid_request_error", "the body cannot be read") from None
        if not there:
            return self._record(name, path, None, 499, "broken off", started)
        try:
            await self._exchange(scope, receive, send, call, body)
        finally:
            if call.inputs:
                pace.embedding.release()

    async def _exchange(self, scope: Message, receive: Receive, send: Send, call: Call, body: bytes) -> None:
        self._ledger.calls[call.id] = call
        exchange = Exchange(call, body, receive, send)
        try:
            with sent.on_behalf_of(call.sends):
                await exchange.run(self._app, forwarded(scope, call.id, len(body)))
        finally:
            # Neither the caller nor a cancelled request waits for, or skips, the books.
            task = asyncio.get_running_loop().create_task(self._conclude(call, exchange))
            self._concluding.add(task)
            task.add_done_callback(self._concluding.discard)

    async def _admit(
        self, scope: Message, receive: Receive, name: str, gateway: Gateway | None, share: Share, pace: Pace
    ) -> tuple[Call, bytes, int]:
        """@returns the call, its body made anew, and its units of work that are not counted yet"""
        # In a frame of its own: what the body is made into is given up before LiteLLM makes its own of it.
        raw = await read(receive, dict(scope["headers"]), share)
        size = len(raw)
        pace.read(size)
        body = parse(raw, share)
        del raw
        call, made, dimensions = admit(body, scope["path"], name, gateway, self._limits)
        # The bytes that were read are counted already.
        more = max(0, call.input_bytes - size)
        return call, made, work(more, call.parts, call.inputs * (dimensions or DIMENSIONS))

    async def _conclude(self, call: Call, exchange: Exchange) -> None:
        ok = exchange.status is not None and exchange.status < 400
        await self._ledger.conclude(call, ok, exchange.given_up, GRACE_SECONDS)
        result = "ok" if ok and exchange.complete else "broken off" if ok else "failed"
        if not ok and call.refusal is not None:
            result = f"refused: {call.refusal.kind}"
        self._record(call.caller, call.route, call, exchange.status or 499, result, call.started, exchange.ended)

    def _record(
        self,
        caller: str,
        route: str,
        call: Call | None,
        status: int,
        result: str,
        started: float,
        ended: float | None = None,
    ) -> None:
        attempts = [] if call is None else call.attempts
        self._audit.add(
            {
                "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started)),
                "call": None if call is None else call.id,
                "gateway": caller,
                "route": route,
                "model": None if call is None else call.model.name,
                "answeredBy": attempts[-1].model.name if attempts and result == "ok" else None,
                "attempts": len(attempts),
                "inputTokens": None if call is None else call.input_tokens,
                "outputTokens": None if call is None else call.output_tokens,
                "costUsd": round(sum(attempt.booked for attempt in attempts) / 1e9, 9),
                "status": status,
                "result": result,
                "ms": round(((ended or time.time()) - started) * 1000),
            }
        )


def route_of(path: str) -> str:
    return path if path in CALLS else "(other)"


def quiet_when_started(send: Send) -> Send:
    async def watched(message: Message) -> None:
        if message["type"] == "lifespan.startup.complete":
            quiet_logs.install()
        await send(message)

    return watched
