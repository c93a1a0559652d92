"""restic in a container, as backup-run and backup-fetch use it; and containers that end in time.

Usage: imported. The order, /etc/clawkeep/backups.json, says where the repository is, and what a snapshot is made of.
"""
import json
from typing import Any, TypedDict

import common
from common import TOO_LATE, Failed, docker, run

ORDER = "/etc/clawkeep/backups.json"
HOME = "/var/lib/clawkeep/backup"
# Variables come from files: what docker inspect shows is no secret, and neither are arguments.
SHIM = """
while [ "$1" != -- ]; do value=$(cat "/secrets/${1#*=}"); export "${1%%=*}=$value"; shift; done
shift
exec restic "$@"
"""
# What restic's exit codes mean, and what to do.
CODES = {
    1: "it failed",
    3: "some of it could not be read; what could be read is there",
    10: "there is no repository yet: backup-run init makes one",
    11: "the repository is locked by another run, or by a prune: it is tried again the next time",
    12: "the repository has another password: is clawkeep:backupPassword the one that it was made with?",
    130: "it was interrupted",
}


class Restic(TypedDict):
    image: str
    # Before restic's own command.
    arguments: list[str]
    # Variable -> name of the file in `secrets`.
    fromFiles: dict[str, str]
    environment: dict[str, str]
    # Directory of the secret files, root's.
    secrets: str
    network: str


class Part(TypedDict):
    # Below the staging directory; no slash at its ends.
    name: str
    # uid:gid that the files are, and the container that reads them.
    owner: str
    source: str
    databases: bool
    without: list[str]
    seconds: float
    files: int
    bytes: int


class Order(TypedDict):
    stack: str
    epoch: int
    tags: list[str]
    # Image with Python that the copies are made by.
    python: str
    restic: Restic
    parts: list[Part]
    # What else a restore has to know; goes into the snapshot as it is.
    manifest: dict[str, Any]


def read_order() -> Order:
    try:
        with open(ORDER, encoding="utf-8") as file:
            order: Order = json.load(file)
    except FileNotFoundError as missing:
        raise Failed(f"{ORDER} is not there: clawkeep:backups is not set, or run pulumi up") from missing
    return order


def container(name: str, words: list[str], seconds: float, text: str = "") -> common.Result:
    """Runs a container for at most that long. Its name is its own: one that was left by a run that was killed goes first."""
    remove = ("rm", "--force", name)
    docker(*remove, check=False)
    done = run("docker", "run", "--rm", "--interactive", "--name", name, "--read-only", "--cap-drop", "ALL",
               "--security-opt", "no-new-privileges", "--pids-limit", "128", "--cpu-shares", "128",
               "--memory", "512m", "--memory-swap", "512m", "--log-driver", "none", *words,
               seconds=seconds, check=False, text=text)
    if done.returncode == TOO_LATE:
        # The client's end is not the container's.
        docker(*remove, check=False)
        raise Failed(f"{name} did not end within {seconds:g} seconds, and was ended")
    return done


def restic(order: Order, arguments: list[str], seconds: float, more: list[str] | None = None) -> str:
    """Runs restic. @param more options of the container. @returns its output. @raises Failed with what its code means"""
    own = order["restic"]
    words = ["--network", own["network"], "--user", "0:0", "--tmpfs", "/tmp:rw,nosuid,nodev,size=64m",
             "--volume", f"{own['secrets']}:/secrets:ro", "--volume", f"{HOME}/cache:/cache",
             "--env", "HOME=/tmp", "--env", "RESTIC_CACHE_DIR=/cache", "--env", "RESTIC_PROGRESS_FPS=0.1"]
    for name, value in own["environment"].items():
        words += ["--env", f"{name}={value}"]
    words += [*(more or []), "--entrypoint", "sh", own["image"], "-euc", SHIM, "restic"]
    words += [f"{name}={file}" for name, file in own["fromFiles"].items()]
    done = container("clawkeep-restic", [*words, "--", *own["arguments"], *arguments], seconds)
    if done.returncode != 0:
        said = done.stderr.strip()[-1000:]
        raise Failed(f"restic {arguments[0]}: {CODES.get(done.returncode, f'ended with {done.returncode}')}. {said}".strip())
    return done.stdout
