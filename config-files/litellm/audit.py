"""One record a call: who asked which model when, tokens, cost, result. No prompt, no answer, no key.

JSON lines in audit/calls-YYYY-MM-DD.jsonl (UTC) below LiteLLM's state directory; files older than the retention are
deleted. A record that cannot be written (disk full) is kept in memory and tried again, and until it is on disk no
further call is admitted.

A call costs money and has a rate limit, so its records are few; a refusal costs its caller nothing. So of what was
refused before any attempt, only so many a gateway and minute have records of their own, and one more says how many others
there were. And the directory has a most: the oldest day goes first, never today's.
"""
import datetime
import json
import os
import re
import time
from collections.abc import Callable
from typing import Any

from spend_limits import STATE
from quiet_logs import OWN

REFUSALS_A_MINUTE = 60
MOST_BYTES = 256 * 1024 * 1024
NAME = re.compile(r"calls-(\d{4}-\d{2}-\d{2})\.jsonl")


class Audit:
    def __init__(
        self,
        retention_days: int,
        directory: str = os.path.join(STATE, "audit"),
        most_bytes: int = MOST_BYTES,
        clock: Callable[[], float] = time.time,
        told: Callable[[str], object] = lambda line: None,
    ) -> None:
        """@param told gets each record once it is on the disk: the container's log, which whoever owns LiteLLM cannot remove"""
        self._told = told
        self._directory, self._retention_days, self._most_bytes, self._clock = directory, retention_days, most_bytes, clock
        self._unwritten: list[str] = []
        self._pruned = 0
        self._minute = 0
        self._refusals: dict[str, int] = {}

    def add(self, record: dict[str, Any]) -> None:
        """@param record with `attempts` 0 and `gateway` for what was refused before any attempt"""
        self._end_minute()
        gateway = record.get("gateway")
        if gateway is not None and record.get("attempts") == 0:
            self._refusals[gateway] = self._refusals.get(gateway, 0) + 1
            if self._refusals[gateway] > REFUSALS_A_MINUTE:
                return
        self._append(record)
        self.flush()

    def close(self) -> None:
        """Writes what only the end of the minute would."""
        self._end_minute(ended=True)
        self.flush()

    def _append(self, record: dict[str, Any]) -> None:
        self._unwritten.append(json.dumps(record, separators=(",", ":")) + "\n")

    def _end_minute(self, ended: bool = False) -> None:
        minute = int(self._clock() // 60)
        if minute == self._minute and not ended:
            return
        for gateway, count in self._refusals.items():
            if count > REFUSALS_A_MINUTE:
                began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._minute * 60))
                more = count - REFUSALS_A_MINUTE
                self._append({"time": began, "call": None, "gateway": gateway, "result": "refused: more", "count": more})
        self._minute, self._refusals = minute, {}

    def flush(self) -> bool:
        """Writes what is not written yet. @returns whether everything is"""
        self._end_minute()
        today = datetime.datetime.fromtimestamp(self._clock(), datetime.timezone.utc).strftime("%Y-%m-%d")
        try:
            os.makedirs(self._directory, mode=0o700, exist_ok=True)
            # First, so that there is room again.
            if self._pruned != self._minute:
                self._prune(today)
                self._pruned = self._minute
            if self._unwritten:
                descriptor = os.open(self._path(today), os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
                try:
                    self._write(descriptor)
                finally:
                    os.close(descriptor)
        except OSError as error:
            OWN.warning(f"audit records cannot be written ({error.strerror}); calls are refused until they can")
        return not self._unwritten

    def _path(self, day: str) -> str:
        return os.path.join(self._directory, f"calls-{day}.jsonl")

    def _write(self, descriptor: int) -> None:
        size = os.fstat(descriptor).st_size
        while self._unwritten:
            line = self._unwritten[0].encode()
            try:
                whole = os.write(descriptor, line) == len(line)
            except OSError:
                whole = False
            if not whole:
                # Half a line would make the next one unreadable too.
                os.ftruncate(descriptor, size)
                raise OSError(28, "no space")
            size += len(line)
            self._told(self._unwritten.pop(0))

    def _prune(self, today: str) -> None:
        oldest = datetime.date.fromisoformat(today) - datetime.timedelta(days=self._retention_days)
        days = sorted(match[1] for match in map(NAME.fullmatch, os.listdir(self._directory)) if match)
        sizes = {day: os.lstat(self._path(day)).st_size for day in days}
        for day in days:
            if datetime.date.fromisoformat(day) < oldest:
                os.unlink(self._path(day))
                del sizes[day]
        for day in list(sizes):
            if sum(sizes.values()) <= self._most_bytes or day >= today:
                break
            os.unlink(self._path(day))
            del sizes[day]
            OWN.warning(f"audit records of {day} are deleted: all of them take more than {self._most_bytes} bytes")
