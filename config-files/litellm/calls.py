"""A call that the gate has let in, its attempts at providers, and the most that one of them can cost.

    worst case = input tokens x dearest input price + output limit x dearest output price

    input tokens  a token is at least one byte, so: bytes of the request + what a provider adds. Where something else than
                  text is in it, the model's whole context. The context is a bound for a conversation alone: of embeddings
                  it counts for each input, so there the bytes count, however many they are.
    input price   what writing the provider's cache costs where the request asks for that, and for every provider that
                  writes it unasked
    output limit  the gateway's, set in the request itself

Nothing else is billed: pictures are tokens; audio, search and the provider's own tools do not come through (schemas.py),
and models that have them built in have no price in config/litellm-prices.json.
"""
import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sent import Sends
from spend_limits import Gateway, Model

OVERHEAD_TOKENS = 1000
"""What a provider adds by itself: instructions for tools, marks between messages."""
OVERHEAD_TOKENS_OF_INPUT = 8
"""Marks at both ends of one text that is embedded."""


AS_THEY_ARE = ("anthropic/", "openai/", "voyage/")
"""Providers for which LiteLLM leaves references in the schemas of tools; for others it writes out what they refer to."""


class Refused(Exception):
    """An attempt that may not be made. Its status is one that LiteLLM does not retry; a fallback is tried."""

    status_code = 402

    def __init__(self, status: int, kind: str, reason: str, retry_after_seconds: int = 0):
        super().__init__(reason)
        # Not `message`: LiteLLM adds to that.
        self.status, self.kind, self.reason, self.retry_after_seconds = status, kind, reason, retry_after_seconds


@dataclass
class Attempt:
    id: str
    model: Model
    reserved: int
    booked: int
    call_type: str
    sent_before: tuple[int, int] = (0, 0)
    """What sent.py had counted when this attempt was booked."""
    open: bool = True
    failed: bool = False

    def is_carried_out_by(self, model: Model, call_type: str) -> bool:
        """/v1/messages of a provider with another API is an attempt that LiteLLM makes as a chat completion inside it."""
        inside = self.call_type == "anthropic_messages" and call_type == "acompletion"
        return inside and self.open and not self.failed and self.model is model


@dataclass
class Call:
    """A call that the gate has let in."""

    id: str
    caller: str
    gateway: Gateway | None
    route: str
    model: Model
    input_bytes: int
    text_only: bool
    writes_cache: bool
    max_output_tokens: int
    references: bool = False
    parts: int = 0
    """Messages, their parts, tools: each is some work for LiteLLM."""
    inputs: int = 0
    """Texts that are embedded."""
    started: float = field(default_factory=time.time)
    attempts: list[Attempt] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)
    """Exceptions of the attempts so far, and what they came of."""
    refusal: Refused | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    hung_up: bool = False
    sends: Sends = field(default_factory=Sends)
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    def worst_case(self, model: Model) -> int:
        """@returns nano-dollars"""
        tokens = self.input_bytes + OVERHEAD_TOKENS
        if model.mode == "embedding":
            return (tokens + self.inputs * OVERHEAD_TOKENS_OF_INPUT) * model.cache_write_price
        price = model.cache_write_price if self.writes_cache else model.input_price
        bounded = self.text_only and (not self.references or model.litellm_model.startswith(AS_THEY_ARE))
        input_tokens = min(tokens, model.context_tokens) if bounded else model.context_tokens
        return input_tokens * price + self.max_output_tokens * model.output_price


def lost(attempt: str, entry: str, models_by_id: Mapping[str, Model]) -> dict[str, Any]:
    """The record of an attempt that was on its way when its process ended.

    @param entry what reserve.lua has written down of it
    """
    booked = json.loads(entry)
    keys = [str(scope.get("spend", "")).split(":", 3) for scope in booked.get("scopes") or []]
    of = {key[2]: key[3] for key in keys if len(key) == 4}
    model = models_by_id.get(of.get("model", ""))
    began = booked.get("at")
    return {
        "time": None if began is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(float(began) / 1000)),
        "call": attempt.partition("/")[0],
        "gateway": of.get("gateway", "(operator)"),
        "model": of.get("model") if model is None else model.name,
        "attempts": 1,
        "costUsd": round(float(booked["cost"]) / 1e9, 9),
        "result": "lost: the process ended during the call",
    }
