"""Examples of sentence-transformers and of scikit-learn: InputExample, and ``(X, y)``."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from tunesmith.data.loaded import Records
from tunesmith.data.reading.json_rows import arrow_column
from tunesmith.data.reading.missing import known
from tunesmith.data.reading.python_rows import is_series, listed
from tunesmith.data.word_count import word_count
from tunesmith.errors import UsageError

_TRIPLET: Final = 3
_SHORT_ROW: Final = 3
_TEXT_WORDS: Final = 4.0


def example_records(source: Any) -> Records | None:
    """Return a list of InputExample, or a tuple of columns, as rows; None for another source.

    Raises
    ------
    UsageError
        Examples have different numbers of texts, or columns differ in length.
    """
    if isinstance(source, tuple) and len(source) in (2, 3) and all(map(_is_long, source)):
        return _from_columns(source)
    if isinstance(source, list | tuple) and source and all(map(_is_example, source)):
        return _from_examples(source)
    return None


def _is_long(values: object) -> bool:
    """Return whether a value is a column, and too long for a row of two or three cells."""
    is_column = isinstance(values, list | tuple) or is_series(values)
    return is_column and len(values) > _SHORT_ROW  # type: ignore[arg-type]  # columns have a length


def _is_example(item: object) -> bool:
    return hasattr(item, "texts") and hasattr(item, "label") and not isinstance(item, Mapping)


def _from_columns(source: tuple[Any, ...]) -> Records | None:
    columns = [listed(values) for values in source]
    texts = [all(isinstance(cell, str | None) for cell in column) for column in columns]
    if not texts[0]:
        return None
    lengths = [len(column) for column in columns]
    if len(set(lengths)) > 1:
        raise UsageError(
            f"the columns of the tuple differ in length: {', '.join(map(str, lengths))}",
            hint="pass texts and labels of equal length",
            option="source",
        )
    if len(columns) == 2 and not (texts[1] and _are_sentences(columns[1])):
        return _records(dict(zip(("text", "label"), columns, strict=True)), "a tuple of columns")
    names = [f"column{number}" for number in range(1, len(columns) + 1)]
    return _records(dict(zip(names, columns, strict=True)), "a tuple of columns")


def _are_sentences(cells: Sequence[Any]) -> bool:
    words = [word_count(cell) for cell in cells if cell]
    return bool(words) and float(np.mean(words)) >= _TEXT_WORDS


def _from_examples(examples: Sequence[Any]) -> Records:
    """Return the texts of examples; a label of 0 in all of them was not given."""
    widths = {len(example.texts or ()) for example in examples}
    if len(widths) > 1 or 0 in widths:
        raise UsageError(
            f"the examples have different numbers of texts: {', '.join(map(str, sorted(widths)))}",
            hint="give each one as many texts",
            option="source",
        )
    texts = list(zip(*(example.texts for example in examples), strict=True))
    labels = [known(example.label) for example in examples]
    labelled = any(label not in (0, None) for label in labels)
    columns = dict(zip(_names(len(texts), labelled=labelled), map(list, texts), strict=True))
    if labelled:
        is_score = len(texts) == 2 and any(isinstance(one, float) and one % 1 for one in labels)
        columns["score" if is_score else "label"] = labels
    return _records(columns, "InputExample of sentence-transformers")


def _names(width: int, *, labelled: bool) -> list[str]:
    if width == 1:
        return ["text"]
    if width == 2:
        return ["sentence1", "sentence2"] if labelled else ["anchor", "positive"]
    if width == _TRIPLET:
        return ["anchor", "positive", "negative"]
    return ["anchor", "positive", *(f"negative_{number}" for number in range(1, width - 1))]


def _records(columns: Mapping[str, Sequence[Any]], what: str) -> Records:
    table = pa.table({name: arrow_column(known(list(cells))) for name, cells in columns.items()})
    note = f"{what}, read as the columns {', '.join(columns)}"
    return Records(table, np.arange(1, table.num_rows + 1, dtype=np.int64), notes=(note,))
