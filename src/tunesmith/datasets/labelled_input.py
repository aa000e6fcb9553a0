"""Labelled text as scikit-learn users have it: two sequences, or a table and column names."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from tunesmith.data.column_names import joined_text
from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.missing import is_missing
from tunesmith.data.reading.python_rows import listed
from tunesmith.data.reading.read import read as read_rows
from tunesmith.datasets.dataset import Dataset, read, with_fixes
from tunesmith.errors import UsageError
from tunesmith.kinds import Kind

_FLAGS = pa.map_(pa.string(), pa.float64())


def dataset_of(source: object, label: Any, text: str | Sequence[str] | None) -> Dataset:
    """Return a data set of a source and its label and text columns, or of texts and labels.

    Parameters
    ----------
    source
        Anything that :func:`tunesmith.read` takes; or n texts, if ``label`` has their labels.
    label
        A column name, labels of shape (n,) or (n, labels), or None.
    text
        A column name, several, or None.

    Raises
    ------
    UsageError
        The numbers of texts and labels differ, or a column does not exist.

    Examples
    --------
    >>> dataset_of(["my card", "my order"], ["card", "order"], None)
    Dataset(the Table: labelled, 2 rows, text = text, label = label)
    """
    if label is not None and not isinstance(label, str):
        if text is not None:
            raise UsageError(
                "text is a column name, but the labels were passed separately",
                hint="pass the texts themselves, or name the label column",
                option="text",
            )
        return _of_sequences(source, label)
    columns = {} if label is None else {"label": label}
    if text is not None and not isinstance(text, str):
        return _joined(source, list(text), columns)
    if text is not None:
        columns["text"] = text
    return read(source, columns=columns or None)


def _of_sequences(texts: object, labels: Any) -> Dataset:
    column = pa.array(map(_text, _listed(texts)), pa.string())
    names = [str(name) for name in getattr(labels, "columns", ())]
    values = np.asarray(labels) if np.ndim(labels) > 1 else _listed(labels)
    if len(values) != len(column):
        raise UsageError(f"there are {len(column)} texts but {len(values)} labels")
    if isinstance(values, np.ndarray):
        names = names or [str(number) for number in range(values.shape[1])]
        flags = [_known(names, row) for row in values.tolist()]
        table = pa.table({"text": column, "labels": pa.array(flags, _FLAGS)})
        return read(table, kind=Kind.MULTILABEL, columns={"text": "text", "labels": "labels"})
    table = pa.table({"text": column, "label": pa.array(map(_text, values), pa.string())})
    return read(table, kind=Kind.LABELLED, columns={"text": "text", "label": "label"})


def _known(names: list[str], row: list[Any]) -> list[tuple[str, float]]:
    """Return the known labels of a row with their values; NaN and None are unknown."""
    return [(name, float(one)) for name, one in zip(names, row, strict=True) if not is_missing(one)]


def _listed(values: Any) -> list[Any]:
    """Return a sequence as a list: a list, a NumPy array, or a pandas, polars or Arrow column."""
    if isinstance(values, str | bytes) or not hasattr(values, "__len__"):
        raise UsageError(f"expected a list or a column of texts, not {type(values).__name__}")
    return listed(values)


def _text(value: Any) -> str | None:
    return None if is_missing(value) else str(value)


def _joined(source: object, names: list[str], columns: dict[str, str]) -> Dataset:
    """Return the data set with the texts of several columns joined by a line break."""
    loaded = source.loaded if isinstance(source, Dataset) else read_rows(source)
    for name in names:
        if name not in loaded.table.column_names:
            known = ", ".join(loaded.table.column_names)
            raise UsageError(
                f"{loaded.name} has no column {name!r}; its columns are {known}",
                file=loaded.name,
                column=name,
            )
    rows = zip(*(loaded.table[name].to_pylist() for name in names), strict=True)
    texts = [joined_text(names, row) for row in rows]
    joined = "+".join(names)
    table = loaded.table.append_column(joined, pa.array(texts, pa.string()))
    whole = replace(
        loaded, table=table, notes=(*loaded.notes, f"the texts of {' and '.join(names)} are joined")
    )
    data = Dataset(whole, detect(whole, columns={**columns, "text": joined}))
    if isinstance(source, Dataset):
        same = replace(data, skip_invalid=source.skip_invalid, strict=source.strict)
        return with_fixes(same, source.fixes)
    return data
