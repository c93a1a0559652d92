"""A gateway's throw-away container: the exact image in the exact shape of the one that serves, on a copy of a state, without
network and channels, with made-up secrets.

Usage: from canary import Canary, Order
"""
import json
import os
import sys
import time
from typing import Literal, NotRequired, TypedDict

import common
import copies
from common import Container, docker, inspect, run
from gateway import USER, Gateway, answers

# Orders that have proven themselves, kept beside the gateway: that of what serves, of one that was refused, and of one before.
KEPT = 3


class Mount(TypedDict):
    """What the gateway has at `target`, and what the canary gets there."""

    target: str
    writable: bool
    # `same`: what lies at `source`; the other three know their own place.
    canary: Literal["same", "state", "secrets", "empty"]
    # Place on the host; only of `same`.
    source: str


class Order(TypedDict):
    """config-files/gateway/order.ts makes it, for the canary and for the gateway's own container."""

    image: str
    # Arguments of `docker run`: limits, rights, environment, what lies in memory.
    words: list[str]
    mounts: list[Mount]
    timeoutSeconds: float
    # The gateway's secrets file, made up.
    secrets: dict[str, str]
    # OpenClaw's own command in it, in words; not in an order of before 0.3.
    command: NotRequired[str]


class Canary:
    """@param helper what it is called behind the gateway's name; one of gateway.HELPERS, as is HELPER-copy"""

    def __init__(self, gateway: Gateway, order: Order, helper: str = "canary") -> None:
        self.gateway, self.order, self.helper = gateway, order, helper
        self.container = f"{gateway.name}-{helper}"
        self.scratch = f"{gateway.home}/{helper}"
        self.state = f"{self.scratch}/state"
        words = order["words"]
        self.user = int(words[words.index("--user") + 1].split(":")[0])
        self.secrets = f"/opt/openclaw/secrets/{self.container}"

    def clean(self) -> None:
        for helper in (self.helper, f"{self.helper}-copy"):
            self.gateway.remove_helper(helper)
        # Only the gateway's uid has written there, and nothing of it runs any more; rm does not follow links.
        run("rm", "-rf", "--", self.scratch, self.secrets, seconds=300)

    def place(self, mount: Mount) -> str:
        if mount["canary"] == "same":
            return mount["source"]
        return {"state": self.state, "secrets": self.secrets, "empty": f"{self.scratch}/empty"}[mount["canary"]]

    def prepare(self, kind: str, source: str | None) -> None:
        """@param kind of the copy of the state at `source`, as copy-state.mjs is told. @param source None: it begins with nothing"""
        os.mkdir(self.scratch, 0o755)
        for path, mode, user in ((self.state, 0o700, USER), (f"{self.scratch}/empty", 0o700, self.user),
                                 (self.secrets, 0o500, self.user)):
            os.mkdir(path, mode)
            os.chown(path, user, user)
        common.write(f"{self.secrets}/secrets.json", json.dumps(self.order["secrets"]), 0o400, (self.user, self.user))
        image, copier = self.order["image"], f"{self.helper}-copy"
        for said in (copies.copy(self.gateway, image, copier, kind, source, self.state) if source else "",
                     self.gateway.make_places(image, self.state, copier)):
            if said:
                print(said, file=sys.stderr)
        # As the gateway's own mount shows it its state: the file system that the copy is on may know no such mounts.
        self.gateway.give(copier, image, self.state, self.user)

    def start(self) -> None:
        volumes = [word for mount in self.order["mounts"]
                   for word in ("--volume", f"{self.place(mount)}:{mount['target']}{'' if mount['writable'] else ':ro'}")]
        docker("run", "--detach", "--name", self.container, "--network", "none", *self.order["words"], *volumes,
               self.order["image"], seconds=120)

    def is_ready(self) -> bool:
        ends = time.monotonic() + self.order["timeoutSeconds"]
        while time.monotonic() < ends:
            found = inspect(self.container)
            if found is None or not found["State"]["Running"]:
                return False
            if answers(self.container, "startupz"):
                return True
            time.sleep(1)
        return False


def remember(gateway: Gateway, order: Order) -> None:
    """Notes an order that has proven itself: a restored state is proven by that of the container which serves."""
    known: list[Order] = gateway.read("orders") or []
    gateway.write("orders", [order, *(each for each in known if each != order)][:KEPT])


def order_of(gateway: Gateway, container: Container) -> Order | None:
    """The order that a container was made from: of its image, with its own configuration."""
    mounted = {mount.get("Source") for mount in container["Mounts"]}
    known: list[Order] = gateway.read("orders") or []
    for order in known:
        said = docker("image", "inspect", "--format", "{{.Id}}", order["image"], check=False)
        same = {mount["source"] for mount in order["mounts"] if mount["canary"] == "same"}
        if said.stdout.strip() == container["Image"] and same <= mounted:
            return order
    return None
