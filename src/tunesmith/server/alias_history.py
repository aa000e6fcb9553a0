"""The models that an alias stood for, as far as it was not rolled back from them."""

from collections.abc import Sequence

import sqlalchemy as sa

from tunesmith.server.metadata.tables import alias_changes


def earlier_models(connection: sa.Connection, alias: str) -> list[str]:
    """Return the ids of the models that an alias can be rolled back to, the latest first."""
    query = sa.select(alias_changes).where(alias_changes.c.alias == alias)
    rows = connection.execute(query.order_by(alias_changes.c.number)).mappings().all()
    changes = [(row["model_id"], bool(row["rolled_back"])) for row in rows]
    current = changes[-1][0] if changes else None
    return [each for each in reversed(_models_left(changes)) if each != current]


def _models_left(changes: Sequence[tuple[str | None, bool]]) -> list[str]:
    """Return the models in the order in which they were set, up to that of the last roll-back."""
    models: list[str] = []
    for model, rolled_back in changes:
        if model is None:
            continue
        if rolled_back:
            while models[-1] != model:
                models.pop()
        else:
            models.append(model)
    return models
