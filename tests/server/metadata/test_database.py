"""The migrations make the tables, on SQLite and Postgres, and may run at the same time."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from tunesmith.errors import UsageError
from tunesmith.server.metadata.database import open_database
from tunesmith.server.metadata.tables import METADATA


def test_the_migrations_make_the_tables(database: str) -> None:
    engine = open_database(database)
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), METADATA)
    assert found == []
    engine.dispose()


def test_processes_may_migrate_at_once(database: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        engines = list(pool.map(open_database, [database] * 4))
    for engine in engines:
        assert "fits" in sa.inspect(engine).get_table_names()
        engine.dispose()


def test_other_databases_are_refused() -> None:
    with pytest.raises(UsageError, match="mysql"):
        open_database("mysql://localhost/a")
    with pytest.raises(UsageError, match="omit `database`"):
        open_database("sqlite://")
