"""Read CSV and other delimited files with DuckDB, which lists rejected records in a table.

DuckDB counts records, users count lines. If any record was rejected, the csv module finds the lines
of all records, and the byte offset at which they begin locates the rejected ones.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from shutil import copyfile
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tunesmith.data.loaded import Records, Rejected
from tunesmith.data.reading.dialect import Dialect, find_dialect
from tunesmith.data.reading.dialect_notes import dialect_notes
from tunesmith.data.reading.duckdb_csv import Reject, Scan, Survey, scan, scan_batches, survey
from tunesmith.data.reading.encoding import has_returns, with_plain_line_ends
from tunesmith.data.reading.header import column_names, repeated_name
from tunesmith.data.reading.line_index import (
    Index,
    index_records,
    is_sound,
    iter_records,
    merging_lines,
    stray_quote,
    without_lines,
)
from tunesmith.data.reading.merged_rows import holds_merged_rows
from tunesmith.data.reading.missing import known_table
from tunesmith.data.reading.plain_lines import NO_DELIMITER, plain_lines
from tunesmith.data.reading.repeated_header import repeat_notes, repeats_names, without_repeats
from tunesmith.data.reading.rows import BATCH, Rows, cells_of, raise_on_rejected, table_rows
from tunesmith.data.reading.second_header import (
    rows_below_second_header,
    without_second_header,
)
from tunesmith.errors import UnreadableFile

T = TypeVar("T", Scan, Survey)
_QUOTE = "UNQUOTED VALUE"
_QUOTE_REASON = "an opening quote is not closed at the end of its cell"
_REASONS = {
    _QUOTE: _QUOTE_REASON,
    "INVALID ENCODING": "it contains bytes that are not UTF-8",
    "LINE SIZE OVER MAXIMUM": "the record is longer than 16 MiB; check for an unclosed quote",
}
_FOUND = re.compile(r"Found: (\d+)")
_MAX_ROUNDS = 25
_GLOB = frozenset("*?[]")


@dataclass(frozen=True)
class Delimited:
    """A delimited file, ready to be read.

    Parameters
    ----------
    name
        The file name used in messages.
    path
        The file, or a copy without what is above the rows.
    dialect
        The dialect of that file.
    names
        The name of each column.
    unnamed
        The positions of columns without a name of their own.
    removed
        The number of lines that the copy lacks at its beginning.
    notes
        Notes about the dialect.
    has_header
        Whether the names come from the file.
    """

    name: str
    path: Path
    dialect: Dialect
    names: tuple[str, ...]
    unnamed: frozenset[int]
    removed: int
    notes: tuple[str, ...]
    has_header: bool

    @property
    def header(self) -> tuple[str, ...] | None:
        """The cells of the header, or ``None`` if there is none."""
        if not self.has_header:
            return None
        return tuple("" if at in self.unnamed else name for at, name in enumerate(self.names))


@dataclass(frozen=True, eq=False)
class _Reading:
    """A scanned file, and the lines removed from it beforehand.

    ``lines`` holds, for each line of the scanned file, its number in the user's file.
    """

    path: Path
    scan: Scan
    index: Index
    lines: NDArray[np.int64]
    stray: tuple[int, ...] = ()


def read_delimited(path: Path, name: str, folder: Path, *, tabs: bool = False) -> Records:
    """Read a UTF-8 delimited file; all cells are strings, and blank cells are null.

    Parameters
    ----------
    path
        The file, as returned by :func:`tunesmith.data.reading.encoding.plain_text`.
    name
        The file name used in messages.
    folder
        A folder for temporary copies.
    tabs
        Whether the file name indicates tab-separated values.

    Raises
    ------
    UnreadableFile
        The file has no rows, has two columns with the same name, or cannot be read.
    """
    file, found = _attempt(scan, path, name, folder, tabs=tabs)
    records = _records(file.path, found, file.dialect, folder, file.removed)
    if not records.table.num_rows:
        raise _nothing_read(records, name)
    records, repeats = without_repeats(records, file.header)
    table = known_table(records.table)
    filled = [len(table) - column.null_count for column in table.columns]
    empty = _empty_columns(file, filled)
    records = replace(
        records,
        table=_named(table, file.names, empty),
        notes=(*file.notes, *repeat_notes(repeats), *_unnamed_notes(file, empty)),
        has_header=file.has_header,
    )
    return without_second_header(records, renumber=True)


def open_delimited(path: Path, name: str, folder: Path, *, tabs: bool = False) -> Rows:
    """Open a file to read its rows in batches, as :func:`read_delimited` reads them.

    Raises
    ------
    UnreadableFile
        As for :func:`read_delimited`; or a record is rejected, since every row needs a result.
    """
    file, found = _attempt(survey, path, name, folder, tabs=tabs)
    repeats = None if found.rejected or not found.rows else _repeated_headers(file)
    if repeats is None:
        records = read_delimited(path, name, folder, tabs=tabs)
        raise_on_rejected(records.rejected, name)
        return table_rows(records.table, name, records.notes)
    empty = _empty_columns(file, found.filled)
    names = tuple(name for index, name in enumerate(file.names) if index not in empty)

    def tables() -> Iterator[pa.Table]:
        for table in scan_batches(file.path, file.dialect, BATCH):
            kept = table.filter(pc.invert(repeats_names(table, file.header)))
            yield known_table(_named(kept, file.names, empty))

    notes = (*file.notes, *repeat_notes(repeats), *_unnamed_notes(file, empty))
    rows = Rows(name, names, lambda: chain.from_iterable(map(cells_of, tables())), notes)
    return rows_below_second_header(rows)


def _repeated_headers(file: Delimited) -> int | None:
    """Return the number of repeated headers; None if rows are merged by their quotes."""
    repeats = 0
    for table in scan_batches(file.path, file.dialect, BATCH):
        if holds_merged_rows(table, file.dialect.syntax.delimiter):
            return None
        repeats += pc.sum(repeats_names(table, file.header)).as_py()
    return repeats


def _attempt(
    run: Callable[[Path, Dialect], T | None],
    path: Path,
    name: str,
    folder: Path,
    *,
    tabs: bool,
) -> tuple[Delimited, T]:
    """Detect the dialect and run a query, again with plain line endings if that reads as much.

    Rejected records cannot be located in a file with mixed line endings.
    """
    file = _prepared(path, name, folder, tabs=tabs)
    found = run(file.path, file.dialect)
    if found is not None and (not found.rejected or not has_returns(path)):
        return file, found
    plain_folder = folder / "line-ends"
    plain_folder.mkdir(exist_ok=True)
    path = with_plain_line_ends(path, plain_folder / "copy")
    plain: Delimited = _prepared(path, name, plain_folder, tabs=tabs)
    again = run(plain.path, plain.dialect)
    if again is not None and (found is None or again.rows >= found.rows):
        note = "mixed line endings, all treated as new lines"
        return replace(plain, notes=(*plain.notes, note)), again
    if found is None:
        raise UnreadableFile(
            f"{name} cannot be read as delimited text", hint="export it as CSV again", file=name
        )
    return file, found


def _prepared(path: Path, name: str, folder: Path, *, tabs: bool) -> Delimited:
    dialect = find_dialect(path, tabs=tabs)
    own = dialect.header or [""] * dialect.width
    file = Delimited(
        name,
        path,
        dialect,
        names=_checked_names(dialect, name),
        unnamed=frozenset(index for index, cell in enumerate(own) if not cell.strip()),
        removed=0,
        notes=dialect_notes(dialect),
        has_header=dialect.header is not None,
    )
    if not dialect.is_plain:
        plain = _plain_copy(path, folder / "plain", dialect)
        return replace(file, path=plain, dialect=dialect.plain, removed=dialect.lines_before)
    if _GLOB.intersection(str(path)):  # DuckDB would treat the name as a pattern
        return replace(file, path=Path(copyfile(path, folder / "copy")))
    return file


def _checked_names(dialect: Dialect, name: str) -> tuple[str, ...]:
    names = column_names(dialect.header, dialect.width)
    if (twice := repeated_name(names)) is not None:
        line = "its first line" if dialect.plain_header else f"line {dialect.lines_before}"
        raise UnreadableFile(
            f"{name} has two columns named {twice!r} on {line}",
            hint="rename one of them",
            file=name,
            column=twice,
        )
    return names


def _plain_copy(path: Path, out: Path, dialect: Dialect) -> Path:
    """Write a copy that begins with the first row and that DuckDB can read."""
    how = {"encoding": "utf-8", "errors": "surrogateescape", "newline": ""}
    with path.open(**how) as file, out.open("w", **how) as copy:  # type: ignore[call-overload]  # given by name
        copy.writelines(plain_lines(islice(file, dialect.lines_before, None), dialect.syntax))
    return out


def _empty_columns(file: Delimited, filled: Sequence[int]) -> set[int]:
    """Return the columns without name and values; a comma at the end of lines makes one."""
    return {index for index in file.unnamed if not filled[index]} if any(filled) else set()


def _unnamed_notes(file: Delimited, left_out: set[int]) -> tuple[str, ...]:
    unnamed = sorted(file.unnamed - left_out) if file.has_header else []
    return (f"unnamed column named {file.names[unnamed[0]]}",) if unnamed else ()


def _named(table: pa.Table, names: tuple[str, ...], left_out: set[int]) -> pa.Table:
    """Return a table with these column names, without some columns."""
    kept = [index for index in range(len(names)) if index not in left_out]
    return table.select(kept).rename_columns([names[index] for index in kept])


def _records(path: Path, found: Scan, dialect: Dialect, folder: Path, removed: int = 0) -> Records:
    if not found.rejects and not holds_merged_rows(found.table, dialect.syntax.delimiter):
        return Records(found.table, np.arange(1, found.table.num_rows + 1, dtype=np.int64))
    index = index_records(path, dialect)
    lines = np.arange(1, len(index.ends) + 1, dtype=np.int64) + removed
    reading = _Reading(path, found, index, lines)
    for number in range(_MAX_ROUNDS):
        cleaned = _without_stray_quotes(reading, dialect, folder / f"lines-{number}")
        if cleaned is None:
            break
        reading = cleaned
    return _numbered(reading, dialect)


def _without_stray_quotes(reading: _Reading, dialect: Dialect, out: Path) -> _Reading | None:
    """Read again without lines whose unclosed quote absorbed others; ``None`` if there are none."""
    stray = _stray_lines(reading, dialect)
    if not stray:
        return None
    path = without_lines(reading.path, out, stray)
    found = scan(path, dialect)
    if found is None:
        return None
    numbers = tuple(int(reading.lines[line - 1]) for line in stray)
    lines = np.delete(reading.lines, np.asarray(stray) - 1)
    return _Reading(path, found, index_records(path, dialect), lines, (*reading.stray, *numbers))


def _stray_lines(reading: _Reading, dialect: Dialect) -> list[int]:
    index = reading.index
    suspects = [reject for reject in reading.scan.rejects if reject.error != "INVALID ENCODING"]
    found = [*merging_lines(reading.path, dialect, index, reading.scan.table)]
    for position in sorted({_position(reading, dialect, reject) for reject in suspects}):
        first, last = int(index.first[position]), int(index.last[position])
        at_end = position == len(index.first) - 1
        if stray_quote(reading.path, dialect, first, last, at_end=at_end):
            found.append(first)
    return sorted(set(found))


def _position(reading: _Reading, dialect: Dialect, reject: Reject) -> int:
    """Return the position of a rejected record.

    With Windows line endings, DuckDB reports the record before one with an unclosed quote.
    """
    index = reading.index
    position = index.at_byte(reject.byte)
    if reject.error != _QUOTE or position + 1 >= len(index.first):
        return position
    sound, next_sound = (
        is_sound(reading.path, dialect, int(index.first[each]), int(index.last[each]))
        for each in (position, position + 1)
    )
    return position + (sound and not next_sound)


def _numbered(reading: _Reading, dialect: Dialect) -> Records:
    index, lines = reading.index, reading.lines
    begins, ends = lines[index.first - 1], lines[index.last - 1]
    header = int(dialect.header is not None)
    at = {_position(reading, dialect, reject): reject for reject in reversed(reading.scan.rejects)}
    table = reading.scan.table
    if len(begins) - header - len(at) != table.num_rows:
        # The two parsers disagree about malformed quotes, so the csv module reads everything.
        table, at = _by_csv_module(reading.path, dialect)
    everything = np.union1d(begins, np.asarray(reading.stray, dtype=np.int64))
    rejected = [Rejected(line, _QUOTE_REASON) for line in reading.stray]
    for position, reject in at.items():
        first, last = int(begins[position]), int(ends[position])
        rejected.append(Rejected(first, _reason(reject, dialect, first, last)))
    accepted = np.delete(begins, np.asarray([*range(header), *at], dtype=np.int64))
    return Records(
        table,
        np.searchsorted(everything, accepted) + 1 - header,
        tuple(sorted(rejected, key=lambda record: record.line)),
    )


def _by_csv_module(path: Path, dialect: Dialect) -> tuple[pa.Table, dict[int, Reject]]:
    header = int(dialect.header is not None)
    rejects: dict[int, Reject] = {}
    cells: list[list[str | None]] = [[] for _ in range(dialect.width)]
    for position, record in enumerate(iter_records(path, dialect)):
        if position < header:
            continue
        if any("\ufffd" in cell for cell in record):
            rejects[position] = Reject(0, "INVALID ENCODING", "")
        elif len(record) != dialect.width:
            rejects[position] = Reject(0, "COLUMNS", f"Found: {len(record)}")
        else:
            for column, cell in zip(cells, record, strict=True):
                column.append(cell or None)
    names = [f"c{index}" for index in range(dialect.width)]
    return pa.table([pa.array(column, pa.string()) for column in cells], names=names), rejects


def _reason(reject: Reject, dialect: Dialect, first: int, last: int) -> str:
    reason = _REASONS.get(reject.error) or _wrong_width(reject, dialect)
    return reason if first == last else f"{reason} (with everything up to line {last})"


def _wrong_width(reject: Reject, dialect: Dialect) -> str:
    found = _FOUND.search(reject.message)
    if found is None:
        return reject.message.partition("\n")[0]
    count = int(found[1])
    reason = f"{count} column{'s' * (count != 1)} instead of {dialect.width}"
    if count < dialect.width or dialect.syntax.delimiter == NO_DELIMITER:
        return reason
    return f"{reason}; put quotes around texts that contain {dialect.syntax.delimiter!r}"


def _nothing_read(records: Records, name: str) -> UnreadableFile:
    if not records.rejected:
        return UnreadableFile(
            f"{name} has a header but no rows", hint="add rows, or check the file", file=name
        )
    first = records.rejected[0]
    return UnreadableFile(
        f"none of the {len(records.rejected):,} rows of {name} can be read; line {first.line}:"
        f" {first.reason}",
        file=name,
        line=first.line,
    )
