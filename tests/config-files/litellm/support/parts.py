"""Asks single parts of the gate, and prints the answers. Usage: parts.py FOLDER-OF-THE-GATE < {"ask": NAME}."""
import asyncio
import json
import sys
import time
import types

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])

import admission  # noqa: E402
import answers  # noqa: E402
import bodies  # noqa: E402
import callers  # noqa: E402
import calls  # noqa: E402
import exchange  # noqa: E402
import pace  # noqa: E402
import sent  # noqa: E402


class Client:
    """Stands for httpx.AsyncClient, and the like."""

    async def send(self):
        return "sent"


def watch_stand_ins():
    sys.modules["httpx"] = types.SimpleNamespace(AsyncClient=Client, Client=type("Other", (), {"send": print}))
    session = type("ClientSession", (), {"_request": print})
    sys.modules["aiohttp"] = types.SimpleNamespace(ClientSession=session)
    sent.watch()


async def sends():
    """What is certain of a call after each step."""
    mine, others = sent.Sends(), sent.Sends()
    unwatched = sent.nothing_since(mine, sent.counted(mine))
    watch_stand_ins()
    before, seen = sent.counted(mine), {"unwatched": unwatched}
    seen["at first"] = sent.nothing_since(mine, before)
    with sent.on_behalf_of(others):
        await Client().send()
    seen["another call has sent"] = sent.nothing_since(mine, before)
    with sent.on_behalf_of(mine):
        task = asyncio.ensure_future(Client().send())
    await task
    seen["a task of this call has sent"] = sent.nothing_since(mine, before)
    before = sent.counted(mine)
    await Client().send()
    seen["nobody's request"] = sent.nothing_since(mine, before)
    return seen


def lost():
    scopes = [
        {"spend": "clawkeep:spend:gateway:openclaw", "window": "w", "minute": "m", "cap": "1"},
        {"spend": "clawkeep:spend:model:main-model", "window": "w", "minute": "m", "cap": "1"},
    ]
    entry = {"cost": "1500000000", "tokens": "9", "at": 1795359601000, "scopes": scopes}
    known = {"main-model": types.SimpleNamespace(name="main/model")}
    old = {"cost": "1500000000", "tokens": "9", "scopes": scopes[1:]}
    return [calls.lost("id/1", json.dumps(entry), known), calls.lost("id/2", json.dumps(old), {})]


def paces():
    """Seconds that calls of one gateway wait, all asked for at once; and after some time."""
    now = [0.0]
    one, other = pace.Pace(lambda: now[0]), pace.Pace(lambda: now[0])
    large = pace.work(0, 256, 256 * 3072)
    waits = []
    for _ in range(20):
        try:
            waits.append(round(one.wait_seconds(large), 1))
        except bodies.Answer as answer:
            waits.append(answer.status)
    turn = other.wait_seconds(pace.work(27_000, 50, 0))
    now[0] += 3600
    many = pace.Pace(lambda: now[0])
    small = [round(many.wait_seconds(pace.work(150_000, 5000, 0)), 1) for _ in range(5)]
    return {"waits": waits, "other": turn, "later": one.wait_seconds(large), "parts": small}


async def refused_bodies():
    """How many bodies of 8 MB that are nothing are read, of twenty that come at once; and whether another gateway waits."""
    pace.MOST_BEGIN_SECONDS = 0.01
    one, other, seen = pace.Pace(lambda: 0.0), pace.Pace(lambda: 0.0), 0
    for _ in range(20):
        try:
            await one.begin()
        except bodies.Answer:
            continue
        one.read(8_000_000)
        seen += 1
    await other.begin()
    return seen


async def requests():
    """Seconds that requests of nothing wait, after so many of them at once."""
    one, waits = pace.Pace(lambda: 0.0), []

    async def note(seconds):
        waits.append(seconds)

    pace.asyncio = types.SimpleNamespace(sleep=note)
    for _ in range(5000):
        await one.begin()
    return [len(waits), round(waits[-1], 1) if waits else 0]


def texts_of_the_square():
    """Processor seconds of texts in which the time of a careless look grows with the square of their length."""
    marks = "a" + "\u0301" * 30_000 + "\u0316" * 30_000
    seen = {}
    for name, look in (
        ("marks", lambda: admission.normal_bytes(marks, "NFC")),
        ("blanks", lambda: answers.words("x" + " " * 20_000 + "x")),
    ):
        began = time.process_time()
        look()
        seen[name] = time.process_time() - began
    return seen


async def waiting():
    """What becomes of callers who wait: one who stays, one who hangs up, one of whom something odd is heard; and of a turn that takes long."""

    async def caller(message, after):
        await asyncio.sleep(after)
        return {"type": message}

    stays = await exchange.while_there(lambda: caller("http.disconnect", 60), asyncio.sleep(0.01))
    leaves = await exchange.while_there(lambda: caller("http.disconnect", 0.01), asyncio.sleep(1))
    odd = await exchange.while_there(lambda: caller("http.request", 0), asyncio.sleep(0.05))
    pace.MOST_WAIT_SECONDS = 0.05
    one = pace.Pace()
    await one.embedding_turn()

    async def outcome(turn):
        try:
            return await turn
        except bodies.Answer as answer:
            return answer.status

    gave_up = await outcome(exchange.while_there(lambda: caller("http.disconnect", 0.01), one.embedding_turn()))
    long = await outcome(one.embedding_turn())
    one.embedding.release()
    await asyncio.wait_for(one.embedding_turn(), 1)
    return {"stays": stays, "leaves": leaves, "odd": odd, "gaveUp": gave_up, "long": long}


def outcome_of(act):
    try:
        act()
        return "fits"
    except bodies.Answer as answer:
        return answer.status


def shares():
    """Whether others' bodies fit in beside callers who have taken all they can, of either room."""
    return {"arriving": shares_of(bodies.Share.arrive, [10, 10, 10, 10, 6]), "on the way": shares_of(bodies.Share.hold, [])}


def shares_of(act, more):
    """@param more MiB of each of the others who fill the room"""
    rooms, held, mebibyte = bodies.Bodies(), [], 1024 * 1024

    def take(caller, size):
        # Held on to: one that nobody has gives back.
        held.append(rooms.share(caller))
        share = held[-1].__enter__()
        return outcome_of(lambda: act(share, size))

    seen = {"own second": [take("one", 10 * mebibyte), take("one", 1)][1]}
    seen["another's largest"] = take("two", 8 * mebibyte)
    for number, size in enumerate(more):
        take(f"more {number}", size * mebibyte)
    return {**seen, "a turn": take("third", 900_000), "too much": take("fourth", 2_000_000)}


async def bodies_that_come_slowly():
    """What two bodies of one caller, announced and begun, leave for others, and when what they hold is free again."""
    rooms, started = bodies.Bodies(), asyncio.Event()

    async def nothing_comes():
        started.set()
        await asyncio.Event().wait()

    async def whole():
        return {"type": "http.request", "body": b"0" * 8 * 1024 * 1024}

    announced = {b"content-length": str(8 * 1024 * 1024).encode()}
    with rooms.share("slow") as share, rooms.share("slow") as other, rooms.share("slow") as third:
        task = asyncio.ensure_future(bodies.read(nothing_comes, announced, share))
        await started.wait()
        # As much as a caller may have, though another body of it is announced.
        try:
            second = len(await bodies.read(whole, announced, other))
        except bodies.Answer as answer:
            second = answer.status
        full = [outcome_of(lambda: third.arrive(2 * 1024 * 1024)), outcome_of(lambda: third.arrive(1))]
        # Handed on: no longer what arrives.
        other.hold(1000)
        handed_on = outcome_of(lambda: third.arrive(8 * 1024 * 1024))
        task.cancel()
    with rooms.share("slow") as share:
        afterwards = [outcome_of(lambda: share.arrive(8 * 1024 * 1024)), outcome_of(lambda: share.hold(8 * 1024 * 1024))]
        return {"second": second, "full": full, "handedOn": handed_on, "afterwards": afterwards, "parts": [outcome_of(lambda: share.hold(9_000_000)), outcome_of(lambda: share.hold(10_500_000))]}


async def addresses():
    """Seconds that requests of one address wait, all at once, what becomes of them, and of another address's."""
    now, waits = [0.0], []

    async def note(seconds):
        waits.append(seconds)

    callers.asyncio = types.SimpleNamespace(sleep=note)
    turns, refused = callers.Turns(lambda: now[0]), 0
    for _ in range(8000):
        try:
            await turns.turn("172.31.0.2", 0)
        except bodies.Answer as answer:
            refused += answer.status == 429
    heads = len(waits)
    await turns.turn("172.31.0.3", 0)
    other = len(waits) - heads
    now[0] += 70
    await turns.turn("172.31.0.2", 0)
    later = len(waits) - heads
    await turns.turn("172.31.0.2", 50_000)
    await turns.turn("172.31.0.2", 0)
    return {"free": 8000 - heads, "longest": max(waits), "refused": refused, "other": other, "later": later, "headers": len(waits) - heads}


ASKS = {
    "sends": sends,
    "lost": lost,
    "paces": paces,
    "refused bodies": refused_bodies,
    "requests": requests,
    "texts": texts_of_the_square,
    "waiting": waiting,
    "shares": shares,
    "slow bodies": bodies_that_come_slowly,
    "addresses": addresses,
}
answer = ASKS[json.load(sys.stdin)["ask"]]()
print(json.dumps(asyncio.run(answer) if asyncio.iscoroutine(answer) else answer))
