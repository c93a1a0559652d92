"""One record a call: who asked which model when, tokens, cost, result. No prompt, no answer, no key.

JSON lines in audit/calls-YYYY-MM-DD.jsonl (UTC) below LiteLLM's state directory; files older than the retention are
deleted. A record that cannot be written (disk full) is kept in memory and tried again, and until it is on disk no
further call is admitted.
"""
import datetime
import json
import os
import re

from spend_limits import STATE
from quiet_logs import OWN

NAME = re.compile(r"calls-(\d{4}-\d{2}-\d{2})\.jsonl")


class Audit:
    def __init__(self, retention_days: int, directory: str = os.path.join(STATE, "audit")):
        self._directory = directory
        self._retention_days = retention_days
        self._unwritten: list = []
        self._pruned = ""

    def add(self, record: dict) -> None:
        self._unwritten.append(json.dumps(record, separators=(",", ":")) + "\n")
        self.flush()

    def flush(self) -> bool:
        """Writes what is not written yet. @returns whether everything is"""
        today = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
        try:
            os.makedirs(self._directory, mode=0o700, exist_ok=True)
            if self._unwritten:
                path = os.path.join(self._directory, f"calls-{today}.jsonl")
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
                try:
                    self._write(descriptor)
                finally:
                    os.close(descriptor)
            if self._pruned != today:
                self._prune(today)
                self._pruned = today
        except OSError as error:
            OWN.warning(f"audit records cannot be written ({error.strerror}); calls are refused until they can")
        return not self._unwritten

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
            self._unwritten.pop(0)

    def _prune(self, today: str) -> None:
        oldest = datetime.date.fromisoformat(today) - datetime.timedelta(days=self._retention_days)
        for name in os.listdir(self._directory):
            match = NAME.fullmatch(name)
            if match and datetime.date.fromisoformat(match[1]) < oldest:
                os.unlink(os.path.join(self._directory, name))
