"""Tokens of forms that must not be sent twice: a page that is loaded again sends its form again."""

import secrets
from threading import Lock
from typing import Final

_KEPT: Final = 10_000


class FormTokens:
    """The tokens of forms, each of which is taken once; a restarted server knows none of them.

    Examples
    --------
    >>> tokens = FormTokens()
    >>> token = tokens.new()
    >>> tokens.take(token), tokens.take(token)
    (True, False)
    """

    def __init__(self) -> None:
        self._open: dict[str, None] = {}  # the oldest first
        self._lock = Lock()

    def new(self) -> str:
        """Return a token for a form."""
        token = secrets.token_urlsafe(16)
        with self._lock:
            self._open[token] = None
            if len(self._open) > _KEPT:
                del self._open[next(iter(self._open))]
        return token

    def take(self, token: str) -> bool:
        """Return whether a form with this token may be carried out; the next one may not."""
        with self._lock:
            if token not in self._open:
                return False
            del self._open[token]
            return True
