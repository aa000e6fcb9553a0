"""Versions of a data set: each change makes a new one, and the upload never changes."""

import shutil
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from tunesmith.datasets.changes import NewLabel, RowChanges, changed_rows
from tunesmith.datasets.row_files import write_rows
from tunesmith.errors import DataError, UsageError
from tunesmith.folders import file_digest
from tunesmith.server.datasets import DatasetStore, NewDataset, ReadOptions, StoredDataset
from tunesmith.server.faults import InUse
from tunesmith.server.ids import shown_name
from tunesmith.server.stores import Stores
from tunesmith.wording import capitalised, plural

CHANGE: Final = "change"
"""The name in a data set's ``origin`` of the change that made it: see :class:`Change`."""

DETECTED: Final = "auto"
"""The kind of a change that detects the kind again."""
_FORMATS = {".jsonl": "JSON Lines", ".tsv": "TSV"}


@dataclass(frozen=True)
class Changes:
    """What a new version has otherwise: its rows, or how its file is read.

    Parameters
    ----------
    relabel
        Row number, counted from 1 without the header as in the check, to the new label. None
        removes the label. A row of multi-label data gets a list of all its labels. Unlabelled
        texts become labelled ones.
    drop
        The rows that are left out, whatever their new label.
    clean
        The rows whose texts lose HTML tags, invisible and control characters, and spaces at their
        ends.
    fixes
        Fixes while reading, as for :func:`tunesmith.read`, in addition to those of the parent.
    kind, columns, encoding
        How the file is read, if otherwise than now; the kind ``"auto"`` is detected. Rows are
        changed in a version of their own.
    note
        What was done, for people; written from the numbers of rows if it is empty.

    Examples
    --------
    >>> Changes(drop=frozenset({3}), note="Dropped a test row").rows.is_empty
    False
    """

    relabel: Mapping[int, NewLabel] = field(default_factory=dict)
    drop: Collection[int] = frozenset()
    clean: Collection[int] = frozenset()
    fixes: tuple[str, ...] = ()
    kind: str | None = None
    columns: Mapping[str, str] | None = None
    encoding: str | None = None
    note: str = ""

    @property
    def rows(self) -> RowChanges:
        """The changes of rows."""
        return RowChanges(self.relabel, self.drop, self.clean)

    @property
    def rereads(self) -> bool:
        """Whether the file is read as another kind, or with other columns or another encoding."""
        return any(each is not None for each in (self.kind, self.columns, self.encoding))


@dataclass(frozen=True)
class Change:
    """What made a version, as it is kept in the version's ``origin``.

    Parameters
    ----------
    parent
        The id of the version that was changed.
    note
        What was done, for people.
    relabelled, dropped, cleaned
        The number of rows that were changed in each way.
    """

    parent: str
    note: str
    relabelled: int = 0
    dropped: int = 0
    cleaned: int = 0


def change_of(stored: StoredDataset) -> Change | None:
    """Return what made a version; None for an upload."""
    kept = stored.origin.get(CHANGE)
    return None if kept is None else Change(**kept)


def new_version(
    store: DatasetStore, stored: StoredDataset, changes: Changes, created_by: str | None = None
) -> StoredDataset:
    """Store a new version of a data set, whose file and check stay as they are.

    The same change of the same version is one change: its version is returned again. Delimited
    text and JSON Lines keep their format; other formats become JSON Lines. A version whose check
    fails is kept, since further changes can fix it; one that cannot be read is not.

    Raises
    ------
    UsageError
        Nothing would change, or a row, label, column, kind or fix does not fit the data.
    DataError
        The rows cannot be changed one by one, none would be left, or the new version could not be
        read.
    """
    if changes.rows.is_empty and not changes.rereads and not changes.fixes:
        raise UsageError("there is nothing to change", hint="give rows to relabel or to drop")
    if not changes.rows.is_empty and changes.rereads:
        raise UsageError(
            "a change of rows and a change of kind, columns or encoding need a version each",
            hint="first read the file otherwise, then change its rows",
        )
    with store.scratch() as folder:
        written = _written if not changes.rows.is_empty else _copied
        path, new = written(store, stored, changes, folder)
        new = replace(new, version_of=stored.id, created_by=created_by)
        known = _known(store.versions(stored.id), new, file_digest(path))
        made = known or store.add(path, new)
    if made.report is None and made.error is not None:
        store.delete(made.id)
        raise DataError(str(made.error["message"]), hint=str(made.error.get("hint", "")))
    return made


def undo(stores: Stores, stored: StoredDataset) -> StoredDataset:
    """Delete a version that nothing uses, and return the version that it was made from.

    Raises
    ------
    UsageError
        It is an upload.
    InUse
        Another version was made from it, or a fit used it.
    NotFound
        The version that it was made from was deleted.
    """
    change = change_of(stored)
    if change is None:
        raise UsageError("an upload is not a change", hint="delete the data set to remove it")
    parent = stores.datasets.get(change.parent)
    for each in stores.datasets.versions(stored.id):
        made = change_of(each)
        if made is not None and made.parent == stored.id:
            raise InUse(
                f"version {each.version} was made from version {stored.version}",
                hint=f"first undo version {each.version}",
            )
    for fit in stores.fits.all():
        if stored.id in fit.datasets:
            raise InUse(
                f"a fit used version {stored.version}, so it is kept",
                hint=f"version {parent.version} is unchanged: go on from there",
            )
    stores.delete_dataset(stored.id)
    return parent


def _written(
    store: DatasetStore, stored: StoredDataset, changes: Changes, folder: Path
) -> tuple[Path, NewDataset]:
    """Write the changed rows to a file, which is read as before."""
    data, source = store.opened(stored.id), store.path(stored.id)
    rows = changed_rows(data, changes.rows)
    if rows.table.equals(data.loaded.table):
        raise UsageError("these changes change nothing", hint="the rows are like this already")
    path = write_rows(rows.table, source, folder)
    reading = replace(stored.options, kind=str(rows.kind), columns=rows.columns, encoding=None)
    change = Change(
        parent=stored.id,
        note=_note(changes, rows.relabelled, rows.dropped, rows.cleaned)
        + _omissions(len(data.loaded.rejected), path, source),
        relabelled=rows.relabelled,
        dropped=rows.dropped,
        cleaned=rows.cleaned,
    )
    return path, _new(stored, path.name, _with_fixes(reading, changes.fixes), change)


def _copied(
    store: DatasetStore, stored: StoredDataset, changes: Changes, folder: Path
) -> tuple[Path, NewDataset]:
    """Copy the file as it was received, to read it otherwise."""
    path = folder / stored.file
    shutil.copyfile(store.received(stored.id), path)
    reading = _with_fixes(reread(stored.options, changes), changes.fixes)
    if reading == stored.options:
        raise UsageError("these changes change nothing", hint="the file is read like this already")
    return path, _new(stored, stored.file, reading, Change(stored.id, _note(changes)))


def reread(options: ReadOptions, changes: Changes) -> ReadOptions:
    """Return how a file is read after changes."""
    if not changes.rereads:
        return options
    kind = changes.kind or options.kind
    given = changes.columns
    if changes.kind is None and given is None:
        given = options.columns
    return replace(
        options,
        kind=None if kind == DETECTED else kind,
        columns=dict(given) if given else None,
        encoding=changes.encoding or options.encoding,
    )


def _with_fixes(options: ReadOptions, fixes: Iterable[str]) -> ReadOptions:
    return replace(options, fixes=tuple(dict.fromkeys((*options.fixes, *fixes))))


def _new(stored: StoredDataset, file: str, options: ReadOptions, change: Change) -> NewDataset:
    origin: dict[str, Any] = {**stored.origin, CHANGE: asdict(change)}
    return NewDataset(stored.name, file, options, origin)


def _known(versions: Iterable[StoredDataset], new: NewDataset, digest: str) -> StoredDataset | None:
    """Return the version that the same change has made before."""
    made = (
        each
        for each in versions
        if each.digest == digest and each.origin == new.origin and each.options == new.options
    )
    return next(made, None)


def _note(changes: Changes, relabelled: int = 0, dropped: int = 0, cleaned: int = 0) -> str:
    """Return what was done, in words."""
    if changes.note.strip():
        return shown_name(changes.note.strip())
    counts = {"relabelled": relabelled, "dropped": dropped, "cleaned": cleaned}
    parts = [f"{done} {plural(number, 'row')}" for done, number in counts.items() if number]
    if changes.rereads:
        parts.append("read the file differently")
    if changes.fixes:
        parts.append(f"applied {', '.join(changes.fixes)}")
    words = ", ".join(parts)
    return shown_name(capitalised(words))


def _omissions(rejected: int, path: Path, source: Path) -> str:
    """Return what the file of a version lacks of the file before, in words."""
    left_out = f"; {plural(rejected, 'line')} that could not be read left out" if rejected else ""
    same = Path(source.name.removesuffix(".gz")).suffix.lower() in {path.suffix, ".tab"}
    return left_out + ("" if same else f"; written as {_FORMATS.get(path.suffix, 'CSV')}")
