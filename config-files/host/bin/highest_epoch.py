"""The highest epoch that this host has read of the record of the active stack, kept on its disk: no list that ends before it is
believed, nor one that gives it to another stack.

Usage: imported by active_record, which judges each answer by it; `active-record forget` removes it

Each hostname has its own, for an epoch means nothing under another one. It is only ever raised.
"""
import functools
import json
import os
import re
import sys
from typing import Any, NamedTuple

import common
from common import Failed

KEPT = "/etc/clawkeep/highest-epoch.json"
LOCK = "/run/clawkeep/highest-epoch.lock"
# Who has it writes some bytes. The lease's guard waits 8 s for a whole question.
LOCK_SECONDS = 2
FORGET = "/opt/openclaw/bin/active-record forget"


class Record(NamedTuple):
    epoch: int
    stack: str


class Damaged(Exception):
    """What is kept cannot be read, and says what to type. It is never taken for nothing."""


def read(hostname: str) -> Record | None:
    """@returns what was read of that name's record, None where nothing was @raises Damaged"""
    kept = _all().get(hostname)
    if kept is None:
        return None
    match kept:
        case {"epoch": int(epoch), "stack": str(stack)} if epoch > 0 and re.fullmatch(r"[a-z0-9-]{1,40}", stack):
            return Record(epoch, stack)
    raise _damaged("it holds something else")


def _all() -> dict[str, Any]:
    try:
        text = common.read(KEPT)
        kept = {} if text is None else json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(str(error)) from error
    if not isinstance(kept, dict):
        raise _damaged("it holds something else")
    return kept


def _damaged(why: str) -> Damaged:
    return Damaged(f"{KEPT}, where this host keeps the highest epoch that it has read, is damaged: {why}. If you know that no other "
                   f"stack has taken over meanwhile, on this host: {FORGET}")


def doubts(hostname: str, stack: str, record: Record | None) -> str | None:
    """Why an answer is not to be believed; None where it is, and then it is kept.

    @param stack this host's
    @param record what was answered, None for nobody
    """
    try:
        seen = read(hostname)
        if why := _contradiction(hostname, record, seen):
            return why
        if record is None or record == seen:
            return None
        return _keep(hostname, record)
    except Damaged as damaged:
        # Another stack's name starts nothing here, whatever was kept; unread it would let go on what goes on while nobody answers.
        if record is None or record.stack == stack:
            return str(damaged)
        _say_once(str(damaged))
        return None


def _contradiction(hostname: str, record: Record | None, seen: Record | None) -> str | None:
    if seen is None or (record is not None and (record.epoch > seen.epoch or record == seen)):
        return None
    answered = "no epoch at all" if record is None else f"epoch {record.epoch} ({record.stack})"
    return f"Cloudflare answers with {answered}, and this host has read epoch {seen.epoch} ({seen.stack}) before: the answer is an older " \
           f"one, or somebody has deleted or changed the record _clawkeep-{seen.epoch}.{hostname}. If that was on purpose, on this " \
           f"host: {FORGET}"


def _keep(hostname: str, record: Record) -> str | None:
    """@returns as doubts() does: somebody else may have read more meanwhile"""
    try:
        held = _lock()
        try:
            kept = _all()
            if why := _contradiction(hostname, record, read(hostname)):
                return why
            common.write(KEPT, json.dumps({**kept, hostname: record._asdict()}) + "\n")
        finally:
            os.close(held)
    except (OSError, Failed) as failure:
        # An assistant that is away for a full disk is worse than a host that would believe an older list later.
        _say_once(f"epoch {record.epoch} ({record.stack}) is read, and cannot be kept: {failure}: df /etc /run")
    return None


def _lock() -> int:
    os.makedirs(os.path.dirname(LOCK), mode=0o700, exist_ok=True)
    held = common.lock(LOCK, LOCK_SECONDS)
    if held is None:
        raise Failed(f"somebody else has {LOCK} for longer than {LOCK_SECONDS} s")
    return held


@functools.cache
def _say_once(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def forget() -> str:
    """Removes it, of every name; whole or damaged. @returns what that was, in words"""
    held = _lock()
    try:
        try:
            kept = ", ".join(f"epoch {each.epoch} ({each.stack}) of {name}" for name in _all() if (each := read(name)))
        except Damaged:
            kept = "what could not be read"
        common.remove(KEPT)
        return f"forgotten: {kept}" if kept else "nothing was kept"
    finally:
        os.close(held)
