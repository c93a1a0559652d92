"""One gateway of this host: its names and places, what is noted of it, and its containers.

Usage: from gateway import Gateway
"""
import json
import os
import re
from typing import Any

import common
from common import Container, Failed, docker, inspect, run

GATEWAYS = "/opt/openclaw/gateways"
# On the volume, which outlives the server: the files that the file systems of each gateway are in. Root's alone.
IMAGES = "/opt/openclaw/volume/gateways"
# Docker gives one that is stopped as long as OpenClaw needs to finish its work, 330 s, and some more to say so.
DRAIN_SECONDS = 340
# What a stop of the unit takes at the worst: its TimeoutStopSec, and its sandboxes looked for once more, in up to 90 s.
STOP_SECONDS = DRAIN_SECONDS + 260
# sandboxes-end gives up after 90 by itself.
SANDBOXES_SECONDS = 120
# uid and gid that own a gateway's files on the disk, and of whatever works on them there. The gateway has a user of its own.
USER = 1000
NEVER = "0001-01-01T00:00:00Z"
PROBE = 'fetch("http://127.0.0.1:18789/{}").then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))'
# A gateway can keep every new process in its container from ending, and from starting.
PROBE_SECONDS = 10
# What a container that works on a gateway's files may do, and use.
HELPER = ["--network", "none", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
          "--memory", "512m", "--memory-swap", "512m", "--cpus", "1", "--pids-limit", "64", "--log-driver", "none",
          "--tmpfs", "/tmp:rw,nosuid,nodev,size=64m,mode=1777"]
# For a change of owner of 100,000 files, which takes a second or two, on a disk that is slow.
GIVE_SECONDS = 300
# What runs in it.
PROGRAMS = ("copy-state.mjs", "clear-state.mjs", "copy-database.mjs", "check-databases.mjs", "soul-place.mjs")
HELPERS = ("canary", "canary-copy", "restored", "restored-copy", "verified", "verified-copy", "state", "snapshot", "proof")


# Role of one whose saved data is not back yet (config/await-restore.ts): it is down, and empty it does not start.
AWAITS_RESTORE = "awaits-restore"


def is_name(name: str) -> bool:
    return re.fullmatch(r"[a-z][a-z0-9-]*", name) is not None


def directories_here() -> list[str]:
    """Names of the gateways that have a directory on this host, with a role or without."""
    return [name for name in sorted(os.listdir(GATEWAYS)) if is_name(name)] if os.path.isdir(GATEWAYS) else []


def gateways_here() -> list[str]:
    """Names of the gateways that this host has been given a role for."""
    return [name for name in directories_here() if os.path.exists(f"{GATEWAYS}/{name}/role")]


def awaiting_restore() -> list[str]:
    """Names of those that wait for a cold restore."""
    return [name for name in gateways_here() if Gateway(name).role == AWAITS_RESTORE]


def name_of(state: Container) -> str:
    return state["Name"].lstrip("/")


def existing(container: str) -> Container:
    """What Docker knows of a container that has to be there."""
    state = inspect(container)
    if state is None:
        raise Failed(f"the container {container[:12]} is gone")
    return state


def answers(container: str, path: str) -> bool:
    """Whether the gateway in that container answers so that it serves."""
    return docker("exec", container, "node", "-e", PROBE.format(path), seconds=PROBE_SECONDS, check=False).returncode == 0


class Gateway:
    def __init__(self, name: str) -> None:
        if not is_name(name):
            raise Failed(f"{name!r} is not a gateway's name: ls {GATEWAYS}")
        self.name = name
        self.home = f"{GATEWAYS}/{name}"
        self.state = f"{self.home}/state"
        self.images = f"{IMAGES}/{name}"
        # There while one state goes and another takes its place: on the volume, as the state is (copies.marked_as_half).
        self.half = f"{self.images}/half-a-state"
        self.unit = f"openclaw-gateway@{name}.service"
        # There: the filter starts nothing. Beside the workspaces as sandboxes have them, in a directory that is root's.
        self.closed = f"{self.home}/of-sandboxes/closed"

    @property
    def role(self) -> str:
        """`active`, `standby` or AWAITS_RESTORE; empty where it has none yet."""
        return (common.read(f"{self.home}/role") or "").strip()

    @property
    def is_half(self) -> bool:
        """Whether its state, or its workspaces, may be half of what was there and half of what was to take its place."""
        return common.read(self.half) is not None

    # Notes, in the gateway's directory, which is root's

    def note(self, file: str) -> str:
        return f"{self.home}/{file}.json"

    def read(self, file: str) -> Any:
        text = common.read(self.note(file))
        return None if text is None else json.loads(text)

    def write(self, file: str, value: object) -> None:
        common.write(self.note(file), json.dumps(value), 0o600)

    def forget(self, file: str) -> None:
        common.remove(self.note(file))

    # Containers

    def stop(self, *containers: str) -> None:
        """Lets running work end. Nothing of this gateway's own container runs afterwards."""
        self.stop_unit()
        self.stop_containers(*containers)

    def stop_unit(self) -> None:
        run("systemctl", "stop", self.unit, seconds=STOP_SECONDS)

    def stop_containers(self, *containers: str) -> None:
        for container in containers:
            state = inspect(container)
            if state is not None and state["State"]["Running"]:
                docker("stop", "-t", str(DRAIN_SECONDS), container, seconds=STOP_SECONDS)
                if existing(container)["State"]["Running"]:
                    raise Failed(f"{name_of(state)} does not stop: docker inspect {container[:12]}")

    def disable(self) -> None:
        """Takes the unit down, at the next boot too."""
        run("systemctl", "disable", "--quiet", "--now", self.unit, seconds=STOP_SECONDS)

    def give_name(self, container: str, former: str) -> None:
        """Moves the gateway's name to `container`; whoever has it is called `former` from then on."""
        holder, wanted = inspect(self.name), existing(container)
        if holder is not None and holder["Id"] != wanted["Id"]:
            stale = inspect(former)
            if stale is not None and stale["Id"] != holder["Id"]:
                docker("rm", "--force", stale["Id"])
            docker("rename", holder["Id"], former)
        if name_of(existing(container)) != self.name:
            docker("rename", container, self.name)

    def remove_all(self, label: str, but: str | None = None) -> None:
        """Removes the containers with that label of this gateway, and looks whether they are gone."""
        listed = ("ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={label}={self.name}")
        for container in docker(*listed).stdout.split():
            if container != but:
                docker("rm", "--force", container, check=False)
        left = [container for container in docker(*listed).stdout.split() if container != but]
        if left:
            raise Failed(f"docker did not remove {' '.join(left)}: docker rm --force {left[0]}")

    def end_sandboxes(self, seconds: float = SANDBOXES_SECONDS) -> None:
        """Its filter starts nothing more until the unit is started, and its sandboxes are gone. OpenClaw would keep one in
        use at its old limits and image; the next turn makes a new one.

        @param seconds that it has
        @raises Failed with what is left of them, or why that is not known
        """
        run(f"{common.BIN}/sandboxes-end", "close", self.name, seconds=seconds)

    def remove_helper(self, helper: str) -> None:
        """One that a caller who was killed has left, too: it would go on."""
        docker("rm", "--force", f"{self.name}-{helper}", check=False)

    # Work on the gateway's files

    def within(self, helper: str, image: str, script: str, words: list[str], mounts: dict[str, str], seconds: float,
               limits: tuple[str, ...] = ()) -> common.Result:
        """Runs a script for Node that lies here in a container of that image, as the owner of the files, with no network and no
        capability: root reads and follows nothing that the gateway can write.

        @param mounts place on the host -> place in the container, with `:ro` where nothing is to be written
        @raises Failed when it ends with another code than 0, or not within `seconds`
        """
        volumes = {**mounts, **{f"{common.BIN}/{program}": f"/{program}:ro" for program in PROGRAMS}}
        self.remove_helper(helper)
        try:
            result = docker("run", "--rm", "--name", f"{self.name}-{helper}", *HELPER, "--user", f"{USER}:{USER}",
                            *limits,
                            *(word for place, target in volumes.items() for word in ("--volume", f"{place}:{target}")),
                            "--entrypoint", "node", image, "--disable-warning=ExperimentalWarning", f"/{script}", *words,
                            seconds=seconds, check=False)
        finally:
            self.remove_helper(helper)
        if result.returncode != 0:
            raise Failed(f"{script} {' '.join(words)} ended with {result.returncode}: {result.stderr.strip()[-4000:]}")
        return result

    def give(self, helper: str, image: str, directory: str, user: int) -> None:
        """Makes all that is below `directory` that user's, by a container which may do nothing else; links are not followed."""
        self.remove_helper(helper)
        try:
            docker("run", "--rm", "--name", f"{self.name}-{helper}", *HELPER, "--user", "0:0", "--cap-add", "CHOWN", "--cap-add",
                   "DAC_READ_SEARCH", "--volume", f"{directory}:/state", "--entrypoint", "chown", image, "-hR", f"{user}:{user}",
                   "/state", seconds=GIVE_SECONDS)
        finally:
            self.remove_helper(helper)

    def make_places(self, image: str, directory: str | None = None, helper: str = "state") -> str:
        """Where SOUL.md is mounted there has to be a file of the gateway's: Docker would make its directory as root.

        @returns what stood there and was renamed
        """
        mounts = {directory or self.state: "/state"}
        return self.within(helper, image, "soul-place.mjs", ["/state"], mounts, 120).stderr.strip()
