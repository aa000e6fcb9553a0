"""Random ids: they are looked up, and never become part of a path."""

import re
import secrets
from contextvars import ContextVar

NAME_LENGTH = 200
"""Maximum number of characters of a name that people give."""

_LENGTH = 10
_ID = re.compile(r"[\w.@-]{1,80}")
noted_ids: ContextVar[list[str] | None] = ContextVar("noted_ids", default=None)
"""The ids made or used while a request is answered: the audit log names the first."""


def new_id(prefix: str, *, noted: bool = True) -> str:
    """Return a new random id, such as ``data-3f2a1c…``; it is noted unless it may go unused.

    Examples
    --------
    >>> len(new_id("data"))
    25
    """
    ident = f"{prefix}-{secrets.token_hex(_LENGTH)}"
    if noted:
        note_id(ident)
    return ident


def note_id(ident: str) -> None:
    """Note what the request that is answered makes or uses, for the audit log.

    Examples
    --------
    >>> note_id("tune-3f2a1c")
    """
    if (noted := noted_ids.get()) is not None:
        noted.append(ident)


def is_id(text: str) -> bool:
    r"""Return whether a text can be an id or an alias at all; a database need not be asked if not.

    Examples
    --------
    >>> is_id("data-3f2a1c"), is_id("support@production"), is_id("../etc"), is_id("a\0")
    (True, True, False, False)
    """
    return _ID.fullmatch(text) is not None


def shown_name(name: str) -> str:
    r"""Return a name that people gave, without control characters and of bounded length.

    Examples
    --------
    >>> shown_name("a\tb\0")
    'ab'
    """
    return "".join(letter for letter in name if letter.isprintable())[:NAME_LENGTH]


def safe_name(name: str | None, default: str = "data.csv") -> str:
    r"""Return the last part of a file name, without characters that mean anything to a shell.

    Examples
    --------
    >>> safe_name("../../etc/pass wd;.csv"), safe_name("C:\\tickets.csv"), safe_name("..")
    ('pass wd_.csv', 'tickets.csv', 'data.csv')
    """
    last = re.split(r"[/\\]", name or "")[-1]
    kept = re.sub(r"[^\w. -]", "_", last).strip(". ")
    return kept[-100:] or default
