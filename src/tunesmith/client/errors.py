"""Errors of a server as the exceptions that the library raises."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tunesmith.errors import FaultyRows, Overloaded, TunesmithError, UsageError

_FIELDS: Final = ("hint", "file", "row", "line", "column", "option")
_TOO_MANY: Final = 429
_INVALID: Final = frozenset({"in-use", "invalid-request", "name-taken", "not-ready"})


class RemoteError(TunesmithError):
    """The server refused a request for a reason that only a server has.

    Parameters
    ----------
    status
        The HTTP status.
    remote_code
        The server's code, such as ``"not-found"`` or ``"key-needed"``.
    """

    code = "remote"

    def __init__(
        self, message: str = "", *, status: int = 500, remote_code: str = "", **where: Any
    ) -> None:
        super().__init__(message, **where)
        self.status, self.remote_code = status, remote_code


class Unreachable(TunesmithError):
    """The server cannot be reached, or the connection was lost again and again."""

    code = "unreachable"


def error_of(fields: Mapping[str, Any], status: int = 500) -> TunesmithError:
    """Return the exception for an error of a server.

    Examples
    --------
    >>> error_of({"code": "unknown-model", "message": "there is no model 'a'"})
    UnknownModel("there is no model 'a'")
    >>> error_of({"code": "not-found", "message": "there is no fit 'a'"}, 404).status
    404
    """
    code, message = str(fields.get("code", "")), str(fields.get("message", ""))
    where = {name: fields[name] for name in _FIELDS if fields.get(name) is not None}
    kind = UsageError if code in _INVALID else _CLASSES.get(code)
    if kind is None and status != _TOO_MANY:
        return RemoteError(message, status=status, remote_code=code, **where)
    if kind is None or kind is Overloaded:
        return Overloaded(message, retry_after=int(fields.get("retry_after", 1)), **where)
    if kind is FaultyRows:
        return FaultyRows(message, findings=fields.get("findings", ()), **where)
    return kind(message, **where)


def _family(kind: type[TunesmithError]) -> Iterator[type[TunesmithError]]:
    yield kind
    for each in kind.__subclasses__():
        if each.__module__ == TunesmithError.__module__:
            yield from _family(each)


_CLASSES: Final = {kind.code: kind for kind in _family(TunesmithError)}
