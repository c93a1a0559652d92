"""The restore of a gateway on its host, as one table: what is done in each state, and where it leads.

Usage: from restoring import Restoring, recover
What is put in place lies on the host already, and a canary has started on a copy of it (backup-restore). Before anything of a
state is done it stands in restore.json, in the gateway's directory, on the disk, so that whoever comes after a power cut or a
kill goes on from there: the unit before each start, gateway-swap, the next backup-restore. Whoever comes on another server, which
has the state without that note, finds the state marked as half of one (copies.marked_as_half). What is done in a state can be done
again. Once the old state has begun to go, being cut off leads on to the restored one; a failure leads back to the old one.
"""
import os
import sys
from collections.abc import Callable
from typing import NamedTuple, NotRequired, TypedDict

import copies
from backup_snapshots import discard
from common import Failed, inspect, log_lines
from gateway import Gateway, existing
from serving import see_it_serve, start, wait_until_ready


class Journal(TypedDict):
    """restore.json"""

    state: NotRequired[str]
    # Id of the snapshot.
    snapshot: str
    # Directory of what is put in place: `state` and, where the snapshot has them, `workspaces`.
    source: str
    parts: list[str]
    # Name of the copy of the state that was there; those of other parts end with their name.
    aside: str
    # What is there is a snapshot's, put there by backup-follow, and has never been served: nothing of it is kept.
    followed: NotRequired[bool]
    # What was there, and so what is kept of it, was half a state itself.
    half: NotRequired[bool]
    # Whether the gateway was started before: one that was down is left down.
    ran: bool
    # Why the restored one does not serve, and its last log lines.
    reason: NotRequired[str]
    log: NotRequired[str]


class State(NamedTuple):
    does: Callable[["Restoring"], None]
    # The next state, END (the journal goes) or STAY (it stays, and whoever comes next goes on with `resumes`).
    then: str
    # The next state when that fails.
    fails: str
    # The next state for whoever finds this one in the journal.
    resumes: str


def place_of(gateway: Gateway, part: str) -> str:
    """File system of a gateway's that a part is put in."""
    return {"state": gateway.state, "workspaces": f"{gateway.home}/sandboxes/workspaces"}[part]


def is_active(gateway: Gateway) -> bool:
    """Whether this host's role for it is to serve."""
    return gateway.role == "active"


class Restoring:
    def __init__(self, gateway: Gateway, journal: Journal, timeout: float | None, image: str = "") -> None:
        """@param timeout seconds for it to get ready; None for who is a part of the unit's own start
        @param image what works on its files where no container has the gateway's name
        """
        self.gateway, self.journal, self.timeout, self.spare_image = gateway, journal, timeout, image

    def walk(self, state: str) -> str:
        """Goes from state to state, to the end. @returns the last state that it has been in"""
        while True:
            self.journal["state"] = state
            self.gateway.write("restore", self.journal)
            try:
                STATES[state].does(self)
                following = STATES[state].then
            except Failed as failure:
                self.note(str(failure))
                following = STATES[state].fails
            if following in (END, STAY):
                if following == END:
                    self.gateway.forget("restore")
                return state
            state = following

    def note(self, failure: str) -> None:
        # What came first is the cause.
        if "reason" not in self.journal:
            self.journal["reason"], self.journal["log"] = failure, log_lines(self.gateway.name)

    @property
    def image(self) -> str:
        holder = inspect(self.gateway.name)
        return self.spare_image if holder is None and self.spare_image else existing(self.gateway.name)["Image"]

    def kept(self, part: str) -> str:
        return self.journal["aside"] if part == "state" else f"{self.journal['aside']}-{part}"

    def stop(self) -> None:
        if self.timeout is None:
            # Before its own start nothing of it runs.
            return
        self.gateway.stop(self.gateway.name)
        self.gateway.end_sandboxes()

    def keep(self) -> None:
        copies.need_state(self.gateway)
        if self.gateway.is_half:
            self.journal["half"] = True
        if self.journal.get("followed"):
            return
        for part in self.journal["parts"]:
            left_out = copies.keep(self.gateway, self.image, place_of(self.gateway, part), self.kept(part))
            if left_out:
                print(f"left out of what is kept of the {part}: {left_out}", file=sys.stderr)

    def put(self) -> None:
        with copies.marked_as_half(self.gateway):
            for part in self.journal["parts"]:
                copies.put(self.gateway, self.image, f"{self.journal['source']}/{part}", place_of(self.gateway, part))

    def try_it(self) -> None:
        # The unit's own start starts it, as the canary has seen it start.
        if self.timeout is None or not is_active(self.gateway):
            return
        start(self.gateway, self.image)
        wait_until_ready(self.gateway, self.timeout)

    def done(self) -> None:
        discard(self.journal["source"])

    def go_back(self) -> None:
        """What was there is there again. What the restored one has made of itself goes: it never was ready, and the snapshot
        it came from is in the repository."""
        self.stop()
        if self.journal.get("followed"):
            raise Failed("what was there was an earlier snapshot's; /opt/openclaw/bin/backup-follow puts one there again")
        kept = {part: f"{copies.BACKUPS}/{self.kept(part)}" for part in self.journal["parts"]}
        there = [part for part in kept if os.path.isdir(kept[part])]
        with copies.marked_as_half(self.gateway, is_whole_then=len(there) == len(kept) and not self.journal.get("half", False)):
            for part in there:
                copies.put(self.gateway, self.image, kept[part], place_of(self.gateway, part))

    def serve_again(self) -> None:
        discard(self.journal["source"])
        if self.timeout is not None and self.journal["ran"]:
            see_it_serve(self.gateway, self.timeout)


END, STAY = "end", "stay"
STATES = {
    # state            what is done              then      where it fails  where it was cut off
    "stop":      State(Restoring.stop,        "keep",   "resume",      "resume"),
    "keep":      State(Restoring.keep,        "put",    "resume",      "resume"),
    # The old state goes.
    "put":       State(Restoring.put,         "try",    "back",        "put"),
    # Who comes later does not know whether it has served since: nothing that was said to it may go.
    "try":       State(Restoring.try_it,      "done",   "back",        "done"),
    "done":      State(Restoring.done,        END,      END,           "done"),
    # Half a state is none: until this has been done nothing starts.
    "back":      State(Restoring.go_back,     "resume", STAY,          "back"),
    "resume":    State(Restoring.serve_again, END,      END,           "resume"),
}


def recover(gateway: Gateway, timeout: float | None, image: str = "") -> None:
    """Goes on with what an interrupted restore has left. The caller has the gateway's lock, as whoever restores it has.

    @param timeout seconds for it to get ready; None in the unit's own start, which starts it afterwards itself
    @param image what works on its files where no container has its name
    @raises Failed where its state is not whole
    """
    journal: Journal | None = gateway.read("restore")
    if journal is None:
        return
    last = Restoring(gateway, journal, timeout, image).walk(STATES[journal.get("state", "stop")].resumes)
    if last == "back" and journal.get("followed"):
        raise Failed(f"the state of {gateway.name} is not whole: {journal.get('reason')}. Another run of /opt/openclaw/bin/backup-follow "
                     "puts a snapshot there")
    if last == "back":
        raise Failed(f"the state of {gateway.name} is not whole, and what was there before could not be put back: "
                     f"{journal.get('reason')}. It is kept in {copies.BACKUPS}/{journal['aside']}")
    said = "is restored" if last == "done" else "has what it had before"
    print(f"restore: {gateway.name} {said}, after a restore that was cut off", file=sys.stderr)
