"""Sends requests through gate.py to a stand-in for LiteLLM, one after the other, and prints what became of each.

Usage: door.py FOLDER-OF-THE-GATE, with a line {"limits": limits.json, "asks": [...]} for each new gate. An ask: method, path, headers, body (text),
chunks (how often the body is sent), endless (it has no end), answer (what LiteLLM says), together (so many at once). The ledger is a stand-in too.
"""
import asyncio
import json
import sys
import tempfile
import time

# Nothing else may lie beside the modules.
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])

import gate  # noqa: E402
import spend_limits  # noqa: E402

KEY = "the-gateways-key"


class Ledger:
    def __init__(self):
        self.calls, self.concluded = {}, []

    async def problem(self):
        return ""

    async def conclude(self, call, _ok, given_up, _grace_seconds):
        self.concluded.append({"id": call.id, "givenUp": given_up, "hungUp": call.hung_up})


class Door:
    def __init__(self, limits):
        self.records, self.ledger = [], Ledger()
        audit = type("Audit", (), {"flush": lambda _: True, "add": lambda _, one: self.records.append(one), "close": print})()
        self.gate = gate.Gate(self.application, limits, self.ledger, audit, {"openclaw": KEY}, "master")
        self.ask, self.handed_on, self.running, self.most = {}, None, 0, 0

    async def application(self, scope, receive, send):
        body = (await receive())["body"]
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.handed_on = {"headers": headers, "query": scope["query_string"].decode(), "body": json.loads(body)}
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0.001 if self.ask.get("together") else 0)
        self.running -= 1
        answer = self.ask.get("answer") or {}
        headers = [(name.encode(), value.encode()) for name, value in (answer.get("headers") or {}).items()]
        await send({"type": "http.response.start", "status": answer.get("status", 200), "headers": headers})
        pieces = answer.get("pieces", ["{}"])
        for place, piece in enumerate(pieces):
            more = place + 1 < len(pieces)
            await send({"type": "http.response.body", "body": piece.encode(), "more_body": more})

    async def all(self, ask):
        """As many at once as the ask says. @returns the last answer, and the most that LiteLLM had at a time"""
        self.most = 0
        answers = await asyncio.gather(*(self.one(ask) for _ in range(ask.get("together", 1))))
        return {**answers[-1], "most": self.most}

    async def one(self, ask):
        self.ask, self.handed_on, received, said = ask, None, 0, []
        before = len(self.records)
        chunk, chunks = ask.get("body", "").encode("utf-8", "surrogatepass"), ask.get("chunks", 1)

        async def receive():
            nonlocal received
            received += 1
            if ask.get("endless") and received > 1000:
                raise RuntimeError("the body is read for ever")
            more = bool(ask.get("endless")) or received < chunks
            return {"type": "http.request", "body": chunk, "more_body": more}

        async def send(message):
            said.append(message)

        given = {"authorization": f"Bearer {KEY}", **(ask.get("headers") or {})}
        scope = {
            "type": "http",
            "method": ask.get("method", "POST"),
            "path": ask["path"],
            "query_string": b"n=5",
            "client": ("172.31.250.9", 1),
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        }
        began = time.process_time()
        try:
            await self.gate(scope, receive, send)
        except Exception as error:  # as uvicorn answers it
            said += [{"status": 500, "headers": []}, {"body": repr(error).encode()}]
        took = (time.process_time() - began) * 1000
        await asyncio.sleep(0)
        return {
            "status": said[0]["status"],
            "headers": {name.decode(): value.decode() for name, value in said[0]["headers"]},
            "text": b"".join(one["body"] for one in said[1:]).decode(),
            "received": received,
            "handedOn": self.handed_on,
            "records": self.records[before:],
            "ms": took,
        }


async def main():
    for line in sys.stdin:
        given = json.loads(line)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as stream:
            json.dump(given["limits"], stream)
            stream.flush()
            limits = spend_limits.Limits(stream.name)
        door = Door(limits)
        print(json.dumps([await door.all(ask) for ask in given["asks"]]), flush=True)


asyncio.run(main())
