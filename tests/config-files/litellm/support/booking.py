"""What the real ledger asks its store when it books attempts, and what it says when the store refuses one.

Usage: booking.py FOLDER-OF-THE-GATE < {"limits": limits.json, "bookings": [[gateway or null, model, nano-dollars], ...],
"refusal": [answer of reserve.lua for the last one] or null}. LiteLLM, Redis and HTTP libraries are stand-ins.
"""
import asyncio
import json
import sys
import tempfile
import types

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])

ASKED = []
ANSWERS = []


class Store:
    def __init__(self, **_):
        pass

    def register_script(self, _text):
        async def script(keys, args):
            ASKED.append({"keys": keys, "args": [str(one) for one in args]})
            return ANSWERS.pop(0) if ANSWERS else [b"ok"]

        return script


def stand_in(name, **members):
    sys.modules[name] = types.ModuleType(name)
    vars(sys.modules[name]).update(members)


for module in ("litellm", "litellm.integrations", "litellm.llms", "litellm.llms.custom_httpx"):
    stand_in(module)
stand_in("litellm.integrations.custom_logger", CustomLogger=object)
handler = type("AsyncHTTPHandler", (), {"single_connection_post_request": None})
stand_in("litellm.llms.custom_httpx.http_handler", AsyncHTTPHandler=handler)
errors = dict.fromkeys(("ClientConnectorError", "ClientHttpProxyError", "ConnectionTimeoutError"), Exception)
stand_in("aiohttp", ClientSession=type("ClientSession", (), {"_request": print}), **errors)
client = type("AsyncClient", (), {"send": print})
stand_in("httpx", AsyncClient=client, Client=client, RequestError=OSError, HTTPStatusError=OSError)
stand_in("redis", RedisError=OSError)
stand_in("redis.backoff", NoBackoff=object)
stand_in("redis.asyncio", Redis=Store)
stand_in("redis.asyncio.retry", Retry=lambda *_: None)
sys.modules["redis"].asyncio = sys.modules["redis.asyncio"]

import calls  # noqa: E402
import ledger  # noqa: E402
import spend_limits  # noqa: E402


class Costing(calls.Call):
    cost = 0

    def worst_case(self, model):
        return self.cost


class NoAlerts:
    def __init__(self):
        self.sent = []

    def send(self, what, scope, spent, resets_in_ms):
        self.sent.append([what, scope.name, scope.setting])


async def main():
    given = json.load(sys.stdin)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as stream:
        json.dump(given["limits"], stream)
        stream.flush()
        limits = spend_limits.Limits(stream.name)
    # The scripts lie beside the modules, not where they are deployed.
    ledger.CONFIGURATION = sys.argv[1]
    alerts = NoAlerts()
    books = ledger.Ledger(limits, alerts)
    said = None
    for number, (gateway, name, cost) in enumerate(given["bookings"]):
        if number == len(given["bookings"]) - 1 and given.get("refusal"):
            what, *rest = given["refusal"]
            ANSWERS.append([what.encode(), *rest])
        model = limits.models[name]
        one = Costing(
            id=f"call-{number}", caller=gateway or "(operator)", gateway=limits.gateways[gateway] if gateway else None, route="",
            model=model, input_bytes=0, text_only=True, writes_cache=False, max_output_tokens=1,
        )
        one.cost = cost
        try:
            await books._book(one, model, "acompletion")
        except calls.Refused as refused:
            said = {"status": refused.status, "kind": refused.kind, "reason": refused.reason}
    scopes = [[scope.name, scope.key, scope.suffix, scope.cap] for scope in limits.scopes]
    print(json.dumps({"asked": ASKED, "said": said, "alerts": alerts.sent, "scopes": scopes}))


asyncio.run(main())
