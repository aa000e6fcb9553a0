"""Open the database of metadata, and bring its tables up to date."""

import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from filelock import FileLock
from sqlalchemy import event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from tunesmith.errors import UsageError

_MIGRATIONS = Path(__file__).parent / "migrations"
_A_URL = "give a URL such as postgresql://user@host/name, or omit `database`"
_BUSY_SECONDS = 30
_LOCK = 7_406_051


def open_database(url: str) -> Engine:
    """Return an engine for a SQLite or Postgres URL; the tables are created or migrated.

    Raises
    ------
    UsageError
        The URL is neither, or the database cannot be opened.

    Examples
    --------
    >>> import tempfile
    >>> engine = open_database(f"sqlite:///{tempfile.mkdtemp()}/metadata.db")
    >>> "fits" in sa.inspect(engine).get_table_names()
    True
    """
    engine = _engine(url)
    try:
        migrate(engine)
    except (OperationalError, OSError) as error:
        shown = engine.url.render_as_string(hide_password=True)
        reason = str(getattr(error, "orig", error)).partition("\n")[0]
        raise UsageError(
            f"the database {shown} cannot be opened: {reason}", option="database"
        ) from error
    return engine


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the tables to a revision; several processes may try at once."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    if engine.dialect.name == "sqlite":
        with FileLock(f"{engine.url.database}.lock"), engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
        return
    with engine.begin() as connection:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def lock(connection: sa.Connection, digest: str) -> None:
    """Wait until no other process holds this lock; it is released when the transaction ends.

    SQLite has one lock for all that write; in Postgres, each digest has its own.

    Parameters
    ----------
    connection
        A connection whose transaction has not read anything yet.
    digest
        What is locked, as a hexadecimal digest.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    key = {"key": int(digest[:15], 16)}
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), key)


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UsageError(
            "the database is not given as a URL", hint=_A_URL, option="database"
        ) from None
    if parsed.get_backend_name() == "postgresql":
        return sa.create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            pool_size=10,
            json_serializer=_as_json,
        )
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise UsageError(
            f"{parsed.get_backend_name()} databases are not supported",
            hint=_A_URL,
            option="database",
        )
    Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        parsed, connect_args={"timeout": _BUSY_SECONDS}, json_serializer=_as_json
    )
    event.listen(engine, "connect", _tune_sqlite)
    return engine


def _as_json(value: Any) -> str:
    """Return JSON without lone surrogates: stored once, they would break every later answer."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()


def _tune_sqlite(connection: Any, _record: Any) -> None:
    """Let readers and a writer work at once, and lose nothing that was committed."""
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
