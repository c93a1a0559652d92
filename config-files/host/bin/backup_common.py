"""What the scripts of the backups share: what one run may use up, what it has left out, and how a foreign name is shown.

Usage: imported by backup-collect, backup-database, backup-run and backup-fetch, which lie beside it.
"""
import errno
import json
import os
import stat
import sys
import time
from typing import Any, NoReturn

MIB = 1 << 20
# Names of what was left out, in one report. The rest is counted.
NAMED = 100
# Left free where copies go: bytes, and files.
RESERVE_BYTES = 256 * MIB
RESERVE_FILES = 10_000
# SQLite's own files beside a database.
COMPANIONS = (b"-wal", b"-shm", b"-journal")
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


class Exhausted(Exception):
    """A limit of the whole run is reached, or the place that copies go to is full."""


class LeftOut(Exception):
    """Why one entry is not copied."""


def fail(script: str, message: str) -> NoReturn:
    sys.exit(f"{script}: {message}")


def shown(name: bytes) -> str:
    """A foreign name, at most 200 characters of it, without anything that a terminal would obey."""
    text = name.decode(errors="backslashreplace")
    text = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
    return text if len(text) <= 200 else f"{text[:100]}...{text[-90:]}"


class Budget:
    """What one run may use up. Each `take` raises Exhausted when there is not enough left.

    @param seconds from now
    @param files files and directories looked at
    @param size bytes written, and bytes that sparse files claim
    """

    def __init__(self, seconds: float, files: int, size: int) -> None:
        self.ends = time.monotonic() + seconds
        self.seconds, self.files, self.size = seconds, files, size
        self.looked = self.written = self.claimed = 0

    def left(self) -> float:
        return self.ends - time.monotonic()

    def look(self) -> None:
        self.looked += 1
        if self.looked > self.files:
            raise Exhausted(f"there are more than {self.files} files and directories")
        if self.left() <= 0:
            raise Exhausted(f"it took longer than {self.seconds:g} seconds")

    def claim(self, size: int) -> None:
        """Counts a sparse file's size: a reader of the copy reads its holes too."""
        if self.claimed + size > self.size:
            raise LeftOut(f"sparse files claim more than {self.size // MIB} MiB in all")
        self.claimed += size

    def write(self, size: int, target: bytes) -> None:
        self.written += size
        if self.written > self.size:
            raise Exhausted(f"more than {self.size // MIB} MiB would be written")
        if self.left() <= 0:
            raise Exhausted(f"it took longer than {self.seconds:g} seconds")
        room = os.statvfs(os.path.dirname(target))
        if room.f_bavail * room.f_frsize - size < RESERVE_BYTES:
            raise Exhausted(f"less than {RESERVE_BYTES // MIB} MiB would be left free where the copy goes")
        if room.f_files > 0 and room.f_ffree < RESERVE_FILES:
            raise Exhausted("few files more can be made where the copy goes")


class Report:
    """What a run has done, for whoever has started it; as JSON on standard output."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.left_out: list[dict[str, str]] = []
        self.more = 0
        self.stopped: str | None = None

    def count(self, what: str, number: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + number

    def leave_out(self, path: bytes, why: str) -> None:
        if len(self.left_out) < NAMED:
            self.left_out.append({"path": shown(path), "why": why})
        else:
            self.more += 1

    def text(self) -> str:
        told: dict[str, Any] = {**self.counts, "leftOut": self.left_out, "leftOutMore": self.more, "stopped": self.stopped}
        return json.dumps(told)


def reason(error: OSError) -> str:
    if error.errno == errno.EAGAIN:
        return "somebody holds a lease on it"
    return os.strerror(error.errno) if error.errno else "cannot be read"


def open_file(name: bytes, directory: int) -> int:
    """Opens a regular file below `directory`: never through a link, and never waiting for the other end of a pipe or a lease.

    @raises LeftOut when something else has taken the name
    """
    opened = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY, dir_fd=directory)
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise LeftOut("has become something that is no file")
    return opened


def is_database(name: bytes, directory: int) -> bool:
    """Whether a file is SQLite's by its name and by how it begins."""
    if not name.endswith(b".sqlite"):
        return False
    try:
        opened = open_file(name, directory)
    except (OSError, LeftOut):
        return False
    try:
        return os.pread(opened, 16, 0) == b"SQLite format 3\0"
    finally:
        os.close(opened)


def copy_content(source: int, target: bytes, size: int, mode: int, budget: Budget) -> None:
    """Copies the first `size` bytes into a new file, holes as holes. Of what is written after that it reads nothing.

    The new file has its name when it is whole: until then what was there before is there.
    """
    draft = target + b".clawkeep-new"
    output = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        position = 0
        while position < size:
            try:
                start = os.lseek(source, position, os.SEEK_DATA)
            except OSError as error:
                # Nothing but a hole is left.
                if error.errno == errno.ENXIO:
                    break
                raise
            end = min(size, os.lseek(source, start, os.SEEK_HOLE))
            while start < end:
                piece = os.pread(source, min(MIB, end - start), start)
                if not piece:
                    break
                budget.write(len(piece), target)
                done = 0
                while done < len(piece):
                    done += os.pwrite(output, piece[done:], start + done)
                start += len(piece)
            else:
                position = end
                continue
            # It has become shorter meanwhile.
            break
        os.ftruncate(output, size)
        os.fchmod(output, (mode & 0o777) | 0o600)
        os.rename(draft, target)
    except OSError as error:
        os.unlink(draft)
        if error.errno in NO_ROOM:
            raise Exhausted(os.strerror(error.errno)) from error
        raise
    except BaseException:
        os.unlink(draft)
        raise
    finally:
        os.close(output)


def boot() -> str:
    """Stands for the time since the host has started. What was written before a power cut may not all be there."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return file.read().strip()


def read_notes(path: str) -> dict[str, Any]:
    """What an earlier run has noted since the host has started; nothing when it has not, or when it cannot be read."""
    try:
        with open(path, encoding="utf-8") as file:
            notes = json.load(file)
    except (OSError, ValueError):
        return {}
    return notes if isinstance(notes, dict) and notes.get("boot") == boot() else {}


def write_notes(path: str, notes: dict[str, Any]) -> None:
    draft = f"{path}.clawkeep-new"
    with open(draft, "w", encoding="utf-8") as file:
        json.dump({**notes, "boot": boot()}, file)
    os.rename(draft, path)
