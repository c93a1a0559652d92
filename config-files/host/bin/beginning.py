"""Whether a gateway may begin on this host with nothing: not where the repository of the backups holds it, nor while that is not known.

Usage: import beginning; begun() says of which gateways a snapshot is made

One that has no role here yet, and no state, is new; or its host was lost with all data. The host cannot tell. Empty it would be
somebody else to people, and its next snapshot would be the newest, which a restore takes. So the repository is asked before its
first activation, and never again. Nothing is asked without clawkeep:backups, nor of a state that has come back with its volume.

One that may not begin waits like one that a cold restore has told to, and all that is true of that role is true of it. But a note
beside it, asked.json, says that the next activation asks again: the repository may answer by then, or be another one.

A state that has come back with its volume half restored waits in the same way, with or without clawkeep:backups.
"""
import json
import os
import time

import active_record
import common
import copies
from backup_restic import ANSWER_SECONDS, HOME, NO_REPOSITORY, ORDER, Order, ResticFailed, read_order, restic
from backup_snapshots import Snapshot, shown, snapshots
from common import Failed, lock
from gateway import AWAITS_RESTORE, Gateway, gateways_here

NOTE = "asked"
LOCK = "/run/clawkeep-beginning.lock"
# When the repository gave no answer last, and why.
SILENT = "/run/clawkeep-beginning.json"
# One question takes at most ANSWER_SECONDS and, where that is answered, backup_snapshots.LIST_SECONDS; each of the two waits for
# another restic at most backup_restic.PATIENCE_SECONDS.
PATIENCE_SECONDS = 900
# What a new file system has, and what clear-state.mjs leaves: no gateway has ever been started on it.
OF_NO_GATEWAY = ("lost+found", "sandboxes")
GIVE_UP = "/opt/openclaw/bin/backup-restore --give-up"
HALF = "a restore of it is under way, or was cut off: what lies there may be half of what it had and half of what was to take its place"


def is_empty(gateway: Gateway) -> bool:
    """Whether no gateway has ever been started on its state: each start makes its workspace there first (soul-place.mjs).

    @raises Failed where the state is not there to be looked at
    """
    copies.need_state(gateway)
    return all(name in OF_NO_GATEWAY for name in os.listdir(gateway.state))


def is_left_half(gateway: Gateway) -> bool:
    """Whether its state is half of one and nobody goes on with it. Where the notes of that are on this host gateway-swap does, before
    anything starts."""
    return gateway.is_half and gateway.read("restore") is None and gateway.read("swap") is None


def is_asked(gateway: Gateway) -> bool:
    """Whether it waits because of what the repository has answered, or has not."""
    return gateway.read(NOTE) is not None


def ask_again(gateway: Gateway) -> None:
    gateway.write(NOTE, {"time": time.time()})


def is_answered(gateway: Gateway) -> None:
    gateway.forget(NOTE)


def ask(order: Order) -> list[Snapshot]:
    """All snapshots; none where there is no repository yet. @raises Failed where it gives no answer"""
    os.makedirs(f"{HOME}/cache", mode=0o700, exist_ok=True)
    try:
        restic(order, ["cat", "config", "--no-lock"], ANSWER_SECONDS)
    except ResticFailed as failure:
        if failure.code == NO_REPOSITORY:
            return []
        raise
    try:
        return snapshots(order)
    except (ValueError, KeyError) as error:
        raise Failed(f"restic snapshots: what it says is no list of them: {error}") from error


def asked_once(order: Order) -> list[Snapshot]:
    """The same for gateways that are activated side by side: who has waited while another got no answer asks no more."""
    began = time.time()
    held = lock(LOCK, PATIENCE_SECONDS)
    if held is None:
        raise Failed(f"another gateway has been asking for {PATIENCE_SECONDS} s")
    try:
        silent = json.loads(common.read(SILENT) or "{}")
        if silent.get("time", 0) > began:
            raise Failed(silent["said"])
        try:
            return ask(order)
        except Failed as failure:
            common.write(SILENT, json.dumps({"time": time.time(), "said": str(failure)}), 0o600)
            raise
    finally:
        os.close(held)


def refusal(gateway: Gateway) -> str:
    """Why a gateway that is to become active must not, and what to type; empty where it may."""
    if is_left_half(gateway):
        return f"gateway {gateway.name} does not start: {HALF}. It waits. {way_out_of_half(gateway.name)}"
    role = gateway.role
    if role not in ("", AWAITS_RESTORE) or not os.path.exists(ORDER) or (role == "" and not is_empty(gateway)):
        return ""
    order = read_order()
    nothing = f"gateway {gateway.name} does not start: this host has nothing of it, and"
    give_up = f"to begin with nothing, on this host: {GIVE_UP}; then pulumi up --stack {order['stack']}"
    try:
        found = asked_once(order)
    except Failed as failure:
        return (f"{nothing} whether the repository holds it is not known: {failure}. It waits, and nothing is lost. Once the repository "
                f"answers, type on your machine: pulumi up --stack {order['stack']}. Or, where it was never saved, {give_up}")
    holding = [one for one in found if gateway.name in one["gateways"]]
    if not holding:
        return ""
    return (f"{nothing} the repository holds {len(holding)} snapshots of it. The newest: {shown(holding[0])}. It waits, and nothing is "
            f"lost. To bring it back, type on your machine: {bring_back(order, gateway, found, holding[0])}. Or, {give_up}")


def way_out_of_half(name: str) -> str:
    """By itself: a cold restore would take what other gateways of this host have back to the snapshot, too."""
    anyway = f"To begin with what lies there all the same, on this host: {GIVE_UP}; then pulumi up"
    if not os.path.exists(ORDER):
        return f"Nothing of this host is saved off it (clawkeep:backups), so nothing can be brought back by it. {anyway}"
    stack = read_order()["stack"]
    return (f"To bring back what is saved of it, type on your machine: make restore STACK={stack} GATEWAY={name}, then "
            f"pulumi up --stack {stack}; until then nothing of this host is saved. {anyway} --stack {stack}")


def bring_back(order: Order, gateway: Gateway, found: list[Snapshot], wanted: Snapshot) -> str:
    """A cold restore takes what is first of all, for every gateway of the host. Where that does not hold this one, or others serve
    here, it is restored by itself."""
    others_serve = any(Gateway(name).role == "active" for name in gateways_here())
    if wanted is found[0] and wanted["odd"] == "" and not others_serve:
        return f"make restore STACK={order['stack']} COLD=1"
    return (f"make restore STACK={order['stack']} GATEWAY={gateway.name} SNAPSHOT={wanted['id'][:8]}, then "
            f"pulumi up --stack {order['stack']}; until then nothing of this host is saved")


def begun(order: Order) -> Order:
    """Without gateways that have no role here yet: with what lies there a snapshot would go before all that is saved of them.

    @raises active_record.NotActive where none has one, or a restore of one is under way
    @raises Failed where the state of one is left half of one: that does not end by itself, and nobody's is saved until then
    """
    here = [Gateway(name) for name in gateways_here()]
    if left := [gateway.name for gateway in here if is_left_half(gateway)]:
        raise Failed(f"nothing of this host is saved: {HALF}. {way_out_of_half(left[0])}")
    if half := [gateway.name for gateway in here if gateway.is_half]:
        raise active_record.NotActive(f"nothing is saved before a restore is whole: {', '.join(half)}")
    named = {tag.removeprefix("gateway=") for tag in order["tags"] if tag.startswith("gateway=")}
    new = named - set(gateways_here())
    if new == named:
        raise active_record.NotActive("no gateway has a role on this host yet, so nothing is saved")
    return {**order, "tags": [tag for tag in order["tags"] if tag.removeprefix("gateway=") not in new],
            "parts": [part for part in order["parts"] if part["name"].split("/")[0] not in new]}
