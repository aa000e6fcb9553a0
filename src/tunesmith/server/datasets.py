"""Data sets that were uploaded: stored, checked, listed, with their versions."""

import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine, RowMapping

from tunesmith.datasets.dataset import Dataset, read
from tunesmith.datasets.inspection import Inspection, inspect
from tunesmith.errors import DataError, TunesmithError, UsageError
from tunesmith.folders import file_digest
from tunesmith.server.archives import UnpackLimits, is_archive, require_bounded, unpack
from tunesmith.server.faults import NotFound, NotReady
from tunesmith.server.ids import new_id, note_id, safe_name, shown_name
from tunesmith.server.metadata.database import lock
from tunesmith.server.metadata.rows import kept_row, kept_rows
from tunesmith.server.metadata.tables import datasets
from tunesmith.server.storage import Files
from tunesmith.server.unexpected import report_unexpected
from tunesmith.wording import count

REPEATED_SECONDS = 60


@dataclass(frozen=True)
class ReadOptions:
    """How a file is read, as in :func:`tunesmith.read`.

    Examples
    --------
    >>> ReadOptions(kind="pairs").kind
    'pairs'
    """

    kind: str | None = None
    columns: Mapping[str, str] | None = None
    encoding: str | None = None
    fixes: tuple[str, ...] = ()
    skip_invalid: bool = False
    strict: bool = False


@dataclass(frozen=True)
class NewDataset:
    """What a client says of a file that it uploads.

    Parameters
    ----------
    name
        The name that people see.
    file
        The file's own name; its suffix says its format.
    options
        How to read it.
    origin
        Anything that a dialect wants to keep, as JSON values.
    version_of
        The id of the data set that this is a new version of.
    created_by
        The id of the API key.
    """

    name: str
    file: str
    options: ReadOptions = field(default_factory=ReadOptions)
    origin: Mapping[str, Any] = field(default_factory=dict)
    version_of: str | None = None
    created_by: str | None = None


@dataclass(frozen=True)
class StoredDataset:
    """A data set in the server, and the report of its check.

    ``status`` is ``"validated"``, or ``"failed"`` with ``error``, which names file, row and column.
    """

    id: str
    name: str
    file: str
    digest: str
    bytes: int
    options: ReadOptions
    status: str
    report: Mapping[str, Any] | None
    error: Mapping[str, Any] | None
    version_of: str | None
    version: int
    origin: Mapping[str, Any]
    created_at: float
    created_by: str | None

    @property
    def kind(self) -> str | None:
        """The kind of training data; None if the check failed."""
        return None if self.report is None else str(self.report["kind"])

    @property
    def rows(self) -> int | None:
        """The number of examples; None if the check failed."""
        return None if self.report is None else int(self.report["rows"])


class DatasetStore:
    """The data sets of a server.

    Parameters
    ----------
    engine
        The database of metadata.
    files
        The storage of files.
    max_rows
        Maximum number of rows of a file.
    max_bytes
        Maximum number of bytes of a file, and of an archive when it is unpacked.
    """

    def __init__(self, engine: Engine, files: Files, max_rows: int, max_bytes: int) -> None:
        self._engine, self._files, self._max_rows = engine, files, max_rows
        self._limits = UnpackLimits(bytes=max_bytes, rows=max_rows)

    def add(self, upload: Path, new: NewDataset) -> StoredDataset:
        """Check a received file and store it; the file is moved.

        A zip archive becomes a data set of its documents, or of its BEIR folder. A file that cannot
        be used is stored too, with the status ``"failed"`` and the error. The same bytes, name and
        key within a minute are one upload that a client repeated: its first data set is returned.
        """
        if new.version_of is not None:
            new = replace(new, version_of=self.get(new.version_of).version_of or new.version_of)
        digest = file_digest(upload)
        with self._engine.connect() as connection:
            repeated = _repeated(connection, digest, new)
        if repeated is not None:
            return self._noted(repeated)
        ident, name = new_id("data", noted=False), safe_name(new.file)
        named = upload.rename(upload.with_name(name))
        size = named.stat().st_size
        facts = self._checked(named, new.options)
        with self._files.new(_key(ident)) as folder:
            for each in (named, _unpacked(named)):
                if each.exists():
                    each.rename(folder / each.name)
        values = {
            "id": ident,
            "name": shown_name(new.name),
            "file": name,
            "digest": digest,
            "bytes": size,
            "options": asdict(new.options),
            "version_of": new.version_of,
            "origin": dict(new.origin),
            "created_at": time.time(),
            "created_by": new.created_by,
            **facts,
        }
        return self._stored_once(values, new)

    def get(self, ident: str) -> StoredDataset:
        """Return a data set.

        Raises
        ------
        NotFound
            There is none with this id.
        """
        row = kept_row(self._engine, datasets, ident)
        if row is None:
            raise NotFound(
                f"there is no data set {ident!r}", hint="list them with GET /v1/datasets"
            )
        return _stored(row)

    def all(self) -> list[StoredDataset]:
        """Return all data sets, newest first."""
        return [_stored(row) for row in kept_rows(self._engine, datasets)]

    def versions(self, ident: str) -> list[StoredDataset]:
        """Return all versions of a data set, the first first."""
        first = self.get(ident).version_of or ident
        found = [each for each in self.all() if first in {each.id, each.version_of}]
        return sorted(found, key=lambda each: each.version)

    def path(self, ident: str) -> Path:
        """Return the local path of a data set: a file, or the folder of an unpacked archive."""
        return _readable(self.received(ident))

    def received(self, ident: str) -> Path:
        """Return the local path of a data set's file as it was received."""
        stored = self.get(ident)
        return self._files.local(_key(ident)) / stored.file

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Yield a folder for a file that :meth:`add` moves; it is removed after the block."""
        folder = self._files.scratch()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def inspection(self, ident: str, options: ReadOptions | None = None) -> Inspection:
        """Read and check a stored file again, with its own options or with others.

        Raises
        ------
        DataError
            The file cannot be used.
        UsageError
            The options do not fit it.
        """
        options = options or self.get(ident).options
        return inspect(str(self.path(ident)), **_read_options(options))

    def opened(self, ident: str) -> Dataset:
        """Read a stored file again without checking it.

        Raises
        ------
        DataError
            The file cannot be read.
        """
        return read(str(self.path(ident)), **_read_options(self.get(ident).options))

    def usable(self, ident: str) -> StoredDataset:
        """Return a data set that passed its check.

        Raises
        ------
        NotFound
            There is none with this id.
        NotReady
            It failed.
        """
        stored = self.get(ident)
        if stored.error is not None:
            raise _not_ready(ident, stored.error)
        return stored

    def readable(self, ident: str) -> StoredDataset:
        """Return a data set that could be read, also if its check failed.

        Raises
        ------
        NotFound
            There is none with this id.
        NotReady
            It could not be read.
        """
        stored = self.get(ident)
        if stored.report is None and stored.error is not None:
            raise _not_ready(ident, stored.error)
        return stored

    def delete(self, ident: str) -> None:
        """Delete a data set and its file; models that were fitted on it stay."""
        self.get(ident)
        with self._engine.begin() as connection:
            connection.execute(
                datasets.update().where(datasets.c.id == ident).values(deleted_at=time.time())
            )
        self._files.delete(_key(ident))

    def _stored_once(self, values: Mapping[str, Any], new: NewDataset) -> StoredDataset:
        """Store a row unless the same upload was faster, whose data set is returned then."""
        ident, digest = str(values["id"]), str(values["digest"])
        with self._engine.begin() as connection:
            lock(connection, digest)
            repeated = _repeated(connection, digest, new)
            if repeated is None:
                version = self._next_version(connection, new.version_of)
                connection.execute(datasets.insert().values(**values, version=version))
        if repeated is not None:
            self._files.delete(_key(ident))
        return self._noted(repeated or ident)

    def _noted(self, ident: str) -> StoredDataset:
        note_id(ident)
        return self.get(ident)

    def _checked(self, path: Path, options: ReadOptions) -> dict[str, Any]:
        """Return status, report and error of a file."""
        try:
            if is_archive(path):
                unpack(path, _unpacked(path), self._limits)
            readable = _readable(path)
            require_bounded(readable, self._limits)
            inspection = inspect(str(readable), **_read_options(options))
            self._check_rows(inspection)
        except TunesmithError as error:
            return {"status": "failed", "report": None, "error": error.to_dict()}
        except Exception as error:  # a fault of a reader: the file fails, and not the server
            report_unexpected(error)
            refused = DataError(f"{path.name} cannot be read", file=path.name)
            return {"status": "failed", "report": None, "error": refused.to_dict()}
        report = inspection.to_dict()
        if inspection.errors and not options.skip_invalid:
            refused = _refusal(inspection, path.name)
            return {"status": "failed", "report": report, "error": refused.to_dict()}
        return {"status": "validated", "report": report, "error": None}

    def _check_rows(self, inspection: Inspection) -> None:
        if len(inspection.examples) > self._max_rows:
            raise UsageError(
                f"{inspection.name} has {count(len(inspection.examples))} rows, and the server "
                f"accepts {count(self._max_rows)}",
                hint="upload a part of it, or raise the server's limit (`upload_rows`)",
                option="upload_rows",
            )

    @staticmethod
    def _next_version(connection: sa.Connection, first: str | None) -> int:
        if first is None:
            return 1
        # An update that changes nothing locks the row, so that numbers are given once.
        lock = datasets.update().where(datasets.c.id == first)
        connection.execute(lock.values(version=datasets.c.version))
        of = sa.or_(datasets.c.id == first, datasets.c.version_of == first)
        newest = connection.execute(sa.select(sa.func.max(datasets.c.version)).where(of)).scalar()
        return int(newest or 0) + 1


def _repeated(connection: sa.Connection, digest: str, new: NewDataset) -> str | None:
    """Return the id of the data set that the same upload has made a moment ago."""
    query = sa.select(datasets).where(
        datasets.c.digest == digest,
        datasets.c.name == shown_name(new.name),
        datasets.c.created_at > time.time() - REPEATED_SECONDS,
        datasets.c.created_by.is_not_distinct_from(new.created_by),
        datasets.c.deleted_at.is_(None),
    )
    rows = [_stored(row) for row in connection.execute(query).mappings()]
    same = (row.id for row in rows if row.options == new.options and row.origin == new.origin)
    return next(same, None)


def _key(ident: str) -> str:
    return f"datasets/{ident}"


def _unpacked(path: Path) -> Path:
    """Return the folder of an archive's content, next to it; there is none for other files."""
    return path.with_name(path.stem)


def _readable(path: Path) -> Path:
    """Return what is read of a received file: of an archive its folder, or its only file."""
    folder = _unpacked(path)
    if not folder.is_dir():
        return path
    inside = list(folder.iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_file() else folder


def _not_ready(ident: str, error: Mapping[str, Any]) -> NotReady:
    hint = str(error.get("hint", ""))
    return NotReady(f"data set {ident} cannot be used: {error['message']}", hint=hint)


def _refusal(inspection: Inspection, file: str) -> DataError:
    """Return the first error of a check; of too few rows also why others were skipped."""
    first = inspection.errors[0]
    skipped = [each.message for each in inspection.findings if each.faulty and each is not first]
    reasons = skipped if first.code == "few-rows" else ()
    message = " ".join([first.message, *reasons]).removesuffix(".")
    return DataError(message, hint=first.advice, file=file)


def _read_options(options: ReadOptions) -> dict[str, Any]:
    named = asdict(options)
    named.pop("skip_invalid")  # a check lists what a fit would skip
    return named


def _stored(row: RowMapping) -> StoredDataset:
    values = {name: value for name, value in row.items() if name != "deleted_at"}
    options = {**values["options"], "fixes": tuple(values["options"]["fixes"])}
    return StoredDataset(**{**values, "options": ReadOptions(**options)})
