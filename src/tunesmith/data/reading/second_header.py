"""Leave out the rows that survey tools write below the header: types of answers, ids of questions.

SurveyMonkey writes one row, such as ``Response`` and ``Open-Ended Response``; Qualtrics writes the
questions and a row of ``{"ImportId": ...}``.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from tunesmith.data.loaded import Records
from tunesmith.data.reading.rows import Rows, cells_of
from tunesmith.wording import listing

_OPEN: Final = frozenset(
    ["open-ended response", "offene antwort", "réponse ouverte", "respuesta abierta"]
)
_ANSWERS: Final = _OPEN | {"response", "antwort", "réponse", "respuesta", "resposta", "risposta"}
_IMPORT_ID: Final = re.compile(r'\s*\{\s*"ImportId"')
_LOOKED_AT: Final = 3


def without_second_header(records: Records, *, renumber: bool = False) -> Records:
    """Return the records below the header rows, which are left out once.

    Parameters
    ----------
    records
        The records as read.
    renumber
        Whether row 1 is the first row below them, as in a file; else it is the first of the table.
    """
    if records.second_header:
        return records
    first = list(cells_of(records.table.slice(0, _LOOKED_AT)))
    count = _header_rows(first)
    if not count or count == len(first):
        return records
    return replace(
        records,
        table=records.table.slice(count),
        rows=records.rows[count:] - count * renumber,
        second_header=_names(first[count - 1]),
    )


def rows_below_second_header(rows: Rows) -> Rows:
    """Return the rows of a file below its header rows, with a note."""
    first = list(islice(rows.cells(), _LOOKED_AT))
    count = _header_rows(first)
    if not count or count == len(first):
        return rows
    note = f"second header left out: {listing(_names(first[count - 1]), quoted=True)}"
    return replace(rows, cells=lambda: islice(rows.cells(), count, None), notes=(*rows.notes, note))


def _header_rows(rows: Sequence[Sequence[Any]]) -> int:
    """Return the number of rows at the beginning that belong to the header.

    Examples
    --------
    >>> _header_rows([(None, "Open-Ended Response"), ("118", "The lift is stuck.")])
    1
    """
    for number, row in enumerate(rows[:2], start=1):
        if any(isinstance(cell, str) and _IMPORT_ID.match(cell) for cell in row):
            return number
    return int(len(rows) > 1 and _names_answers(rows[0], rows[1]))


def _names_answers(row: Sequence[Any], below: Sequence[Any]) -> bool:
    words = {str(cell).strip().lower() for cell in row if cell is not None}
    if not words & _ANSWERS:
        return False
    lacks_id = row[0] is None and below[0] is not None
    return bool(words & _OPEN) or words <= _ANSWERS or lacks_id


def _names(row: Sequence[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(cell).strip() for cell in row if cell is not None))
