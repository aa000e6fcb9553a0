"""Fixes that are applied to the examples of a file when it is read, if the user asks for them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa

from tunesmith.data.checks.spellings import merges, plain_label, rows_by_label, visible
from tunesmith.errors import UsageError
from tunesmith.kinds import LABEL_MAP, Examples, Labelled, Multilabel
from tunesmith.wording import listing, plural

LABEL_SPELLING: Final = "label-spelling"
FIXES: Final = (LABEL_SPELLING,)
"""The known fixes: each is named like the finding that it resolves."""


@dataclass(frozen=True, eq=False)
class Fixed:
    """Examples after fixes, a note on each change, and the number of labels if it changed."""

    examples: Examples
    notes: tuple[str, ...] = ()
    labels: int = 0


def checked_fixes(names: Collection[str]) -> tuple[str, ...]:
    """Return the names of fixes without duplicates.

    Raises
    ------
    UsageError
        There is no such fix.
    """
    given = [names] if isinstance(names, str) else list(dict.fromkeys(names))
    for name in given:
        if name not in FIXES:
            raise UsageError(
                f"there is no fix {name!r}", hint=f"use {', '.join(FIXES)}", option="fixes"
            )
    return tuple(given)


def apply_fixes(examples: Examples, fixes: Collection[str], labels: Collection[str] = ()) -> Fixed:
    """Return the examples after these fixes.

    Parameters
    ----------
    examples
        The examples of a file.
    fixes
        The names of fixes.
    labels
        The labels of the main file, whose spelling is preferred in other files.

    Examples
    --------
    >>> from tunesmith.kinds import labelled_examples
    >>> rows = labelled_examples(["a", "b", "c"], ["Lift", "lift", "Lift"])
    >>> apply_fixes(rows, ["label-spelling"]).notes
    ('labels with several spellings merged: “lift” → “Lift” (1 row)',)
    """
    if LABEL_SPELLING not in fixes or not isinstance(examples, Labelled | Multilabel):
        return Fixed(examples)
    rows = rows_by_label(examples)
    known = {plain_label(label): label for label in labels}
    new = {name: known.get(plain_label(name), best) for name, best in merges(rows).items()}
    changed = {name: best for name, best in new.items() if best != name}
    if not changed:
        return Fixed(examples)
    shown = [
        f"{visible(name)} → {visible(best)} ({plural(len(rows[name]), 'row')})"
        for name, best in changed.items()
    ]
    note = f"labels with several spellings merged: {listing(shown)}"
    return Fixed(_renamed(examples, changed), (note,), len(set(new.values())))


def _renamed(examples: Labelled | Multilabel, names: Mapping[str, str]) -> Examples:
    role = examples.roles[-1]
    cells = examples.table[role].to_pylist()
    if isinstance(examples, Multilabel):
        column = pa.array(
            [None if row is None else _merged(row, names) for row in cells], LABEL_MAP
        )
    else:
        column = pa.array([names.get(label, label) for label in cells], pa.string())
    index = examples.table.column_names.index(role)
    return replace(examples, table=examples.table.set_column(index, role, column))


def _merged(row: list[tuple[str, int]], names: Mapping[str, str]) -> list[tuple[str, int]]:
    """Return a row's labels under their new names: 1 if one of the old ones is."""
    found: dict[str, int] = {}
    for name, value in row:
        new = names.get(name, name)
        found[new] = max(value, found.get(new, 0))
    return list(found.items())
