"""API keys: random, stored as digests only, with a role and an optional expiry."""

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from enum import IntEnum

import sqlalchemy as sa
from sqlalchemy.engine import Engine, RowMapping

from tunesmith.errors import UsageError
from tunesmith.server.faults import NotFound
from tunesmith.server.ids import NAME_LENGTH, is_id, new_id, shown_name
from tunesmith.server.metadata.database import open_database
from tunesmith.server.metadata.tables import keys
from tunesmith.server.recent import Recent
from tunesmith.server.settings import ServerSettings

PREFIX = "tms_"
# Another process may revoke a key: it is still accepted for so long. In this one it ends at once.
REMEMBERED_SECONDS = 2.0
LONGEST_SECONDS = 100 * 365 * 86400.0
_LONGEST = 200


class Role(IntEnum):
    """What a key allows; each role allows what the one before allows."""

    READ = 1
    TRAIN = 2
    ADMIN = 3


@dataclass(frozen=True)
class StoredKey:
    """An API key without its secret. Times are seconds since 1970."""

    id: str
    name: str
    role: Role
    created_at: float
    expires_at: float | None
    revoked_at: float | None

    @property
    def valid(self) -> bool:
        """Whether it is neither expired nor revoked."""
        return self.revoked_at is None and (self.expires_at or float("inf")) > time.time()


class KeyStore:
    """The API keys of a server.

    Parameters
    ----------
    engine
        The database of metadata.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._recent: Recent[StoredKey] = Recent(REMEMBERED_SECONDS)

    def create(
        self, name: str, role: str = "read", expires_in: float | None = None
    ) -> tuple[StoredKey, str]:
        """Create a key; return it with its secret, which is not stored.

        Parameters
        ----------
        name
            Whose or what it is.
        role
            ``"read"`` (embed, classify, search), ``"train"`` (also data sets and fits) or
            ``"admin"`` (also keys, deletion of other people's things, and the audit log).
        expires_in
            Seconds until it expires, at most 100 years; None for never.

        Raises
        ------
        UsageError
            There is no such role, the name is empty or too long, or the time is not allowed.
        """
        _check(name, expires_in)
        if role.upper() not in Role.__members__:
            raise UsageError(
                f"there is no role {role!r}", hint="use read, train or admin", option="role"
            )
        secret = PREFIX + secrets.token_urlsafe(32)
        now = time.time()
        values = {
            "id": new_id("key"),
            "name": shown_name(name),
            "digest": _digest(secret),
            "role": role.lower(),
            "created_at": now,
            "expires_at": None if expires_in is None else now + expires_in,
        }
        with self._engine.begin() as connection:
            connection.execute(keys.insert().values(**values))
        return self.get(str(values["id"])), secret

    def get(self, ident: str) -> StoredKey:
        """Return a key.

        Raises
        ------
        NotFound
            There is none with this id.
        """
        row = None
        if is_id(ident):
            query = sa.select(keys).where(keys.c.id == ident)
            with self._engine.connect() as connection:
                row = connection.execute(query).mappings().first()
        if row is None:
            raise NotFound(f"there is no key {ident!r}", hint="list them with tunesmith keys")
        return _stored(row)

    def all(self) -> list[StoredKey]:
        """Return all keys, also expired and revoked ones, oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(keys).order_by(keys.c.created_at)).mappings().all()
        return [_stored(row) for row in rows]

    def revoke(self, ident: str) -> StoredKey:
        """Make a key invalid from now on.

        Raises
        ------
        NotFound
            There is none with this id.
        """
        self.get(ident)
        with self._engine.begin() as connection:
            revoked = keys.update().where(keys.c.id == ident, keys.c.revoked_at.is_(None))
            connection.execute(revoked.values(revoked_at=time.time()))
        self._recent.clear()
        return self.get(ident)

    def recent(self, secret: str) -> StoredKey | None:
        """Return the valid key with a secret if it was found a moment ago; no database is asked."""
        if not _is_secret(secret):
            return None
        key = self._recent.get(_digest(secret))
        return key if key is not None and key.valid else None

    def find(self, secret: str) -> StoredKey | None:
        """Return the valid key with a secret, or None."""
        if not _is_secret(secret):
            return None
        digest, generation = _digest(secret), self._recent.generation
        with self._engine.connect() as connection:
            query = sa.select(keys).where(keys.c.digest == digest)
            row = connection.execute(query).mappings().first()
        if row is None or not hmac.compare_digest(row["digest"], digest):
            return None
        key = _stored(row)
        self._recent.put(digest, key, generation)
        return key if key.valid else None


def open_keys(settings: ServerSettings) -> KeyStore:
    """Return the API keys of a server, which need not be running.

    Examples
    --------
    >>> store = open_keys(ServerSettings())
    >>> key, secret = store.create("support", "train")
    >>> store.find(secret).name
    'support'
    """
    return KeyStore(open_database(settings.metadata_url))


def _check(name: str, expires_in: float | None) -> None:
    if not 1 <= len(name) <= NAME_LENGTH or not shown_name(name):
        raise UsageError(
            f"the name of a key has 1 to {NAME_LENGTH} characters",
            hint="say whose or what it is",
            option="name",
        )
    if expires_in is not None and not 0 < expires_in <= LONGEST_SECONDS:
        raise UsageError(
            "a key is valid for more than 0 and at most 36,500 days",
            hint="omit the time for a key that never expires",
            option="expires_in",
        )


def _is_secret(text: str) -> bool:
    return text.startswith(PREFIX) and len(text) <= _LONGEST


def _digest(secret: str) -> str:
    """Return the digest of a secret; 32 random bytes cannot be guessed, so no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _stored(row: RowMapping) -> StoredKey:
    values = {name: row[name] for name in StoredKey.__dataclass_fields__}
    return StoredKey(**{**values, "role": Role[values["role"].upper()]})
