"""What all verbs of the client share."""

from urllib.parse import quote

from tunesmith.client.connection import Connection
from tunesmith.client.resources import RemoteDataset, RemoteFit, RemoteIndex, RemoteModel


class Verbs:
    """Verbs of a client, on one connection."""

    _connection: Connection


def name_of(thing: "str | RemoteDataset | RemoteFit | RemoteModel | RemoteIndex") -> str:
    """Return the id of a thing, or the name that was given in its place.

    Examples
    --------
    >>> name_of(RemoteIndex("index-1", "faq", "all-MiniLM-L6-v2", 3)), name_of("faq")
    ('index-1', 'faq')
    """
    return thing if isinstance(thing, str) else thing.id


def part(thing: "str | RemoteDataset | RemoteFit | RemoteModel | RemoteIndex") -> str:
    """Return the id of a thing as a part of a path.

    Examples
    --------
    >>> part("support@production"), part("../keys")
    ('support%40production', '..%2Fkeys')
    """
    return quote(name_of(thing), safe="")


def part_of(limit: int | None, offset: int) -> dict[str, int]:
    """Return the parameters that ask for a part of a list; none for all of it.

    Examples
    --------
    >>> part_of(None, 0), part_of(10, 20)
    ({}, {'limit': 10, 'offset': 20})
    """
    asked = {"limit": limit, "offset": offset or None}
    return {name: value for name, value in asked.items() if value is not None}
