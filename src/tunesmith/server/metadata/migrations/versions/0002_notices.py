"""Notices of fits that have ended, until they are sent."""

import sqlalchemy as sa
from alembic import op

revision = "0002_notices"
down_revision = "0001"


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "notices",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("fit_id", sa.String(length=80), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.Float(precision=53)),
        sa.Column("sent_at", sa.Float(precision=53)),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("fit_id", "channel", name="notices_once"),
    )
