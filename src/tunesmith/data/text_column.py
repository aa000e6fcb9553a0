"""The text of a row from one column, from several joined by ``+``, or from within an object."""

from collections.abc import Callable, Sequence
from typing import Any

from tunesmith.data.column_names import joined_text


def text_reader(names: Sequence[str], column: str) -> Callable[[Sequence[Any]], str | None]:
    """Return a function from the cells of a row to its text; None for a missing one.

    Parameters
    ----------
    names
        The names of all columns.
    column
        The column of the text, such as ``"body"``, ``"subject+body"`` or ``"mail.body"``.

    Examples
    --------
    >>> text_reader(["id", "title", "text"], "title+text")((1, "Refund", "Where is it?"))
    'Refund Where is it?'
    """
    if _has(names, column):
        cell = _cell(names, column)
        return lambda cells: None if (value := cell(cells)) is None else str(value)
    members = column.split("+")
    parts = [_cell(names, part) for part in members]
    return lambda cells: joined_text(members, [part(cells) for part in parts])


def source_columns(names: Sequence[str], column: str) -> list[str]:
    """Return the columns that the text is read from, none of which is missing.

    Examples
    --------
    >>> source_columns(["id", "mail", "subject"], "subject+mail.body")
    ['subject', 'mail']
    """
    members = [column] if _has(names, column) else column.split("+")
    return list(dict.fromkeys(_outer(names, member) for member in members))


def missing_part(names: Sequence[str], column: str) -> str | None:
    """Return the part of a column that is not among the names; None if it can be read.

    Examples
    --------
    >>> missing_part(["id", "body"], "subject+body")
    'subject'
    """
    if _has(names, column):
        return None
    return next((part for part in column.split("+") if not _has(names, part)), None)


def _cell(names: Sequence[str], column: str) -> Callable[[Sequence[Any]], Any]:
    """Return a function from the cells of a row to that of a column, perhaps within an object."""
    outer = _outer(names, column)
    index, keys = list(names).index(outer), column[len(outer) + 1 :]

    def value(cells: Sequence[Any]) -> Any:
        found = cells[index]
        for key in keys.split(".") if keys else ():
            found = found.get(key) if isinstance(found, dict) else None
        return found

    return value


def _outer(names: Sequence[str], column: str) -> str:
    """Return the column of the file that holds a column: itself, or that of its object."""
    objects = (name for name in names if column.startswith(f"{name}."))
    return column if column in names else next(objects, "")


def _has(names: Sequence[str], column: str) -> bool:
    return bool(_outer(names, column))
