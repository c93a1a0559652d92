"""What may be used and spent, as the deployment wrote it (limits.json), and the secrets beside it."""
import json
import math
import os
import sys
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

CONFIGURATION = os.environ.get("CLAWKEEP_CONFIGURATION", "/etc/litellm")
SECRETS = "/run/secrets/litellm/secrets.json"
STATE = "/var/lib/litellm"
STORE_SOCKET = "/run/redis/redis.sock"

NANO = 1_000_000_000
"""Money is counted in whole nano-dollars."""
LEAST_USD = 0.001
"""For a million tokens: a nano-dollar each."""


class Secrets(TypedDict):
    """secrets.json"""

    masterKey: str
    providerKeys: dict[str, str]
    """By the environment variable that LiteLLM reads."""
    gatewayKeys: dict[str, str]
    """By the gateway's name."""
    alertWebhookUrl: NotRequired[str]


class Cap(TypedDict):
    """What a model and a gateway of limits.json both have."""

    budgetUsd: float
    budgetPeriodSeconds: int
    requestsPerMinute: NotRequired[int | None]
    tokensPerMinute: NotRequired[int | None]


class ModelEntry(Cap):
    id: str
    mode: str
    price: NotRequired[dict[str, Any] | None]
    contextTokens: int
    litellmModel: str
    customPrice: bool
    waitSeconds: float


class GatewayEntry(Cap):
    models: list[str]
    maxOutputTokens: int
    maxParallelRequests: int


class Document(TypedDict):
    """limits.json"""

    auditRetentionDays: int
    models: dict[str, ModelEntry]
    gateways: dict[str, GatewayEntry]


@dataclass(frozen=True)
class Scope:
    """Something with a cap: a gateway or a model."""

    name: str
    """`gateway:NAME` or `model:NAME`."""
    key: str
    """Key in the store; it stays the same for good, or what was spent is forgotten."""
    cap: int
    """Nano-dollars."""
    budget_usd: float
    period_ms: int
    requests_per_minute: int
    tokens_per_minute: int
    """0: no limit."""


@dataclass(frozen=True)
class Model:
    name: str
    id: str
    mode: str
    scope: Scope
    input_price: int
    """Nano-dollars a token, at the dearest rate that a request may have which does not ask for the cache."""
    cache_write_price: int
    output_price: int
    context_tokens: int
    litellm_model: str
    custom_price: bool
    wait_seconds: float
    """Longest time until an answer begins, retries and fallbacks included."""


@dataclass(frozen=True)
class Gateway:
    name: str
    models: frozenset[str]
    scope: Scope
    max_output_tokens: int
    max_parallel_requests: int


def _scope(kind: str, name: str, key: str, entry: Cap) -> Scope:
    return Scope(
        name=f"{kind}:{name}",
        key=f"clawkeep:spend:{kind}:{key}",
        cap=round(entry["budgetUsd"] * NANO),
        budget_usd=entry["budgetUsd"],
        period_ms=entry["budgetPeriodSeconds"] * 1000,
        requests_per_minute=entry.get("requestsPerMinute") or 0,
        tokens_per_minute=entry.get("tokensPerMinute") or 0,
    )


def _price(name: str, entry: ModelEntry, kind: str, least: float) -> int:
    """Nano-dollars a token, rounded up. A model without a price costs nothing, and a cap on nothing never closes."""
    usd = (entry.get("price") or {}).get(f"{kind}UsdPerMillionTokens")
    if isinstance(usd, bool) or not isinstance(usd, (int, float)) or not least <= usd < math.inf:
        sys.exit(
            f"limits.json has no {kind} price of {name} that could be counted (it has {usd!r}): nothing is served; set "
            f"inputUsdPerMillionTokens and outputUsdPerMillionTokens of {name} in clawkeep:models and run pulumi up"
        )
    # Without the last digits, which are the arithmetic's.
    return math.ceil(round(usd * 1000, 6))


ASKED_TO_CACHE = "anthropic/"
"""The provider that writes its cache only where a request asks for it; others do so by themselves."""


def _context(name: str, entry: ModelEntry) -> int:
    tokens = entry.get("contextTokens")
    if entry["mode"] != "embedding" and (type(tokens) is not int or tokens < 1):
        sys.exit(
            f"limits.json has no context of {name} (it has {tokens!r}), so nobody knows what a call costs at most: nothing "
            f"is served; set contextTokens of {name} in clawkeep:models and run pulumi up"
        )
    return tokens


def _model(name: str, entry: ModelEntry) -> Model:
    plain, cache_write = _price(name, entry, "input", LEAST_USD), _price(name, entry, "cacheWrite", LEAST_USD)
    asked = entry["litellmModel"].startswith(ASKED_TO_CACHE)
    return Model(
        name=name,
        id=entry["id"],
        mode=entry["mode"],
        scope=_scope("model", name, entry["id"], entry),
        input_price=plain if asked else max(plain, cache_write),
        cache_write_price=max(plain, cache_write),
        output_price=_price(name, entry, "output", 0),
        context_tokens=_context(name, entry),
        litellm_model=entry["litellmModel"],
        custom_price=entry["customPrice"],
        wait_seconds=entry["waitSeconds"],
    )


class Limits:
    def __init__(self, path: str = os.path.join(CONFIGURATION, "limits.json")):
        with open(path, encoding="utf-8") as stream:
            document: Document = json.load(stream)
        self.audit_retention_days: int = document["auditRetentionDays"]
        self.models = {name: _model(name, entry) for name, entry in document["models"].items()}
        self.models_by_id = {model.id: model for model in self.models.values()}
        self.gateways = {
            name: Gateway(
                name=name,
                models=frozenset(entry["models"]),
                scope=_scope("gateway", name, name, entry),
                max_output_tokens=entry["maxOutputTokens"],
                max_parallel_requests=entry["maxParallelRequests"],
            )
            for name, entry in document["gateways"].items()
        }

    @property
    def scopes(self) -> list[Scope]:
        return [*(g.scope for g in self.gateways.values()), *(m.scope for m in self.models.values())]


def load_secrets() -> Secrets:
    with open(SECRETS, encoding="utf-8") as stream:
        secrets: Secrets = json.load(stream)
    return secrets
