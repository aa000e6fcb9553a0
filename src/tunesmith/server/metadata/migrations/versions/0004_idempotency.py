"""Requests that clients send again, and the fits that they have started."""

import sqlalchemy as sa
from alembic import op

revision = "0004_idempotency"
down_revision = "0003_index_parts"


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "idempotency",
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("fit_id", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("owner", "key"),
    )
