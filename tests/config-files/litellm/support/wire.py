"""Asks connections.py, on stand-ins for uvicorn and h11. Usage: wire.py FOLDER-OF-THE-GATE < {"ask": NAME}."""
import json
import sys
import types

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])

import callers  # noqa: E402


class Handle:
    """Stands for what a loop calls later."""

    def __init__(self, seconds, act):
        self.seconds, self.act, self.cancelled = seconds, act, False

    def cancel(self):
        self.cancelled = True


class Transport:
    def __init__(self):
        self.did = []

    def __getattr__(self, name):
        return lambda: self.did.append(name)

    def is_closing(self):
        return "abort" in self.did or "close" in self.did


class H11:
    """Stands for h11's connection: what it is handed is in `data`, the events to come in `events`."""

    def __init__(self, *_):
        self.their_state, self.events, self.data, self.trailing_data = "IDLE", [], b"", (b"", False)

    def next_event(self):
        return self.events.pop(0)


class Protocol:
    """Stands for uvicorn's: keeps what it is handed."""

    def __init__(self):
        self.client, self.cycle, self.later = ("172.31.0.2", 1), None, []
        self.flow = types.SimpleNamespace(read_paused=False)
        self.loop = types.SimpleNamespace(call_later=self.call_later, time=lambda: self.now)
        self.now = 0.0

    def call_later(self, seconds, act):
        self.later.append(Handle(seconds, act))
        return self.later[-1]

    def data_received(self, data):
        self.conn.data += data
        self.when_handed()

    def when_handed(self):
        pass

    def connection_made(self, transport):
        self.transport = transport

    def send_400_response(self, msg):
        self.transport.close()

    def on_response_complete(self):
        pass

    pause_writing = resume_writing = on_response_complete


def connections_of(address):
    """@returns the module, on stand-ins for uvicorn and h11, and what makes a connection of that address"""
    states = {name: name for name in ("IDLE", "SEND_BODY", "DONE", "MUST_CLOSE", "MIGHT_SWITCH_PROTOCOL", "ERROR", "NEED_DATA", "SERVER")}
    request = type("Request", (), {"__init__": lambda self, *headers: setattr(self, "headers", headers)})
    sys.modules["h11"] = types.SimpleNamespace(Connection=H11, Request=request, **states)
    for name in ("uvicorn", "uvicorn.protocols", "uvicorn.protocols.http"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["uvicorn.protocols.http.h11_impl"] = types.SimpleNamespace(H11Protocol=Protocol)
    import connections

    def made():
        one = connections.Connection()
        one.client = (address, 1)
        one.connection_made(Transport())
        return one

    return connections, made


def told():
    seen = []
    callers.told = lambda address, status, result: seen.append(f"{status} {result}")
    return seen


def answered(one, state):
    one.cycle, one.conn.their_state = types.SimpleNamespace(response_complete=True), state
    one.on_response_complete()


def endless():
    """What is read, and what parsed, of a body that goes on after its request has been answered; megabytes."""
    _, made = connections_of("127.0.0.1")
    one = made()
    answered(one, "SEND_BODY")
    read = 0
    while not one.transport.is_closing() and read < 100:
        one.data_received(b"0" * 1024 * 1024)
        read += 1
    late, whole = made(), made()
    answered(late, "SEND_BODY")
    late.later[-1].act()
    answered(whole, "IDLE")
    return {"read": read, "parsed": len(one.conn.data), "late": late.transport.did, "whole": whole.transport.did}


def chunks():
    """What is parsed of a body in chunks, and of one with a length."""
    connections, made = connections_of("127.0.0.1")
    found = {}
    for name, headers in (("chunks", [(b"transfer-encoding", b"chunked")]), ("length", [(b"content-length", b"9")])):
        one = made()
        one.conn.events = [connections.h11.Request(*headers), *["data"] * 1000]
        one.conn.next_event()
        one.conn.their_state = "SEND_BODY"
        one.data_received(b"1\r\n \r\n" * 1000)
        events = [one.conn.next_event() for _ in range(1000)]
        found[name] = [events.count("data"), len(one.conn.data)]
    return found


def heads():
    """What becomes of heads: one of many lines, one that drips, one as OpenClaw's, two at once, two one after the other."""
    _, made = connections_of("127.0.0.1")
    seen, found = told(), {}
    plain = b"GET / HTTP/1.1\r\n" + b"a: 1\r\n" * 20 + b"\r\n"

    def through(name, pieces, state):
        one = made()
        for piece in pieces:
            one.when_handed = lambda: setattr(one.conn, "their_state", state) if b"\r\n\r\n" in one.conn.data else None
            if not one.transport.is_closing():
                one.data_received(piece)
        found[name] = [len(one.conn.data) <= 8192, one.transport.is_closing()]

    through("many lines", [b"GET / HTTP/1.1\r\n" + b"a:\r\n" * 60_000], "SEND_BODY")
    through("that drip", [b"GET / HTTP/1.1\r\n", *[b"a", b":", b"\r\n"] * 60_000], "SEND_BODY")
    through("plain", [plain[:70], plain[70:]], "DONE")
    through("a body of lines", [plain + b"\n" * 1000], "SEND_BODY")
    through("two", [plain, plain], "DONE")
    return {"found": found, "told": seen}


def reads():
    """Reads of an address that come at once until a connection pauses, of another connection of it, of this container's own."""
    connections, made = connections_of("172.31.0.2")
    connections._reads["172.31.0.2"] = callers.Budget(2000, 1000, lambda: 0.0)
    one, other = made(), made()
    one.conn.their_state = other.conn.their_state = "SEND_BODY"
    count = 0
    while "pause_reading" not in one.transport.did and count < 10_000:
        one.data_received(b"0")
        count += 1
    other.data_received(b"0")
    one.later[-1].act()
    one.flow.read_paused = True
    one.data_received(b"0")
    one.later[-1].act()
    _, own = connections_of("127.0.0.1")
    local = own()
    local.conn.their_state = "SEND_BODY"
    for _ in range(5000):
        local.data_received(b"0")
    return {"count": count, "one": one.transport.did, "other": other.transport.did, "local": local.transport.did}


def writes():
    """Seconds that a caller may leave what is written to it; anew after some were used, and after the answer."""
    _, made = connections_of("127.0.0.1")
    one = made()

    def left():
        one.pause_writing()
        handle = one.later[-1]
        one.now += 20
        one.resume_writing()
        return handle.seconds, handle.cancelled

    used = [left(), left()]
    one.pause_writing()
    one.later[-1].act()
    ended = list(one.transport.did)
    other = made()
    other.pause_writing()
    other.now += 20
    other.resume_writing()
    answered(other, "IDLE")
    other.pause_writing()
    return {"used": used, "ended": ended, "next answer": other.later[-1].seconds}


ASKS = {"endless": endless, "chunks": chunks, "heads": heads, "reads": reads, "writes": writes}
print(json.dumps(ASKS[json.load(sys.stdin)["ask"]]()))
