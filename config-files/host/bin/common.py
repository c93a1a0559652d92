"""What the host's scripts in Python share: commands with a time limit, files that a power cut leaves whole, locks, errors.

Usage: import common; a script ends with common.script(name, main). Nothing else here or beside starts a process.
"""
import datetime
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import IO, Any, NotRequired, TypedDict

from visible import visible_lines

BIN = os.path.dirname(os.path.abspath(__file__))
# A command that did not end in time has this code, as timeout(1) gives it.
TOO_LATE = 124
# A command that is killed is given that long to be gone.
DIE_SECONDS = 5
# What is kept of a command's output. The rest is read and thrown away: who writes may be hostile.
MOST = 32 << 20
# For one question to the daemon, which answers in a tenth of a second unless the host is hard pressed.
DOCKER_SECONDS = 60

Result = subprocess.CompletedProcess[str]


class Failed(Exception):
    """What did not work, of what, and what to type next."""


def script(name: str, work: Callable[[], None]) -> None:
    """Runs a script; what fails ends it with 1 and `NAME: what has failed` on standard error."""
    try:
        work()
    except Failed as failure:
        # What a gateway has named or said is in there.
        sys.exit(visible_lines(f"{name}: {failure}"))


def now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")


# Commands

def run(*words: str, seconds: float, check: bool = True, text: str = "") -> Result:
    """Runs a command with `text` on its standard input, for at most that long, then it is killed with all it has started.

    @raises Failed when it ends with another code than 0, unless `check` is off
    """
    try:
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   start_new_session=True)
    except OSError as error:
        raise Failed(f"{words[0]} cannot be started: {error.strerror}") from error
    assert process.stdin and process.stdout and process.stderr
    said, complained = bytearray(), bytearray()
    ends = time.monotonic() + seconds
    threads = [threading.Thread(target=_keep, args=(process.stdout, said), daemon=True),
               threading.Thread(target=_keep, args=(process.stderr, complained), daemon=True),
               threading.Thread(target=_give, args=(process.stdin, text.encode()), daemon=True)]
    for thread in threads:
        thread.start()
    for thread in threads[:2]:
        thread.join(max(0.0, ends - time.monotonic()))
    code = _end(process, max(0.1, ends - time.monotonic()))
    if code is None:
        code = TOO_LATE
        complained += f"did not end within {seconds:g} s, and was killed".encode()
    result = Result(words, code, said.decode(errors="replace"), complained.decode(errors="replace"))
    if check and code != 0:
        raise Failed(f"{' '.join(words[:3])} ended with {code}: {(result.stderr or result.stdout).strip()[-2000:]}")
    return result


def _keep(stream: IO[bytes], kept: bytearray) -> None:
    while piece := os.read(stream.fileno(), 65536):
        kept += piece[:MOST - len(kept)]


def _give(stream: IO[bytes], content: bytes) -> None:
    try:
        with stream:
            stream.write(content)
    except BrokenPipeError:
        return


def _end(process: subprocess.Popen[bytes], patience: float) -> int | None:
    """@returns the code that it has ended with, None where it had to be killed"""
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    try:
        process.wait(DIE_SECONDS)
    except subprocess.TimeoutExpired:
        # It waits in the kernel for a disk. Nobody here waits for it.
        pass
    return None


# Docker

class ContainerState(TypedDict):
    Running: bool
    Status: NotRequired[str]
    StartedAt: NotRequired[str]
    Health: NotRequired[dict[str, Any]]


class ContainerConfig(TypedDict):
    Image: str


class Container(TypedDict):
    """What Docker knows of a container, as far as it is read here."""

    Id: str
    Name: str
    Image: str
    State: ContainerState
    Config: ContainerConfig
    HostConfig: dict[str, Any]
    Mounts: list[dict[str, Any]]
    NetworkSettings: dict[str, Any]


def docker(*words: str, seconds: float = DOCKER_SECONDS, check: bool = True) -> Result:
    return run("docker", *words, seconds=seconds, check=check)


def inspect(container: str) -> Container | None:
    """What Docker knows of a container, None where there is none."""
    result = docker("container", "inspect", container, check=False)
    if result.returncode == 0:
        found: Container = json.loads(result.stdout)[0]
        return found
    if "no such container" in result.stderr.lower():
        return None
    # Anything else is not "none": acting on it would take a gateway that serves for one that is gone.
    raise Failed(f"docker does not answer: {result.stderr.strip()}: systemctl status docker")


def log_lines(container: str) -> str:
    """The last 50 lines that a container has written, and of those not more than fits on some screens."""
    result = docker("logs", "--tail", "50", container, check=False)
    return (result.stdout + result.stderr).rstrip()[-20000:]


# Files

def write(path: str, content: str | bytes, mode: int = 0o644, owner: tuple[int, int] | None = None) -> None:
    """Writes a file. A power cut leaves what was there before or all of the new. No link is followed.

    @raises Failed when it does not hold afterwards what was written
    """
    wanted = content.encode() if isinstance(content, str) else content
    draft = f"{path}.clawkeep-new"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(wanted)
        stream.flush()
        if owner is not None:
            os.fchown(stream.fileno(), *owner)
        os.fchmod(stream.fileno(), mode)
        os.fsync(stream.fileno())
    os.rename(draft, path)
    # The name is the directory's.
    sync_directory(os.path.dirname(path))
    with open(path, "rb") as stream:
        if stream.read() != wanted:
            raise Failed(f"{path} does not hold what was written: is its disk whole? dmesg | tail")


def read(path: str) -> str | None:
    """A file's text, None where there is no such file."""
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def remove(*paths: str) -> None:
    """Removes files for good, those that are there."""
    for path in paths:
        try:
            os.unlink(path)
        except FileNotFoundError:
            continue
        sync_directory(os.path.dirname(path))


def sync_directory(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file_system(path: str) -> None:
    """All that was written to the file system that `path` lies on reaches its disk."""
    run("sync", "-f", path, seconds=300)


def lock(path: str, patience: float) -> int | None:
    """Takes a lock that ends with this process. @returns None when another one has it for longer than `patience` seconds"""
    held = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return held
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(held)
                return None
            time.sleep(0.2)
