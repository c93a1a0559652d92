"""Which stack is the active one, as it is recorded outside this host: read before a gateway starts.

Usage: imported by active-record, gateway-gate and gateway-activate. A host whose stack has no other has no order, and needs
no record.

Cloudflare's own API is asked, over TLS: a name server's answer may be old, or of somebody else. Each epoch has one CNAME,
_clawkeep-EPOCH.HOSTNAME, that points at STACK.HOSTNAME; the highest counts (config/active-record.ts). A list that ends before
what this host has read once is not believed (highest_epoch).
"""
import contextlib
import json
import os
import re
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import NotRequired, TypedDict

import common
import highest_epoch
import lease
from common import Failed
from highest_epoch import Record

ORDER = "/etc/clawkeep/active-record.json"
# Gone after a boot: what was read before it, and that an operator wants no reading.
READ = "/run/clawkeep/active-record"
ANYWAY = "/run/clawkeep/start-anyway"
ANSWER_SECONDS = 15
MOST_BYTES = 1 << 20
AGAIN_SECONDS = 10


class Order(TypedDict):
    # The API's address, without a slash at its end.
    api: str
    zone: str
    hostname: str
    stack: str
    # PEM of authorities that are trusted besides the system's; may be empty.
    authorities: str
    # May read the zone's records and nothing else.
    token: str
    # clawkeep:leaseSeconds
    lease: NotRequired[int]


class NotActive(Exception):
    """Another stack is recorded as the active one."""


class Unreadable(Exception):
    """Why the record could not be read. It is never taken for one that says nothing."""


class Disbelieved(Unreadable):
    """An answer that contradicts what this host has read before."""


def order() -> Order | None:
    text = common.read(ORDER)
    if text is None:
        return None
    found: Order = json.loads(text)
    return found


def newest(hostname: str, records: list[dict[str, str]]) -> Record | None:
    found = []
    for each in records:
        name = re.fullmatch(r"_clawkeep-([1-9]\d{0,8})\." + re.escape(hostname), each["name"])
        stack = each["content"].lower().removesuffix(".").removesuffix(f".{hostname}")
        if name and each["type"] == "CNAME" and re.fullmatch(r"[a-z0-9-]{1,40}", stack):
            found.append(Record(int(name[1]), stack))
    return max(found, default=None)


def ask(wanted: Order) -> Record | None:
    """@returns what is recorded, None where nothing is @raises Unreadable, also where the answer is not to be believed"""
    record = _answer(wanted)
    if why := highest_epoch.doubts(wanted["hostname"], wanted["stack"], record):
        raise Disbelieved(why)
    if record is not None and record.stack != wanted["stack"]:
        # It may have been this one until a moment ago, and then an operator may have known that the other host was off.
        for path in (READ, ANYWAY):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
    return record


def _answer(wanted: Order) -> Record | None:
    """Nobody but ask() takes it as it comes."""
    query = urllib.parse.urlencode({"type": "CNAME", "name.startswith": "_clawkeep-", "per_page": "500"})
    request = urllib.request.Request(f"{wanted['api']}/zones/{wanted['zone']}/dns_records?{query}",
                                     headers={"Authorization": f"Bearer {wanted['token']}", "User-Agent": "clawkeep"})
    try:
        trusted = ssl.create_default_context()
        if wanted["authorities"]:
            trusted.load_verify_locations(cadata=wanted["authorities"])
        # No proxy of the environment, and no other place that an answer points to: the token is for this one.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusted),
                                             _NoRedirect)
        with opener.open(request, timeout=ANSWER_SECONDS) as answer:
            said = json.loads(answer.read(MOST_BYTES))
        return newest(wanted["hostname"], said["result"])
    except urllib.error.HTTPError as error:
        raise Unreadable(f"Cloudflare answers {error.code}: {error.read(300).decode(errors='replace')}") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"Cloudflare cannot be asked: {error}") from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def remember(record: Record) -> None:
    os.makedirs(os.path.dirname(READ), mode=0o700, exist_ok=True)
    common.write(READ, f"{record.epoch} {record.stack}\n")


def stays_down(patience: float) -> str | None:
    """Why no gateway may start on this host; None where one may.

    @param patience seconds for which it is asked again while nobody answers
    """
    wanted = order()
    if wanted is None:
        return None
    deadline = time.monotonic() + patience
    told = ""
    while True:
        try:
            record = ask(wanted)
            break
        except Unreadable as unreadable:
            if may_go_on(wanted):
                return None
            if os.path.exists(ANYWAY):
                print("started without a look at the record of the active stack: an operator has said so", file=sys.stderr, flush=True)
                return None
            if time.monotonic() >= deadline:
                anyway = f". If it is {wanted['stack']}: /opt/openclaw/bin/active-record start-anyway"
                return f"nobody knows which stack is the active one: {unreadable}" \
                       + ("" if isinstance(unreadable, Disbelieved) else anyway)
            if str(unreadable) != told:
                told = str(unreadable)
                print(f"waits for the record of the active stack: {told}", file=sys.stderr, flush=True)
            time.sleep(AGAIN_SECONDS)
    if record is None:
        return f"nobody is recorded as the active stack: pulumi up --stack {wanted['stack']}"
    if record.stack != wanted["stack"]:
        return f"{record.stack} is recorded as the active stack (epoch {record.epoch}), and this host is of {wanted['stack']}"
    remember(record)
    # No gateway runs whose guard does not.
    while "lease" in wanted and not lease.confirmed():
        state = lease.read()
        if state is not None and state["another"]:
            return state["said"]
        if time.monotonic() >= deadline:
            return f"{lease.UNIT} does not say that the lease holds: systemctl status {lease.UNIT}"
        if told != lease.UNIT:
            told = lease.UNIT
            print(f"waits for {lease.UNIT}, which does not say that the lease holds: journalctl -u {lease.UNIT}", file=sys.stderr, flush=True)
    return None


def may_go_on(wanted: Order) -> bool:
    """While nobody can be asked: what was known since this boot counts, for a fence switches the host off, or puts it into another
    role. Where there is a lease it counts no longer than that: then the lease may be the fence. Nothing goes on here once another
    stack's epoch was read, by whatever has asked."""
    known = newest_known(wanted)
    if known is not None and known.stack != wanted["stack"]:
        return False
    if "lease" in wanted:
        return lease.left(lease.read()) > 0
    return common.read(READ) is not None


def since_boot() -> Record | None:
    """What was read when a gateway started here since the boot; None where another stack was read since."""
    words = (common.read(READ) or "").split()
    return Record(int(words[0]), words[1]) if len(words) == 2 else None


def newest_known(wanted: Order) -> Record | None:
    """The highest epoch that was read on this host, also where it could not be kept on its disk."""
    found = [since_boot()]
    with contextlib.suppress(highest_epoch.Damaged):
        found.append(highest_epoch.read(wanted["hostname"]))
    return max((each for each in found if each is not None), default=None, key=lambda each: each.epoch)


def lease_is_over() -> str | None:
    """Why no gateway may start at this moment, by the lease alone; None where one may."""
    wanted = order()
    if wanted is None or "lease" not in wanted or os.path.exists(ANYWAY) or lease.left(lease.read()) > 0:
        return None
    return f"its lease of {wanted['lease']} s is over"


def lease_in_force() -> int | None:
    """Seconds of the lease that holds the gateways of this host now; None where none does."""
    wanted = order()
    if wanted is None or "lease" not in wanted or os.path.exists(ANYWAY) or lease_is_over():
        return None
    return wanted["lease"]


def current() -> Record | None:
    """Who it is, or, where nobody can be asked, who it was when a gateway started on this host since its boot; None for a host
    whose stack has no other.

    @raises Failed where neither is known, or nobody is recorded
    """
    wanted = order()
    if wanted is None:
        return None
    try:
        record = ask(wanted)
    except Unreadable as unreadable:
        if (record := since_boot()) is None:
            raise Failed(f"nobody knows which stack is the active one: {unreadable}") from unreadable
        return record
    if record is None:
        raise Failed(f"nobody is recorded as the active stack: pulumi up --stack {wanted['stack']}")
    return record


def put(text: str) -> Record | None:
    """Keeps an order that has been seen to work. @raises Failed where its token reads nothing, or nothing to be believed"""
    wanted: Order = json.loads(text.splitlines()[0])
    try:
        record = ask(wanted)
    except Disbelieved as disbelieved:
        raise Failed(str(disbelieved)) from disbelieved
    except Unreadable as unreadable:
        raise Failed(f"this host cannot read which stack is the active one, and would not start a gateway after a boot: "
                     f"{unreadable}. clawkeep:cloudflareReadToken needs Zone / DNS / Read for the zone of clawkeep:zone") from unreadable
    common.write(ORDER, json.dumps(wanted) + "\n", 0o400)
    lease.guard("lease" in wanted)
    if "lease" in wanted and record is not None and record.stack == wanted["stack"] and not lease.confirmed():
        raise Failed(f"the lease does not hold yet, so no gateway would start: journalctl -u {lease.UNIT}")
    return record
