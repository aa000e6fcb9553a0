"""The changes of an alias, and the models that it can be rolled back to."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from tunesmith.server.metadata.tables import alias_changes


@dataclass(frozen=True)
class AliasChange:
    """A change of an alias.

    Parameters
    ----------
    model
        The id of the model that it stood for from then on; None if it was removed.
    changed_at
        Seconds since 1970.
    changed_by
        The id of the API key; None without keys.
    rolled_back
        Whether it was rolled back to the model.
    """

    model: str | None
    changed_at: float
    changed_by: str | None
    rolled_back: bool


def alias_history(connection: sa.Connection, alias: str) -> list[AliasChange]:
    """Return the changes of an alias, the first first."""
    query = sa.select(alias_changes).where(alias_changes.c.alias == alias)
    rows = connection.execute(query.order_by(alias_changes.c.number)).mappings()
    return [
        AliasChange(row["model_id"], row["changed_at"], row["changed_by"], bool(row["rolled_back"]))
        for row in rows
    ]


def earlier_models(changes: Sequence[AliasChange]) -> list[str]:
    """Return the ids of the models that an alias can be rolled back to, the latest first.

    Examples
    --------
    >>> earlier_models([AliasChange("a", 0.0, None, False), AliasChange("b", 1.0, None, False)])
    ['a']
    """
    current = changes[-1].model if changes else None
    return [each for each in reversed(_models_left(changes)) if each != current]


def _models_left(changes: Sequence[AliasChange]) -> list[str]:
    """Return the models in the order in which they were set, up to that of the last roll-back."""
    models: list[str] = []
    for change in changes:
        if change.model is None:
            continue
        if change.rolled_back:
            while models[-1] != change.model:
                models.pop()
        else:
            models.append(change.model)
    return models
