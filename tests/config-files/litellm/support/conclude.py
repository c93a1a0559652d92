"""Runs one call through gate.py, collects garbage while its books are being closed, and prints what was recorded.

Usage: conclude.py FOLDER-OF-THE-GATE. The ledger is a stand-in: the real one needs LiteLLM and Redis.
"""
import asyncio
import gc
import json
import sys
import types
import weakref

# Nothing else may lie beside the modules.
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])


import gate  # noqa: E402

MODEL = types.SimpleNamespace(name="m", mode="chat", wait_seconds=5)


class Ledger:
    """Closes a call's books when it is told to. Nobody but the task that waits holds what it waits for."""

    def __init__(self):
        self.calls = {}
        self.waiting = None

    async def problem(self):
        return ""

    async def conclude(self, _call, _ok, _given_up, _grace_seconds):
        future = asyncio.get_running_loop().create_future()
        self.waiting = weakref.ref(future)
        await future


async def answer(_scope, _receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


async def main():
    records, sent, books = [], [], Ledger()
    limits = types.SimpleNamespace(models={"m": MODEL}, gateways={})
    audit = types.SimpleNamespace(flush=lambda: True, add=records.append, close=lambda: None)
    door = gate.Gate(answer, limits, books, audit, {}, "master")
    request = {"type": "http.request", "body": json.dumps({"model": "m", "messages": []}).encode()}
    scope = {
        "type": "http",
        "method": "POST",
        "path": gate.CHAT,
        "client": ("127.0.0.1", 1),
        "headers": [(b"authorization", b"Bearer master")],
    }

    async def receive():
        return request

    async def send(message):
        sent.append(message)

    await door(scope, receive, send)
    await asyncio.sleep(0)
    gc.collect()
    future = books.waiting()
    if future is not None:
        future.set_result(None)
    del future
    await asyncio.sleep(0.01)
    print(json.dumps({"status": sent[0]["status"], "results": [record["result"] for record in records]}))


asyncio.run(main())
