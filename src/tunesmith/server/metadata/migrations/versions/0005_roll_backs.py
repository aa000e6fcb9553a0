"""Whether a change of an alias was a roll-back."""

import sqlalchemy as sa
from alembic import op

revision = "0005_roll_backs"
down_revision = "0004_idempotency"


def upgrade() -> None:
    """Apply the change."""
    with op.batch_alter_table("alias_changes", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("rolled_back", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
