"""restic in a container, as backup-run and backup-fetch use it; and containers that end in time.

Usage: imported. The order, /etc/clawkeep/backups.json, says where the repository is, and what a snapshot is made of.
"""
import json
import os
from typing import Any, TypedDict

import common
from common import TOO_LATE, Failed, docker, lock, run

ORDER = "/etc/clawkeep/backups.json"
HOME = "/var/lib/clawkeep/backup"
# When this host has first saved anything (UTC, to the second): a cold restore onto it takes nothing later of its own, which is of
# gateways that knew nothing. Once that is done, a time that never comes.
SINCE = f"{HOME}/since"
# The epoch of what this host has saved or restored last. A stack that has no other any more goes on with it: with a lower one its
# snapshots would stand behind those of before.
EPOCH = f"{HOME}/epoch"
# Whatever saves, brings, restores or verifies here waits for the others: nothing is saved while it is half restored.
WORK_LOCK = "/run/clawkeep-backup.lock"
# Of restic, and of what copies for it: they follow each other.
NAME = "openclaw-backup"
MEMORY_MIB = 160
CPUS = 0.5
PROCESSES = 128
# Their address is one container's at a time, whoever asks.
LOCK = "/run/clawkeep-restic.lock"
PATIENCE_SECONDS = 120
# Variables come from files: what docker inspect shows is no secret, and neither are arguments.
SHIM = """
while [ "$1" != -- ]; do value=$(cat "/secrets/${1#*=}"); export "${1%%=*}=$value"; shift; done
shift
exec restic "$@"
"""
# A repository that does not answer in that time is away. restic itself goes on asking for a quarter of an hour.
ANSWER_SECONDS = 45
# restic's codes for what no time makes good.
NO_REPOSITORY, ANOTHER_PASSWORD = 10, 12
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
    # Directory of certificates that are trusted beside the usual ones; empty: none.
    certificates: str
    # Directory of the secret files, root's.
    secrets: str
    network: str
    # The one that the egress proxy knows it by.
    address: str
    # The egress proxy.
    proxy: str


class Part(TypedDict):
    # Below the staging directory; no slash at its ends.
    name: str
    # uid:gid that the files are, and the container that reads them.
    owner: str
    source: str
    # What of it; empty: all. The container goes there, not the daemon: a link leads no further than the container.
    below: str
    databases: bool
    without: list[str]
    seconds: float
    files: int
    bytes: int


class Order(TypedDict):
    stack: str
    # Without that of the epoch, which backup-run reads from the record of the active stack.
    tags: list[str]
    # Image with Python that the copies are made by.
    python: str
    restic: Restic
    # File with the address that is asked for after each snapshot; empty: none.
    ping: str
    parts: list[Part]
    # Each gateway's name, and its OpenClaw's command line.
    commands: dict[str, list[str]]
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
    """Runs a container for at most that long. Its name is its own: one that was left by a run that was killed goes first.

    Memory, processors and processes are those of its row in config/services.ts.
    """
    remove = ("rm", "--force", name)
    docker(*remove, check=False)
    done = run("docker", "run", "--rm", "--interactive", "--pull", "never", "--name", name, "--read-only", "--cap-drop", "ALL",
               "--security-opt", "no-new-privileges", "--pids-limit", str(PROCESSES), "--cpus", str(CPUS), "--cpu-shares", "128",
               "--memory", f"{MEMORY_MIB}m", "--memory-swap", f"{MEMORY_MIB}m", "--log-driver", "none", *words,
               seconds=seconds, check=False, text=text)
    if done.returncode == TOO_LATE:
        # The client's end is not the container's.
        docker(*remove, check=False)
        raise Failed(f"{name} did not end within {seconds:g} seconds, and was ended")
    return done


def outside(order: Order) -> list[str]:
    """Words of a container that reaches what the egress proxy lets backups reach, and looks no name up itself."""
    own = order["restic"]
    words = ["--network", own["network"], "--ip", own["address"], "--dns", "127.0.0.1"]
    return [*words, "--volume", f"{own['certificates']}:/certificates:ro"] if own["certificates"] else words


def restic(order: Order, arguments: list[str], seconds: float, more: list[str] | None = None) -> str:
    """Runs restic. @param more options of the container. @returns its output. @raises Failed with what its code means"""
    held = lock(LOCK, PATIENCE_SECONDS)
    if held is None:
        raise Failed(f"restic {arguments[0]}: another one has been running for {PATIENCE_SECONDS} seconds, try again later")
    try:
        done = container(NAME, [*words_of(order, more or []), *arguments], seconds)
    finally:
        os.close(held)
    if done.returncode != 0:
        said = done.stderr.strip()[-1000:]
        raise ResticFailed(arguments[0], done.returncode, said)
    return done.stdout


class ResticFailed(Failed):
    """restic has ended with a code that says why."""

    def __init__(self, command: str, code: int, said: str) -> None:
        super().__init__(f"restic {command}: {CODES.get(code, f'ended with {code}')}. {said}".strip())
        self.code = code


def words_of(order: Order, more: list[str]) -> list[str]:
    own = order["restic"]
    # What is on its way lies on the disk: a file system in memory would count as restic's own.
    words = [*outside(order), "--user", "0:0", "--tmpfs", "/tmp:rw,nosuid,nodev,size=16m",
             "--volume", f"{own['secrets']}:/secrets:ro", "--volume", f"{HOME}/cache:/cache",
             "--volume", f"{common.BIN}:/scripts:ro",
             "--env", "HOME=/tmp", "--env", "TMPDIR=/cache", "--env", "RESTIC_CACHE_DIR=/cache/restic",
             "--env", "RESTIC_PROGRESS_FPS=0.1", "--env", "GOMEMLIMIT=112MiB", "--env", f"HTTPS_PROXY={own['proxy']}"]
    if own["certificates"]:
        # Go reads this directory beside the file with the usual ones.
        words += ["--env", "SSL_CERT_DIR=/certificates"]
    for name, value in own["environment"].items():
        words += ["--env", f"{name}={value}"]
    words += [*more, "--entrypoint", "sh", own["image"], "-euc", SHIM, "restic"]
    words += [f"{name}={file}" for name, file in own["fromFiles"].items()]
    return [*words, "--", *own["arguments"]]
