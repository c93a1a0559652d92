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
    shares: dict[str, float]
    """Gateway -> its part of the cap and of the limits a minute."""
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
    """Something with a cap: a gateway, a model, or one gateway's share of a model."""

    name: str
    """`gateway:NAME`, `model:NAME` or `share:GATEWAY of MODEL`."""
    key: str
    """Key in the store; it stays the same for good, or what was spent is forgotten."""
    setting: str
    """What to raise, for whoever reads of it."""
    cap: int
    """Nano-dollars."""
    budget_usd: float
    period_ms: int
    requests_per_minute: int
    tokens_per_minute: int
    """0: no limit."""
    suffix: str = ""
    """Of its fields in the store: a share is counted beside the whole, so that both begin and end together."""


@dataclass(frozen=True)
class Model:
    name: str
    id: str
    mode: str
    scope: Scope
    shares: dict[str, Scope]
    """By gateway: what of the model's cap nobody else can use up; where that is all of it, `scope` itself."""
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
        setting=f"budgetUsd of {name} in clawkeep:{kind}s",
        cap=round(entry["budgetUsd"] * NANO),
        budget_usd=entry["budgetUsd"],
        period_ms=entry["budgetPeriodSeconds"] * 1000,
        requests_per_minute=entry.get("requestsPerMinute") or 0,
        tokens_per_minute=entry.get("tokensPerMinute") or 0,
    )


def _share(name: str, whole: Scope, gateway: str, part: float) -> Scope:
    """Rounded down, so that all of them are never more than the whole; a limit a minute is at least one request."""
    return Scope(
        name=f"share:{gateway} of {name}",
        key=whole.key,
        setting=f"the share of {gateway} in shares of {name}, or its budgetUsd, in clawkeep:models",
        cap=math.floor(whole.cap * part),
        budget_usd=round(whole.budget_usd * part, 6),
        period_ms=whole.period_ms,
        requests_per_minute=max(1, math.floor(whole.requests_per_minute * part)) if whole.requests_per_minute else 0,
        tokens_per_minute=max(1, math.floor(whole.tokens_per_minute * part)) if whole.tokens_per_minute else 0,
        suffix=f":{gateway}",
    )


def _shares(name: str, whole: Scope, entry: ModelEntry) -> dict[str, Scope]:
    parts = entry.get("shares")
    if not isinstance(parts, dict) or not all(0 <= part <= 1 for part in parts.values()) or sum(parts.values()) > 1 + 1e-9:
        sys.exit(
            f"limits.json has no shares of {name} that add up to its cap (it has {parts!r}): nothing is served; mend shares of "
            f"{name} in clawkeep:models and run pulumi up"
        )
    return {gateway: whole if part == 1 else _share(name, whole, gateway, part) for gateway, part in parts.items()}


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
    whole = _scope("model", name, entry["id"], entry)
    return Model(
        name=name,
        id=entry["id"],
        mode=entry["mode"],
        scope=whole,
        shares=_shares(name, whole, entry),
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
        models = self.models.values()
        shares = (share for m in models for share in m.shares.values() if share is not m.scope)
        return [*(g.scope for g in self.gateways.values()), *(m.scope for m in models), *shares]


def load_secrets() -> Secrets:
    with open(SECRETS, encoding="utf-8") as stream:
        secrets: Secrets = json.load(stream)
    return secrets
