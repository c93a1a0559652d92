"""The identity of the spend store, and the operator's command for it.

The store (Redis) holds a random marker, and a file beside the audit records holds the same. A store that comes back empty
has no marker: nobody knows what was spent, so every call is refused until an operator accepts that. Both are made
together, once, when neither is there and nothing has been spent.

    python3 spend_store.py status          what is spent, reserved and left; exit 1 when the store is not usable
    python3 spend_store.py accept-empty    counts from what is in the store now; nothing happens when it is usable
"""
import os
import secrets
import sys
from typing import Any

from spend_limits import NANO, STATE, STORE_SOCKET, Limits

MARKER = "clawkeep:store"
OPEN_ATTEMPTS = "clawkeep:open"
IDENTITY = os.path.join(STATE, "spend-store.id")
COMMAND = "/opt/openclaw/bin/spend-store"


def expected() -> str:
    """The marker that the store has to hold; empty when none was ever made."""
    try:
        with open(IDENTITY, encoding="ascii") as stream:
            return stream.read().strip()
    except FileNotFoundError:
        return ""


def problem_with(marker: bytes | None) -> str:
    """What is wrong with a store that holds this marker (bytes or None); empty when nothing is."""
    wanted = expected()
    if marker is not None and wanted and marker.decode() == wanted:
        return ""
    found = "is empty" if marker is None else "is another one"
    return f"the spend store {found}: what was spent is not known, so nothing may be; see {COMMAND} status"


def _remember(identity: str) -> None:
    with open(IDENTITY + ".new", "w", encoding="ascii") as stream:
        stream.write(identity + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    os.rename(IDENTITY + ".new", IDENTITY)


def _anything_spent(store: Any) -> bool:
    return next(store.scan_iter("clawkeep:spend:*", count=1000), None) is not None


def initialise(store: Any) -> None:
    """First deployment: makes marker and file. A crash between the two is made good by the next start."""
    if expected() or _anything_spent(store):
        return
    store.set(MARKER, secrets.token_hex(16), nx=True)
    _remember(store.get(MARKER).decode())


def _status(store: Any) -> int:
    problem = problem_with(store.get(MARKER))
    print(problem or "the spend store is usable")
    for scope in Limits().scopes:
        spent, reserved = (int(value or 0) for value in store.hmget(scope.key, "spent" + scope.suffix, "reserved" + scope.suffix))
        left = max(0, store.pttl(scope.key)) // 1000
        resets = f"resets in {left} s" if left else "no spending in this period yet"
        print(
            f"{scope.name}: spent ${spent / NANO:.6f}, reserved ${reserved / NANO:.6f} of ${scope.budget_usd:g}; {resets}"
        )
    if problem:
        print(f"If a new, empty store is meant to be there: {COMMAND} accept-empty")
    return 1 if problem else 0


def _accept_empty(store: Any) -> int:
    if not problem_with(store.get(MARKER)):
        print("the spend store is usable: there is nothing to accept")
        return 0
    if not expected():
        _remember(secrets.token_hex(16))
    store.set(MARKER, expected())
    print("accepted: spending counts from what the store holds now; check the providers' own figures for the rest")
    return 0


def main() -> int:
    import redis

    commands = {"status": _status, "accept-empty": _accept_empty}
    command = commands.get(sys.argv[1] if len(sys.argv) == 2 else "")
    if command is None:
        print(f"usage: {COMMAND} status|accept-empty", file=sys.stderr)
        return 2
    try:
        return command(redis.Redis(unix_socket_path=STORE_SOCKET, socket_timeout=3, socket_connect_timeout=3))
    except (redis.RedisError, OSError) as error:
        print(f"the spend store does not answer ({type(error).__name__}): docker logs openclaw-redis", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
