"""The tables of the server's metadata. Times are seconds since 1970, in UTC."""

import sqlalchemy as sa

METADATA = sa.MetaData()
SECONDS = sa.Float(53)


def _id(name: str = "id") -> "sa.Column[str]":
    return sa.Column(name, sa.String(80), primary_key=True)


datasets = sa.Table(
    "datasets",
    METADATA,
    _id(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("options", sa.JSON, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("report", sa.JSON),
    sa.Column("error", sa.JSON),
    sa.Column("version_of", sa.String(80), index=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("origin", sa.JSON, nullable=False),
    sa.Column("created_at", SECONDS, nullable=False),
    sa.Column("created_by", sa.String(80)),
    sa.Column("deleted_at", SECONDS),
    sa.Index("datasets_repeated", "digest", "created_at"),
)

fits = sa.Table(
    "fits",
    METADATA,
    _id(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("dataset_id", sa.String(80), nullable=False),
    sa.Column("request", sa.JSON, nullable=False),
    sa.Column("status", sa.String(20), nullable=False, index=True),
    sa.Column("error", sa.JSON),
    sa.Column("command", sa.JSON),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("worker", sa.String(80)),
    sa.Column("origin", sa.JSON, nullable=False),
    sa.Column("created_at", SECONDS, nullable=False),
    sa.Column("created_by", sa.String(80)),
    sa.Column("started_at", SECONDS),
    sa.Column("finished_at", SECONDS),
    sa.Column("deleted_at", SECONDS),
)

fit_events = sa.Table(
    "fit_events",
    METADATA,
    sa.Column("fit_id", sa.String(80), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("created_at", SECONDS, nullable=False),
    sa.Column("event", sa.JSON, nullable=False),
)

models = sa.Table(
    "models",
    METADATA,
    _id(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("dataset_id", sa.String(80)),
    sa.Column("created_at", SECONDS, nullable=False),
    sa.Column("created_by", sa.String(80)),
    sa.Column("deleted_at", SECONDS),
)

aliases = sa.Table(
    "aliases",
    METADATA,
    _id("alias"),
    sa.Column("model_id", sa.String(80), nullable=False),
    sa.Column("changed_at", SECONDS, nullable=False),
)

alias_changes = sa.Table(
    "alias_changes",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("alias", sa.String(80), nullable=False, index=True),
    sa.Column("model_id", sa.String(80)),
    sa.Column("changed_at", SECONDS, nullable=False),
    sa.Column("changed_by", sa.String(80)),
    sa.Column("rolled_back", sa.Boolean, nullable=False, server_default=sa.false()),
)

keys = sa.Table(
    "keys",
    METADATA,
    _id(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("created_at", SECONDS, nullable=False),
    sa.Column("expires_at", SECONDS),
    sa.Column("revoked_at", SECONDS),
)

audit = sa.Table(
    "audit",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", SECONDS, nullable=False, index=True),
    sa.Column("key_id", sa.String(80)),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("target", sa.Text),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("request_id", sa.String(80), nullable=False),
)

indexes = sa.Table(
    "indexes",
    METADATA,
    _id(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("model_id", sa.String(80), nullable=False),
    sa.Column("texts", sa.Integer, nullable=False),
    sa.Column("created_at", SECONDS, nullable=False),
    sa.Column("created_by", sa.String(80)),
    sa.Column("deleted_at", SECONDS),
    sa.Column("counted", sa.Integer, nullable=False, server_default="0"),  # part of ``texts``
    sa.Column("model_digest", sa.String(64)),  # null: made by an earlier release, or empty
    sa.Index(
        "indexes_named",
        "name",
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    ),
)

index_parts = sa.Table(
    "index_parts",
    METADATA,
    sa.Column("index_id", sa.String(80), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("key", sa.String(80), nullable=False),
)

notices = sa.Table(
    "notices",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("fit_id", sa.String(80), nullable=False),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", SECONDS),
    sa.Column("sent_at", SECONDS),
    sa.Column("error", sa.Text),
    sa.UniqueConstraint("fit_id", "channel", name="notices_once"),
)

idempotency = sa.Table(
    "idempotency",
    METADATA,
    sa.Column("owner", sa.String(80), primary_key=True),
    sa.Column("key", sa.String(300), primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("fit_id", sa.String(80), nullable=False),
    sa.Column("created_at", SECONDS, nullable=False),
)

label_acts = sa.Table(
    "label_acts",
    METADATA,
    sa.Column("dataset_id", sa.String(80), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", SECONDS, nullable=False),
    sa.Column("key_id", sa.String(80)),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("label", sa.Text),
    sa.Column("rows", sa.JSON, nullable=False),
    sa.Column("undone", sa.Boolean, nullable=False),
    sa.Column("changed", sa.Integer, nullable=False),  # counts the changes of a data set's acts
)

workers = sa.Table(
    "workers",
    METADATA,
    _id(),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("process", sa.Integer, nullable=False),
    sa.Column("started_at", SECONDS, nullable=False),
    sa.Column("seen_at", SECONDS, nullable=False, index=True),
)
