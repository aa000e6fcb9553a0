"""Check whether another header is among the rows, as in files that were joined."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from tunesmith.data.checks.context import Context
from tunesmith.data.column_names import is_known, plain_name
from tunesmith.data.word_count import word_count
from tunesmith.results.finding import Finding, Severity
from tunesmith.wording import listing, plural

_LONGEST: Final = 40
_NAME_WORDS: Final = 3
_SAMPLE: Final = 200
_Row = tuple[int, tuple[str, ...]]


def another_header(context: Context) -> Finding | None:
    """Find rows that are the header of another file, whose columns may have another order."""
    table, names = context.loaded.table, context.loaded.table.column_names
    if not context.loaded.has_header or not _has_texts(table):
        return None
    rows = list(_short_rows(table))
    certain = [row for row in rows if _is_certain(row[1], names)]
    found = certain or [row for row in rows if _is_unlike(row, rows, table)]
    if not found:
        return None
    position, cells = found[0]
    row, verb = context.loaded.rows[position], "is" if certain else "may be"
    sample = f", such as row {row}, {listing(list(cells), quoted=True)}"
    finding = context.finding(
        "another-header",
        Severity.ERROR if certain else Severity.WARNING,
        [],
        f"{plural(len(found), 'row')} among the others {verb} another header{sample}, below "
        f"{listing(names, quoted=True)}.",
        "If files were joined, split them there, or give all of them the same columns.",
        count=len(found),
    )
    return replace(finding, sample=sample)


def _has_texts(table: pa.Table) -> bool:
    strings = all(pa.types.is_string(column.type) for column in table.columns)
    return table.num_columns > 1 and strings and any(map(_is_wordy, table.columns))


def _is_wordy(column: pa.ChunkedArray) -> bool:
    cells = [cell for cell in column.slice(0, _SAMPLE).to_pylist() if cell]
    return bool(cells) and sum(map(word_count, cells)) > _NAME_WORDS * len(cells)


def _short_rows(table: pa.Table) -> Iterator[_Row]:
    """Yield the rows whose cells are all as short as names, with their positions."""
    short = pa.array([True] * table.num_rows)
    for column in table.columns:
        lengths = pc.fill_null(pc.utf8_length(column), _LONGEST + 1).combine_chunks()
        short = pc.and_(short, pc.less_equal(lengths, _LONGEST))
    for position in pc.indices_nonzero(short).to_pylist():
        cells = tuple(column[position].as_py().strip() for column in table.columns)
        if len(set(cells)) == len(cells) and all(word_count(each) <= _NAME_WORDS for each in cells):
            yield position, cells


def _is_certain(cells: Sequence[str], names: Sequence[str]) -> bool:
    """Return whether cells are the names of the columns in another order, or all known names."""
    plain = [plain_name(cell) for cell in cells]
    same = set(plain) == set(map(plain_name, names))
    return same or (any(map(is_known, names)) and all(map(is_known, cells)))


def _is_unlike(row: _Row, rows: Sequence[_Row], table: pa.Table) -> bool:
    """Return whether a row is the only short one, with values that no other row has."""
    if len(rows) > 1:
        return False
    columns = [column.to_pylist() for column in table.columns]
    counts = [Counter(cells) for cells in columns]
    alone = all(count[cell] == 1 for count, cell in zip(counts, row[1], strict=True))
    repeats = any(
        2 * len(count) <= len(cells) for count, cells in zip(counts, columns, strict=True)
    )
    return alone and repeats
