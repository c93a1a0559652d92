"""Starts LiteLLM with its secrets, behind the gate and the ledger.

LiteLLM wants provider keys as environment variables. They are set inside this process only, so that neither
`docker inspect` nor /proc/PID/environ (which shows a process's first environment) ever holds one.
"""
import asyncio
import importlib
import os
import sys
import time
from typing import Any

from spend_limits import CONFIGURATION, STORE_SOCKET, Limits, load_secrets

EXTRA_CA = os.path.join(CONFIGURATION, "extra-ca.pem")
STORE_WAIT_SECONDS = 30


def trust(extra: str) -> None:
    import certifi

    bundle = "/tmp/ca-certificates.pem"
    with open(bundle, "wb") as target:
        for source in (certifi.where(), extra):
            with open(source, "rb") as part:
                target.write(part.read() + b"\n")
    os.environ["SSL_CERT_FILE"] = bundle


def wait_for_store() -> None:
    """The store of what has been spent: without it there is no cap, so without it there is no service."""
    import redis

    import spend_store

    deadline = time.monotonic() + STORE_WAIT_SECONDS
    while True:
        try:
            return spend_store.initialise(redis.Redis(unix_socket_path=STORE_SOCKET, socket_timeout=3))
        except (redis.RedisError, OSError) as error:
            if time.monotonic() > deadline:
                sys.exit(
                    f"the spend store {STORE_SOCKET} has not answered within {STORE_WAIT_SECONDS} s "
                    f"({type(error).__name__}): docker logs openclaw-redis"
                )
        time.sleep(0.2)


def check_prices(limits: Limits) -> None:
    """A model without a price costs nothing, and a cap on nothing never closes."""
    import litellm

    for model in limits.models.values():
        if model.custom_price:
            continue
        # `anthropic/claude-…` is listed as `claude-…`, but `voyage/voyage-4` with its prefix.
        bare = model.litellm_model.partition("/")[2]
        known = litellm.model_cost.get(model.litellm_model) or litellm.model_cost.get(bare)
        if not known or not known.get("input_cost_per_token"):
            sys.exit(f"LiteLLM knows no price of {model.litellm_model}: give {model.name} prices in clawkeep:models")
        dearer = (
            round(known["input_cost_per_token"] * 1e9) > model.input_price
            or round((known.get("output_cost_per_token") or 0) * 1e9) > model.output_price
        )
        if dearer:
            sys.exit(f"LiteLLM's price of {model.litellm_model} is above the deployed one: update config/litellm-prices.json")


def load_early() -> None:
    """Loads what LiteLLM loads at a first call otherwise: some 630 modules, in 2 to 4 s in which its event loop stands still.

    Calls beside that one would hear nothing of the store within the second that it has, and be refused.
    """
    from litellm.llms import load_guardrail_translation_mappings

    for name in ("openai.resources", "litellm.litellm_core_utils.default_encoding"):
        importlib.import_module(name)
    load_guardrail_translation_mappings()


def main() -> None:
    secrets, limits = load_secrets(), Limits()
    os.environ["LITELLM_MASTER_KEY"] = secrets["masterKey"]
    for name, key in secrets["providerKeys"].items():
        os.environ[name] = key
    if os.path.exists(EXTRA_CA):
        trust(EXTRA_CA)
    wait_for_store()

    # The environment has to be complete before LiteLLM is loaded.
    import litellm
    import uvicorn
    from litellm.proxy.proxy_server import app

    from alerts import Alerts
    from audit import Audit
    from connections import Connection
    from gate import Gate
    from ledger import Ledger

    check_prices(limits)
    load_early()
    # Past what quiet_logs has put in standard error's place.
    audit = Audit(limits.audit_retention_days, told=lambda line: print(line, end="", file=sys.__stderr__, flush=True))
    ledger = Ledger(limits, Alerts(secrets.get("alertWebhookUrl")))
    for record in recovered(limits):
        audit.add(record)
    litellm.callbacks.append(ledger)
    app.add_middleware(
        Gate, limits=limits, ledger=ledger, audit=audit, keys=secrets["gatewayKeys"], master_key=secrets["masterKey"]
    )
    os.environ["CONFIG_FILE_PATH"] = os.path.join(CONFIGURATION, "config.yaml")
    uvicorn.run(
        app,
        host="0.0.0.0",
        port=4000,
        http=Connection,
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
    )


def recovered(limits: Limits) -> list[dict[str, Any]]:
    from alerts import Alerts
    from ledger import Ledger

    async def recover() -> list[dict[str, Any]]:
        # A ledger of its own: its connections belong to this short event loop.
        return await Ledger(limits, Alerts(None)).recover()

    return asyncio.run(recover())


if __name__ == "__main__":
    main()
