"""A change of the container that serves a gateway, as one table: what is done in each state, and where it leads.

Usage: from swap import Swap, recover
Both containers are there all the time, only the name moves, and one of them runs at a time. Before anything of a state is
done it stands in swap.json, on the disk, so that whoever comes after a power cut or a kill goes on from there. What is done
in a state can be done again.
"""
import sys
from collections.abc import Callable
from typing import NamedTuple, NotRequired, TypedDict

import copies
from common import Container, Failed, inspect, log_lines, now
from gateway import NEVER, Gateway, existing
from serving import ready, see_it_serve, start, wait_until_ready


class Journal(TypedDict):
    """swap.json"""

    # Not in one that a release before 0.2 has left: state_of() says which it is.
    state: NotRequired[str]
    new: str
    newImage: str
    # The one that has proven itself before, if one has.
    old: str | None
    # Path of the state's copy; empty where there was no state.
    copy: str
    time: str
    # The new one may have been started, and have changed the state.
    started: NotRequired[bool]
    # Why the new one does not serve, and its last log lines.
    reason: NotRequired[str]
    log: NotRequired[str]
    # Where what the new one made of the state is kept, and whether the copy is back.
    aside: NotRequired[str]
    restored: NotRequired[bool]
    # Why the old one does not serve either.
    lost: NotRequired[str]


class Refused(TypedDict):
    """refused.json"""

    id: str
    time: str
    reason: str | None
    log: str | None
    aside: str | None
    restored: bool | None


class Way(NamedTuple):
    """Where a state leads, with one to go back to and without."""

    back: str
    alone: str


class State(NamedTuple):
    does: Callable[["Swap"], None]
    # The next state, END (the journal goes) or STAY (it stays, and the next run goes on with `resumes`).
    then: str
    # The next state when that fails.
    fails: Way
    # The next state for whoever finds this one in the journal.
    resumes: Way


class Swap:
    def __init__(self, gateway: Gateway, journal: Journal, timeout: float, stops_unit: bool = True) -> None:
        """@param timeout seconds for one to get ready. @param stops_unit False for who is a part of the unit's own start"""
        self.gateway, self.journal, self.timeout, self.stops_unit = gateway, journal, timeout, stops_unit

    def walk(self, state: str, until: tuple[str, ...] = ()) -> str:
        """Goes from state to state, to the end or before one of `until`. @returns the last state that it has been in"""
        while True:
            self.journal["state"] = state
            self.save()
            try:
                STATES[state].does(self)
                following = STATES[state].then
            except Failed as failure:
                self.note(state, str(failure))
                following = STATES[state].fails.back if self.journal["old"] else STATES[state].fails.alone
            if following in until and self.may_have_changed():
                # Whoever comes after the start that follows sees whether that one serves.
                self.journal["state"] = following
                self.save()
                return state
            if following == END or following in until:
                self.gateway.forget("swap")
                return state
            if following == STAY:
                return state
            state = following

    def save(self) -> None:
        self.gateway.write("swap", self.journal)

    def may_have_changed(self) -> bool:
        """Whether the old one may not open its state any more."""
        return "reason" in self.journal or self.journal.get("started", False)

    def note(self, state: str, failure: str) -> None:
        if state in FORWARD:
            self.journal["reason"], self.journal["log"] = failure, log_lines(self.journal["new"])
        else:
            self.journal["lost"] = failure

    @property
    def old(self) -> str:
        return self.journal["old"] or ""

    def stop(self) -> None:
        holder = inspect(self.gateway.name)
        self.gateway.stop(*(each for each in (holder and holder["Id"], self.journal["new"]) if each))
        self.gateway.end_sandboxes()

    def copy(self) -> None:
        self.journal["copy"], left_out = copies.save(self.gateway, self.journal["newImage"])
        if left_out:
            print(left_out, file=sys.stderr)

    def rename(self) -> None:
        self.gateway.give_name(self.journal["new"], f"{self.gateway.name}-previous")
        self.journal["started"] = True

    def try_new(self) -> None:
        start(self.gateway, self.journal["newImage"])
        wait_until_ready(self.gateway, self.timeout)

    def keep(self) -> None:
        self.gateway.write("proven", {"id": self.journal["new"]})

    def go_back(self) -> None:
        """The old container has its name and its state again; nothing runs."""
        if self.stops_unit:
            self.gateway.stop_unit()
        new, old = inspect(self.journal["new"]), inspect(self.old)
        self.gateway.stop_containers(*(each["Id"] for each in (new, old) if each is not None))
        if old is None:
            # Somebody has removed it while the new one was tried.
            copy = f"; the state of before the change is kept in {self.journal['copy']}" if self.journal["copy"] else ""
            raise Failed(f"the container {self.old[:12]} is gone{copy}")
        self.gateway.end_sandboxes()
        # A newer version may have migrated the state to what the older cannot read; the same version has not.
        wrote = self.journal.get("started") and (new is None or new["State"].get("StartedAt") != NEVER)
        # What was begun is ended: half of a state is none.
        if "aside" in self.journal or (wrote and self.journal["newImage"] != old["Image"]):
            self.restore()
        self.gateway.give_name(self.old, f"{self.gateway.name}-refused")
        self.refuse()

    def serve_old(self) -> None:
        see_it_serve(self.gateway, self.timeout)

    def rescue(self) -> None:
        """Nothing has migrated the state, and still the old one does not open it."""
        if not self.journal["copy"]:
            raise Failed(self.journal.get("lost", "it does not get ready"))
        if self.stops_unit:
            self.gateway.stop_unit()
        self.gateway.stop_containers(self.old)
        self.gateway.end_sandboxes()
        self.restore()
        self.refuse()

    def down(self) -> None:
        """Nobody waits for it, and it would start again for ever."""
        if self.stops_unit:
            self.gateway.disable()

    def claim(self) -> None:
        """There is nothing to go back to, so the new one is what a start starts."""
        if inspect(self.gateway.name) is None and inspect(self.journal["new"]) is not None:
            self.gateway.give_name(self.journal["new"], f"{self.gateway.name}-previous")

    def nothing(self) -> None:
        """Whoever reads the journal next tries again."""

    def restore(self) -> None:
        """Once: what the new one made of the state is kept aside, then the copy of before it is put back."""
        if self.journal.get("restored") or not self.journal["copy"]:
            return
        if "aside" not in self.journal:
            self.journal["aside"] = f"failed-{self.gateway.name}-{now()}"
            self.save()
        image = existing(self.old)["Image"]
        left_out = copies.restore(self.gateway, image, self.journal["copy"], self.journal["aside"])
        if left_out:
            print(left_out, file=sys.stderr)
        self.journal["restored"] = True
        self.save()

    def refuse(self) -> None:
        """One that was only cut off is not refused: it is tried again."""
        if "reason" not in self.journal:
            return
        refused: Refused = {
            "id": self.journal["new"],
            "time": now(),
            "reason": self.journal["reason"],
            "log": self.journal.get("log"),
            "aside": self.journal.get("aside"),
            "restored": self.journal.get("restored"),
        }
        self.gateway.write("refused", refused)


END, STAY = "end", "stay"
ALWAYS = {state: Way(state, state) for state in ("keep", "return", "serve", "rescue", "serve again", "lost", "claim")}
FAILED, CUT_OFF = Way("return", "down"), Way("return", "claim")
STATES = {
    # state              what is done     then           where it fails    where it was cut off
    "stop":        State(Swap.stop,      "copy",        FAILED,           CUT_OFF),
    "copy":        State(Swap.copy,      "rename",      FAILED,           CUT_OFF),
    "rename":      State(Swap.rename,    "try",         FAILED,           CUT_OFF),
    # Cut off, and ready by the time that gateway-swap looks again: "keep".
    "try":         State(Swap.try_new,   "keep",        FAILED,           CUT_OFF),
    "keep":        State(Swap.keep,      END,           FAILED,           ALWAYS["keep"]),
    "return":      State(Swap.go_back,   "serve",       ALWAYS["lost"],   CUT_OFF),
    "serve":       State(Swap.serve_old, END,           ALWAYS["rescue"], Way("serve", "claim")),
    "rescue":      State(Swap.rescue,    "serve again", ALWAYS["lost"],   Way("rescue", "claim")),
    "serve again": State(Swap.serve_old, END,           ALWAYS["lost"],   Way("serve again", "claim")),
    "lost":        State(Swap.nothing,   STAY,          ALWAYS["lost"],   CUT_OFF),
    "down":        State(Swap.down,      END,           ALWAYS["lost"],   CUT_OFF),
    "claim":       State(Swap.claim,     END,           ALWAYS["lost"],   ALWAYS["claim"]),
}
# On the way to the new one: what fails there is its fault.
FORWARD = ("stop", "copy", "rename", "try", "keep")
# In these the old one is started: by its unit, where that is what reads the journal.
SERVING = ("serve", "serve again")


def state_of(journal: Journal, proven: str | None) -> str:
    """The state that a journal was left in, by a release before 0.2 too, which wrote none down."""
    if "state" in journal:
        return journal["state"]
    if proven == journal["new"]:
        return "keep"
    if journal.get("reason"):
        return "return"
    return "try" if journal.get("started") else "stop"


def recover(gateway: Gateway, timeout: float | None) -> None:
    """Goes on with what an interrupted swap has left: until the one of before can be started, and until it serves where the
    new one may have been started.

    @param timeout seconds for that one to get ready; None in the unit's own start, which starts it afterwards itself
    @raises Failed where neither of the two can serve
    """
    journal: Journal | None = gateway.read("swap")
    if journal is None:
        return
    state = state_of(journal, last_proven(gateway))
    old = journal["old"] is not None and inspect(journal["old"]) is not None
    first = STATES[state].resumes.back if old else STATES[state].resumes.alone
    if first == "keep" and inspect(journal["new"]) is None:
        first = CUT_OFF.back if old else CUT_OFF.alone
    if first in SERVING and timeout is None:
        return
    swap = Swap(gateway, journal, timeout or 0, stops_unit=timeout is not None)
    last = swap.walk(first, until=SERVING if timeout is None or not swap.may_have_changed() else ())
    if last == "lost":
        raise Failed(journal.get("lost", "nothing serves"))
    if last == "keep":
        try:
            tidy(gateway, journal["new"])
        except Failed as failure:
            # It serves all the same.
            print(f"gateway-swap: {gateway.name}: {failure}", file=sys.stderr)
    else:
        print(f"gateway-swap: undid an interrupted change of {gateway.name}", file=sys.stderr)


def has_succeeded(gateway: Gateway) -> bool:
    """A swap whose script was killed while the new one got ready: it is kept now, not undone."""
    journal: Journal | None = gateway.read("swap")
    serving = inspect(gateway.name)
    if journal is None or serving is None or serving["Id"] != journal["new"] or not serving["State"]["Running"]:
        return False
    return state_of(journal, last_proven(gateway)) == "try" and ready(gateway)


def last_proven(gateway: Gateway) -> str | None:
    proven: dict[str, str] | None = gateway.read("proven")
    return None if proven is None else proven["id"]


def is_proven(gateway: Gateway, container: Container) -> bool:
    return last_proven(gateway) == container["Id"] or (container["State"]["Running"] and ready(gateway))


def tidy(gateway: Gateway, container: str) -> None:
    """Removes every other container of this gateway, and what was noted about those."""
    gateway.forget("refused")
    # One without the label was made before there were labels: the engine removes it itself.
    gateway.remove_all("clawkeep.instance-of", but=container)

