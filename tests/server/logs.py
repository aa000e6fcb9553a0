"""What libraries have logged, as text."""

from collections.abc import Iterable
from logging import Formatter, LogRecord


def lines(records: Iterable[LogRecord]) -> str:
    """Return what all libraries have logged, without the test's own client."""
    clients = ("httpx", "httpcore")
    others = (each for each in records if not each.name.startswith(clients))
    return "\n".join(map(Formatter().format, others))
