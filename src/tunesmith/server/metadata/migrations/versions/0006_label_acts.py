"""Acts of labelling."""

import sqlalchemy as sa
from alembic import op

revision = "0006_label_acts"
down_revision = "0005_roll_backs"


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "label_acts",
        sa.Column("dataset_id", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Float(precision=53), nullable=False),
        sa.Column("key_id", sa.String(length=80), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", "number"),
    )
