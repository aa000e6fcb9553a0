"""Rows of the tables whose rows have an id and dates of their creation and deletion."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Engine, RowMapping

from tunesmith.server.ids import is_id


def kept_rows(
    engine: Engine,
    table: sa.Table,
    *conditions: sa.ColumnElement[bool],
    limit: int | None = None,
) -> Sequence[RowMapping]:
    """Return the rows that were not deleted and meet the conditions, newest first."""
    query = sa.select(table).where(table.c.deleted_at.is_(None), *conditions)
    newest = query.order_by(table.c.created_at.desc()).limit(limit)
    with engine.connect() as connection:
        return connection.execute(newest).mappings().all()


def kept_row(engine: Engine, table: sa.Table, ident: str) -> RowMapping | None:
    """Return the row with an id that a client gave; None if there is none, or it was deleted."""
    rows = kept_rows(engine, table, table.c.id == ident) if is_id(ident) else ()
    return next(iter(rows), None)
