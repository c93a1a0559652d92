"""Logs that cannot hold a prompt: of LiteLLM's own messages only where, when and what kind of error.

LiteLLM logs errors with what the provider said, and a provider may repeat the prompt. What happened to a call is in the
audit record, and its caller has the provider's words. Before the first call there is no prompt, so the start is not cut.
"""
import logging
import sys

OWN = logging.getLogger("clawkeep")


class Quiet(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        if record.name == OWN.name:
            return f"{self.formatTime(record)} {record.levelname} {record.name} {record.getMessage()}"
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else "-"
        return f"{self.formatTime(record)} {record.levelname} {record.name} {record.filename}:{record.lineno} {kind}"


class Discarded:
    """Takes LiteLLM's own prints and tracebacks."""

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False


def install() -> None:
    """Once LiteLLM has started and has put up its handlers."""
    handler = logging.StreamHandler(sys.__stderr__)
    handler.setFormatter(Quiet())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(max(logger.level, logging.WARNING))
    sys.stdout = sys.stderr = Discarded()
