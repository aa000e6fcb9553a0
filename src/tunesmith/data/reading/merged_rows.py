"""Find rows that were merged into one, because a quote opens in one and closes in another.

``"quite good,pos`` and ``too small at 5",neg`` are a valid record of two lines. But each line is a
row of its own if the quotes are ordinary characters.
"""

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

_TAB: Final = "\t"
_LONGEST: Final = 60
_TWICE: Final = 2

Repeated = Sequence[frozenset[str]]
"""The short values that repeat in each column."""


def is_merged(cells: Sequence[str | None], delimiter: str, repeated: Repeated) -> bool:
    r"""Return whether the lines of a record are probably rows of their own.

    Each line must then have as many delimiters as a row. Texts contain commas, so another cell of
    these rows must also be a value that repeats in its column; but texts contain no tabs.

    Examples
    --------
    >>> is_merged(["quite good\tpos\ntoo small at 5", "neg"], "\t", ())
    True
    >>> labels = (frozenset(), frozenset(["neg", "pos"]))
    >>> is_merged(["quite good,pos\ntoo small at 5", "neg"], ",", labels)
    True
    >>> is_merged(["Hello all,\nI wait", "neg"], ",", labels)
    False
    """
    return any(
        cell is not None and "\n" in cell and _are_rows(cell, at, cells, delimiter, repeated)
        for at, cell in enumerate(cells)
    )


def _are_rows(
    cell: str, at: int, cells: Sequence[str | None], delimiter: str, repeated: Repeated
) -> bool:
    first, *between, last = (line.split(delimiter) for line in cell.split("\n"))
    after = len(cells) - at
    widths = [
        len(first) == after,
        len(last) == at + 1,
        *(len(one) == len(cells) for one in between),
    ]
    if len(cells) < _TWICE or not all(widths):
        return False
    pieces = [*enumerate(first[1:], at + 1), *enumerate(last[:-1])]
    return delimiter == _TAB or any(piece in repeated[column] for column, piece in pieces)


def holds_merged_rows(table: pa.Table, delimiter: str) -> bool:
    """Return whether a record of a table of strings has lines that are probably rows."""
    if table.num_columns < _TWICE or not table.num_rows:
        return False
    masks = [pc.fill_null(pc.match_substring(column, "\n"), False) for column in table.columns]
    suspects = table.filter(reduce(pc.or_, masks))
    if not suspects.num_rows:
        return False
    repeated = repeated_values(table)
    rows = zip(*(column.to_pylist() for column in suspects.columns), strict=True)
    return any(is_merged(row, delimiter, repeated) for row in rows)


def repeated_values(table: pa.Table) -> Repeated:
    """Return the short values of each column that occur twice or more, without empty ones."""
    return tuple(frozenset(_repeated(column)) for column in table.columns)


def _repeated(column: pa.ChunkedArray) -> Iterable[str]:
    short = column.filter(pc.less_equal(pc.utf8_length(column), _LONGEST))
    counted = pc.value_counts(short.combine_chunks())
    often = counted.filter(pc.greater_equal(counted.field("counts"), _TWICE))
    return filter(None, often.field("values").to_pylist())
