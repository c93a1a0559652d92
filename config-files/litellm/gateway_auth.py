"""Whom LiteLLM itself lets in: the second lock behind the gate (gate.py).

LiteLLM's own virtual keys need Postgres. This hook gives the same separation without a database; the flags
`custom_auth_run_common_checks` and `enable_post_custom_auth_checks` make LiteLLM enforce what it returns.
"""
import hmac
from typing import Any

from litellm.proxy._types import LitellmUserRoles, ProxyException, UserAPIKeyAuth, hash_token

from spend_limits import Limits, load_secrets

ROUTES = ["/v1/chat/completions", "/v1/messages", "/v1/embeddings", "/v1/models"]

_secrets, _limits = load_secrets(), Limits()


def _same(given: str, key: str) -> bool:
    return bool(key) and hmac.compare_digest(given.encode(), key.encode())


async def authenticate(request: Any, api_key: str) -> UserAPIKeyAuth:
    given = (api_key or "").removeprefix("Bearer ").strip()
    if _same(given, _secrets["masterKey"]):
        return UserAPIKeyAuth(
            api_key=hash_token(given), user_id="(operator)", user_role=LitellmUserRoles.PROXY_ADMIN
        )
    for name, key in _secrets["gatewayKeys"].items():
        if _same(given, key):
            return UserAPIKeyAuth(
                api_key=hash_token(given),
                key_alias=name,
                user_id=name,
                user_role=LitellmUserRoles.INTERNAL_USER,
                models=sorted(_limits.gateways[name].models),
                allowed_routes=ROUTES,
            )
    raise ProxyException(message="invalid key", type="auth_error", param="api_key", code=401)
