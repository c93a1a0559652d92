"""Which stack is the active one, as it is recorded outside this host: read before a gateway starts.

Usage: imported by active-record, gateway-gate and gateway-activate. A host whose stack has no other has no order, and needs
no record.

Cloudflare's own API is asked, over TLS: a name server's answer may be old, or of somebody else. Each epoch has one CNAME,
_clawkeep-EPOCH.HOSTNAME, that points at STACK.HOSTNAME; the highest counts (config/active-record.ts).
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
from typing import NamedTuple, NotRequired, TypedDict

import common
import lease
from common import Failed

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


class Record(NamedTuple):
    epoch: int
    stack: str


class NotActive(Exception):
    """Another stack is recorded as the active one."""


class Unreadable(Exception):
    """Why the record could not be read. It is never taken for one that says nothing."""


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
    """@returns what is recorded, None where nothing is @raises Unreadable"""
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
                return f"nobody knows which stack is the active one: {unreadable}. If it is {wanted['stack']}: " \
                       "/opt/openclaw/bin/active-record start-anyway"
            if str(unreadable) != told:
                told = str(unreadable)
                print(f"waits for the record of the active stack: {told}", file=sys.stderr, flush=True)
            time.sleep(AGAIN_SECONDS)
    if record is None:
        return f"nobody is recorded as the active stack: pulumi up --stack {wanted['stack']}"
    if record.stack != wanted["stack"]:
        # It may have been this one until a moment ago.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(READ)
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
    role. Where there is a lease it counts no longer than that: then the lease may be the fence."""
    if "lease" in wanted:
        return lease.left(lease.read()) > 0
    return common.read(READ) is not None


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
        words = (common.read(READ) or "").split()
        if len(words) != 2:
            raise Failed(f"nobody knows which stack is the active one: {unreadable}") from unreadable
        return Record(int(words[0]), words[1])
    if record is None:
        raise Failed(f"nobody is recorded as the active stack: pulumi up --stack {wanted['stack']}")
    return record


def put(text: str) -> Record | None:
    """Keeps an order that has been seen to work. @raises Failed where its token reads nothing"""
    wanted: Order = json.loads(text.splitlines()[0])
    try:
        record = ask(wanted)
    except Unreadable as unreadable:
        raise Failed(f"this host cannot read which stack is the active one, and would not start a gateway after a boot: "
                     f"{unreadable}. clawkeep:cloudflareReadToken needs Zone / DNS / Read for the zone of clawkeep:zone") from unreadable
    common.write(ORDER, json.dumps(wanted) + "\n", 0o400)
    lease.guard("lease" in wanted)
    if "lease" in wanted and record is not None and record.stack == wanted["stack"] and not lease.confirmed():
        raise Failed(f"the lease does not hold yet, so no gateway would start: journalctl -u {lease.UNIT}")
    return record
