"""Labels written into the columns of a table, in the form in which its other rows have them."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tunesmith.data.detection.cell_values import as_strings, parsed, relation, yes_or_no
from tunesmith.data.detection.column_groups import profiles
from tunesmith.data.detection.column_profile import Profile, Shape
from tunesmith.errors import UsageError
from tunesmith.kinds import Examples, Kind, Multilabel
from tunesmith.wording import listing, plural, printable

Positions = NDArray[np.int64]
_SAMPLE = 20


@dataclass(frozen=True, eq=False)
class LabelledTable:
    """The columns of a file, its kind, and the column of each role."""

    table: pa.Table
    kind: Kind
    columns: Mapping[str, str]


def with_labels(
    found: LabelledTable,
    examples: Examples,
    positions: Positions,
    labels: Sequence[str | Collection[str] | None],
) -> LabelledTable:
    """Return a table with these labels at these positions; None removes a label.

    Unlabelled texts get a new column ``label``.

    Raises
    ------
    UsageError
        The data have no labels, or a label does not fit them.
    """
    several = isinstance(examples, Multilabel)
    checked = [_checked(label, found.kind, several=several) for label in labels]
    if isinstance(examples, Multilabel):
        return replace(found, table=_with_several(found, examples.classes, positions, checked))
    if found.kind is Kind.TEXTS:
        found = _with_column(found)
    if "label" not in found.columns:
        raise UsageError(f"{found.kind} data have no labels", option="relabel")
    name = found.columns["label"]
    if found.kind in (Kind.LABELLED_PAIRS, Kind.NLI):
        checked = _as_spelled(found.table[name], found.kind, checked)
    return replace(found, table=replaced(found.table, name, positions, checked))


def _checked(label: str | Collection[str] | None, kind: Kind, *, several: bool) -> Any:
    """Return a label, or a sorted list of them, without spaces around it."""
    if label is None:
        return None
    if several is isinstance(label, str):
        need = "a list of labels" if several else "one label"
        raise UsageError(f"a row of {kind} data needs {need}", option="relabel")
    given = [label] if isinstance(label, str) else label
    names = sorted({printable(name).strip() for name in given})
    if not all(names):
        raise UsageError(
            "a new label is empty", hint="give a label, or remove the old one", option="relabel"
        )
    return names if several else names[0]


def _with_column(found: LabelledTable) -> LabelledTable:
    name = "label"
    while name in found.table.column_names:
        name += "_"
    empty = pa.nulls(found.table.num_rows, pa.string())
    table = found.table.append_column(name, empty)
    return LabelledTable(table, Kind.LABELLED, {**found.columns, "label": name})


def _as_spelled(column: pa.ChunkedArray, kind: Kind, labels: Sequence[Any]) -> list[Any]:
    """Return answers or relations as the column spells them, such as ``1`` for ``yes``."""
    meaning: Callable[[object], object] = yes_or_no if kind is Kind.LABELLED_PAIRS else relation
    unknown = [each for each in labels if each is not None and meaning(each) is None]
    if unknown:
        known = "1 or 0" if kind is Kind.LABELLED_PAIRS else "entailment, neutral or contradiction"
        raise UsageError(
            f"{unknown[0]!r} is not a label of {kind}", hint=f"use {known}", option="relabel"
        )
    spelled = _spellings(column, meaning)
    return [None if each is None else spelled.get(meaning(each), each) for each in labels]


def _spellings(
    column: pa.ChunkedArray, meaning: Callable[[object], object]
) -> Mapping[object, object]:
    """Return how a column spells each meaning: as it first does."""
    return {meaning(cell): cell for cell in reversed(column.unique().to_pylist())}


def _with_several(
    found: LabelledTable, classes: Sequence[str], positions: Positions, rows: Sequence[Any]
) -> pa.Table:
    """Return a multi-label table with these lists of labels."""
    name, table = found.columns["labels"], found.table
    known = next((each for each in profiles(table) if each.name == name), None)
    if known is None or known.shape is Shape.GROUP:
        members = tuple(name.split("+")) if known is None else known.members
        return _with_indicators(table, members, positions, rows)
    cells = [None if row is None else _cell(table, known, classes, row) for row in rows]
    return replaced(table, name, positions, cells)


def _with_indicators(
    table: pa.Table, members: Sequence[str], positions: Positions, rows: Sequence[Any]
) -> pa.Table:
    unknown = {name for row in rows for name in row or ()} - set(members)
    if unknown:
        raise UsageError(
            f"the file has no column for {listing(sorted(unknown), quoted=True)}",
            hint=f"each label is a column: {listing(members, quoted=True)}",
            option="relabel",
        )
    for member in members:
        spelled = _spellings(table[member], yes_or_no)
        flags = [None if row is None else int(member in row) for row in rows]
        cells = [None if flag is None else spelled.get(flag, flag) for flag in flags]
        table = replaced(table, member, positions, cells)
    return table


def _cell(table: pa.Table, column: Profile, classes: Sequence[str], labels: Sequence[str]) -> Any:
    """Return labels as the cells of a column have them: as an object, a list or one text."""
    cells = table[column.name]
    if column.shape is Shape.OBJECT:
        known = {name: int(name in labels) for name in (*classes, *labels)}
        return list(known.items()) if pa.types.is_map(cells.type) else _json(known)
    if column.shape is Shape.LIST:
        _require_names(cells, column.name)
        return list(labels) if pa.types.is_nested(cells.type) else _json(labels)
    return _joined(column, labels)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _require_names(cells: pa.ChunkedArray, name: str) -> None:
    """Refuse lists of 1 and 0, which name no label."""
    lists = [parsed(cell) for cell in cells.slice(0, _SAMPLE).to_pylist()]
    values = {str(item) for each in lists if isinstance(each, list) for item in each}
    if values and values <= {"0", "1"}:
        raise UsageError(
            f"column {name!r} has lists of 1 and 0, whose labels have no names",
            hint="write the names of the labels, and upload the file as a new version",
            option="relabel",
        )


def _joined(column: Profile, labels: Sequence[str]) -> str:
    separator = column.separator
    divided = [name for name in labels if separator is not None and separator in name]
    if not labels or divided or (separator is None and len(labels) > 1):
        what = listing(divided, quoted=True) or plural(len(labels), "label")
        raise UsageError(
            f"a cell of column {column.name!r} cannot hold {what}",
            hint="upload the labels of each row as a JSON list, or remove them all with null",
            option="relabel",
        )
    return (separator or "").join(labels)


def replaced(table: pa.Table, name: str, positions: Positions, values: Sequence[Any]) -> pa.Table:
    """Return a table with other cells at these positions of a column."""
    old, new = _same_type(table[name], values)
    order = np.arange(len(old))
    order[positions] = len(old) + np.arange(len(new))
    both = pa.chunked_array([*old.chunks, new], old.type)
    return table.set_column(table.column_names.index(name), name, both.take(pa.array(order)))


def _same_type(column: pa.ChunkedArray, values: Sequence[Any]) -> tuple[pa.ChunkedArray, pa.Array]:
    """Return a column and values of the same type: strings if the values do not fit the column."""
    try:
        return column, pa.array(values, column.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        texts = pa.array([None if each is None else str(each) for each in values], pa.string())
    try:
        return column, texts.cast(column.type)  # "7" in a column of numbers
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return as_strings(column), texts
