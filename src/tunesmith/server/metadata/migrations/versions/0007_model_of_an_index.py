"""The digest of the model that encoded the texts of an index."""

import sqlalchemy as sa
from alembic import op

revision = "0007_model_of_an_index"
down_revision = "0006_label_acts"


def upgrade() -> None:
    """Apply the change."""
    with op.batch_alter_table("indexes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("model_digest", sa.String(length=64), nullable=True))
