"""Search indexes consist of parts, and their names differ."""

import sqlalchemy as sa
from alembic import op

revision = "0003_index_parts"
down_revision = "0002_notices"


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "index_parts",
        sa.Column("index_id", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("index_id", "number"),
    )
    with op.batch_alter_table("indexes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("counted", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_index(
            "indexes_named",
            ["name"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
