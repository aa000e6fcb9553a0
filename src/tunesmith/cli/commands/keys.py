"""``tunesmith keys``: create, list and revoke the API keys of a server."""

import time
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tunesmith import server
from tunesmith.cli.arguments.options import AsJson
from tunesmith.cli.arguments.server import Database
from tunesmith.cli.render.output import Output, TableColumn, write_json
from tunesmith.fitting.budget import UNITS

if TYPE_CHECKING:
    from tunesmith.server.keys import StoredKey

_DAY = 24 * UNITS["h"]

EXAMPLES = """
tunesmith keys                                   # list
tunesmith keys --create support --role train     # for uploads and fits
tunesmith keys --create trial --days 30          # valid for 30 days
tunesmith keys --revoke key-3f2a1c               # invalid from now on
"""


def keys(
    create: Annotated[
        str | None, typer.Option("--create", metavar="NAME", help="Create a key for NAME.")
    ] = None,
    role: Annotated[
        Literal["read", "train", "admin"],
        typer.Option(
            "--role",
            metavar="read|train|admin",
            help="read: embed, classify and search; train: also data sets and fits; admin: all.",
        ),
    ] = "read",
    days: Annotated[
        float | None,
        typer.Option(
            "--days",
            metavar="N",
            help="Days until the key expires, at most 36,500. Default: never.",
        ),
    ] = None,
    revoke: Annotated[
        str | None, typer.Option("--revoke", metavar="ID", help="Make a key invalid.")
    ] = None,
    database: Database = "",
    as_json: AsJson = False,
) -> None:
    """List, create or revoke the API keys of a server.

    A key is shown once, when it is created; only its digest is stored.
    """
    store = server.open_keys(server.ServerSettings(database=database))
    output = Output()
    if revoke is not None:
        store.revoke(revoke)
    if create is not None:
        seconds = None if days is None else days * _DAY
        key, secret = store.create(create, role, seconds)
        if as_json:
            write_json({**_facts(key), "key": secret})
            return
        output.facts({"id": key.id, "role": key.role.name.lower(), "key": secret})
        output.line("the key is not shown again")
        return
    if as_json:
        write_json([_facts(key) for key in store.all()])
        return
    _write(output, store.all())


def _write(output: Output, found: "list[StoredKey]") -> None:
    if not found:
        output.line("no keys")
        return
    columns = [TableColumn(name) for name in ("id", "name", "role", "state")]
    rows = [[key.id, key.name, key.role.name.lower(), _state(key)] for key in found]
    output.table(columns, rows)


def _state(key: "StoredKey") -> str:
    if key.revoked_at is not None:
        return "revoked"
    if not key.valid:
        return "expired"
    if key.expires_at is None:
        return "valid"
    return f"valid for {(key.expires_at - time.time()) / _DAY:.1f} days"


def _facts(key: "StoredKey") -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role.name.lower(),
        "state": _state(key),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
    }
