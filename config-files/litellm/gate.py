"""The door in front of LiteLLM: everything is refused that is not listed here.

LiteLLM leaves dozens of routes open without a key, and takes prices, fallbacks, callbacks and provider addresses from
request bodies and headers. So only the routes, headers and body keys that a gateway needs come through. Keys decide who
calls; the master key counts from inside the container alone (docker exec).
"""
import asyncio
import hmac
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import quiet_logs
from audit import Audit
from bodies import Answer, Bodies, Headers, Message, Receive, Send, Share, parse, read
from ledger import Call, Ledger, Refused
from spend_limits import Gateway, Limits

Application = Callable[[Message, Receive, Send], Awaitable[None]]

CHAT, MESSAGES, EMBEDDINGS = "/v1/chat/completions", "/v1/messages", "/v1/embeddings"
MODELS, LIVE, READY = "/v1/models", "/health/liveliness", "/health/ready"

COMMON = {"model", "max_tokens", "stream", "temperature", "top_p", "tools", "tool_choice", "messages", "thinking"}
BODY_KEYS = {
    CHAT: COMMON
    | {"max_completion_tokens", "stream_options", "stop", "parallel_tool_calls", "response_format", "seed"}
    | {"reasoning_effort", "presence_penalty", "frequency_penalty", "verbosity"},
    MESSAGES: COMMON | {"system", "top_k", "stop_sequences"},
    EMBEDDINGS: {"model", "input", "dimensions", "encoding_format"},
}
"""What comes through of a body; the rest is dropped. `n`, prices, fallbacks, addresses and server-side tools are not in it."""
TEXT_PARTS = {"text", "tool_use", "tool_result", "thinking", "redacted_thinking", "refusal"}
FUNCTION_TOOLS = {None, "function", "custom"}

OPERATOR_OUTPUT_TOKENS = 1024
GRACE_SECONDS = 10
"""How long LiteLLM's own account of a call that was answered is waited for."""


class Operator:
    """Who calls with the master key. No name: a gateway may have any."""


OPERATOR = Operator()


async def _respond(send: Send, status: int, body: Any, retry_after_seconds: int = 0) -> None:
    headers = [(b"content-type", b"application/json")]
    if retry_after_seconds:
        headers.append((b"retry-after", str(retry_after_seconds).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


async def _refuse(send: Send, answer: Answer | Refused) -> None:
    error = {"message": answer.reason, "type": answer.kind, "param": None, "code": str(answer.status)}
    await _respond(send, answer.status, {"type": "error", "error": error}, answer.retry_after_seconds)


class Gate:
    def __init__(
        self, app: Application, limits: Limits, ledger: Ledger, audit: Audit, keys: dict[str, str], master_key: str
    ) -> None:
        self._app, self._limits, self._ledger, self._audit = app, limits, ledger, audit
        self._keys, self._master_key = keys, master_key
        self._running: dict[str, int] = {}
        self._bodies = Bodies()
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
            await _refuse(send, answer)

    async def _serve(self, scope: Message, receive: Receive, send: Send) -> None:
        method, path = scope["method"], scope["path"]
        local = (scope.get("client") or ("",))[0] in ("127.0.0.1", "::1")
        if (method, path) == ("GET", LIVE):
            return await _respond(send, 200, "I'm alive!")
        if (method, path) == ("GET", READY) and local:
            problem = await self._problem()
            return await _respond(send, 503 if problem else 200, {"status": problem or "ready"})
        caller = self._caller(dict(scope["headers"]), local)
        if caller is None:
            raise Answer(401, "auth_error", "invalid key")
        if method == "POST" and path in BODY_KEYS:
            return await self._call(scope, receive, send, caller)
        if (method, path) == ("GET", MODELS):
            return await self._app({**scope, "query_string": b""}, receive, send)
        if caller is OPERATOR:
            # From inside the container: LiteLLM's own rules decide. A model call that has not come by _call is refused by the ledger.
            return await self._app(scope, receive, send)
        raise Answer(404, "not_found", "no such route")

    def _caller(self, headers: Headers, local: bool) -> Gateway | Operator | None:
        """@returns the gateway, OPERATOR, or None for a key that is nobody's"""
        bearer = headers.get(b"authorization", b"").decode("latin-1").removeprefix("Bearer ").strip()
        given = (bearer or headers.get(b"x-api-key", b"").decode("latin-1")).encode()
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
        try:
            call, body = await self._admit(scope, receive, name, gateway, share)
        except Answer as answer:
            self._record(name, path, None, answer.status, f"refused: {answer.kind}", started)
            raise
        self._ledger.calls[call.id] = call
        exchange = Exchange(call, body, receive, send)
        try:
            await exchange.run(self._app, forwarded(scope, call.id, len(body)))
        finally:
            # Neither the caller nor a cancelled request waits for, or skips, the books.
            task = asyncio.get_running_loop().create_task(self._conclude(call, exchange))
            self._concluding.add(task)
            task.add_done_callback(self._concluding.discard)

    async def _admit(
        self, scope: Message, receive: Receive, name: str, gateway: Gateway | None, share: Share
    ) -> tuple[Call, bytes]:
        # In a frame of its own: what the body is made into is given up before LiteLLM makes its own of it.
        body = parse(await read(receive, dict(scope["headers"]), share), share)
        call = admit(body, scope["path"], name, gateway, self._limits)
        return call, json.dumps(body).encode()

    async def _conclude(self, call: Call, exchange: "Exchange") -> None:
        ok = exchange.status is not None and exchange.status < 400
        await self._ledger.conclude(call, ok, GRACE_SECONDS)
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


def quiet_when_started(send: Send) -> Send:
    async def watched(message: Message) -> None:
        if message["type"] == "lifespan.startup.complete":
            quiet_logs.install()
        await send(message)

    return watched


def admit(body: dict[str, Any], path: str, caller: str, gateway: Gateway | None, limits: Limits) -> Call:
    """Leaves in the body what may be in it, sets the limit of the answer, and measures the rest."""
    for key in body.keys() - BODY_KEYS[path]:
        del body[key]
    name = body.get("model")
    model = limits.models.get(name) if isinstance(name, str) else None
    if model is None or (gateway is not None and name not in gateway.models):
        raise Answer(403, "key_model_access_denied", "the key may not use this model")
    if (model.mode == "embedding") != (path == EMBEDDINGS):
        raise Answer(400, "invalid_request_error", f"{name} is a model for {model.mode}")
    for tool in listed(body.get("tools")):
        if not isinstance(tool, dict) or tool.get("type") not in FUNCTION_TOOLS:
            raise Answer(400, "invalid_request_error", "only tools that the caller runs itself are allowed")
    most = gateway.max_output_tokens if gateway is not None else OPERATOR_OUTPUT_TOKENS
    output = 0 if path == EMBEDDINGS else limit_output(body, most)
    text = json.dumps(body, ensure_ascii=False)
    return Call(
        id=str(uuid.uuid4()),
        caller=caller,
        gateway=gateway,
        route=path,
        model=model,
        input_bytes=len(text.encode("utf-8", "surrogatepass")),
        text_only=all(is_text(message) for message in listed(body.get("messages"))),
        writes_cache='"cache_control"' in text,
        max_output_tokens=output,
    )


def listed(value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise Answer(400, "invalid_request_error", "messages and tools are lists")
    return value


def is_text(message: Any) -> bool:
    """True where a message holds text alone: of a picture or a document the bytes say nothing about its tokens."""
    content = message.get("content") if isinstance(message, dict) else None
    for part in content if isinstance(content, list) else []:
        if not isinstance(part, dict) or part.get("type") not in TEXT_PARTS:
            return False
        if isinstance(part.get("content"), list) and not is_text(part):
            return False
    return True


def limit_output(body: dict[str, Any], most: int) -> int:
    key = "max_completion_tokens" if "max_completion_tokens" in body else "max_tokens"
    wanted = body.pop("max_completion_tokens", body.get("max_tokens", most))
    body.pop("max_tokens", None)
    if wanted is None:
        wanted = most
    if type(wanted) is not int or wanted < 1:
        raise Answer(400, "invalid_request_error", f"{key} is not a positive whole number")
    body[key] = limit = min(wanted, most)
    return limit


def forwarded(scope: Message, call_id: str, length: int) -> Message:
    """The request with the headers it needs and no other; what LiteLLM reads from headers is ours."""
    kept = [(k, v) for k, v in scope["headers"] if k in (b"authorization", b"x-api-key", b"host", b"anthropic-version")]
    own = [
        (b"content-type", b"application/json"),
        (b"content-length", str(length).encode()),
        (b"x-litellm-call-id", call_id.encode()),
    ]
    return {**scope, "headers": kept + own, "query_string": b""}


class Exchange:
    """One admitted request on its way through LiteLLM, and what became of it."""

    def __init__(self, call: Call, body: bytes, receive: Receive, send: Send) -> None:
        self.body, self._call, self._receive, self._send = body, call, receive, send
        self.status: int | None = None
        self.complete, self.ended = False, time.time()
        self._began, self._body_sent = asyncio.Event(), False

    async def run(self, app: Application, scope: Message) -> None:
        task = asyncio.ensure_future(app(scope, self.receive, self.send))
        began = asyncio.ensure_future(self._began.wait())
        try:
            await asyncio.wait({task, began}, timeout=self._call.model.wait_seconds, return_when=asyncio.FIRST_COMPLETED)
            if self.status is None and not task.done():
                self.status = 504
                seconds = round(self._call.model.wait_seconds)
                await _refuse(self._send, Answer(504, "timeout", f"no provider has answered within {seconds} s"))
                return
            await task
        finally:
            self.ended = time.time()
            task.cancel()
            began.cancel()

    async def receive(self) -> Message:
        if not self._body_sent:
            self._body_sent = True
            return {"type": "http.request", "body": self.body, "more_body": False}
        message = await self._receive()
        if message["type"] == "http.disconnect" and not self.complete:
            self._call.hung_up = True
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self.status is None:
            refusal = self._call.refusal
            # What LiteLLM says about our refusal is about its own insides.
            self.status = refusal.status if refusal is not None and message["status"] >= 400 else message["status"]
            self._began.set()
            if message["status"] >= 400 and refusal is not None:
                await _refuse(self._send, refusal)
                self.complete = True
                return
        if self.complete:
            return
        await self._send(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self.complete = True
