"""The server that commands use instead of this machine, if one is given."""

from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from tunesmith.errors import UsageError

if TYPE_CHECKING:
    from tunesmith.client.client import Client

REMOTE: Final = ("fit", "embed", "classify", "similarity", "search", "models", "show")
"""Commands that a server can run."""

SERVER: ContextVar[str] = ContextVar("server", default="")


def require_remote(command: str) -> None:
    """Refuse a command that no server runs.

    Raises
    ------
    UsageError
        It works on this machine only.
    """
    if command not in REMOTE:
        raise UsageError(
            f"{command} does not work with --server",
            hint="omit --server or unset TUNESMITH_SERVER; a server runs " + ", ".join(REMOTE),
        )


def server() -> "Client | None":
    """Return a client of the server, or None to work on this machine."""
    if not SERVER.get():
        return None
    from tunesmith.client.client import Client  # noqa: PLC0415 - most commands need no HTTP

    return Client(SERVER.get())
