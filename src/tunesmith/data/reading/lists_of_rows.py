"""Objects and dictionaries of lists: the splits of a data set, or labels with their texts."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from tunesmith.data.column_meanings import LABEL_VALUES, SPLITS, TRAINING_SPLITS
from tunesmith.data.column_names import is_known
from tunesmith.data.word_count import word_count
from tunesmith.wording import listing

BY_LABEL: Final = "keys are labels, values are their texts"
"""The note on texts that are listed by label."""
_LABEL_WORDS: Final = 3
_TEXT_WORDS: Final = 3
_FEWEST: Final = 5
_MOSTLY: Final = 0.8


def training_split(document: Mapping[str, Any]) -> str | None:
    """Return the key of the training rows, if the keys name the splits of a data set.

    Examples
    --------
    >>> training_split({"train": [["my card", "card"]], "val": [["a fee", "fee"]]})
    'train'
    >>> training_split({"text": ["my card"], "train": ["card"]}) is None
    True
    """
    if not all(map(names_split, document)) or not all(map(_holds_rows, document.values())):
        return None
    return next((key for key in document if key.lower() in TRAINING_SPLITS), None)


def holds_splits(source: Mapping[Any, Any]) -> bool:
    """Return whether a mapping in memory holds several splits, as lists of rows or tables.

    Examples
    --------
    >>> holds_splits({"train": [{"text": "my card"}], "test": [{"text": "a fee"}]})
    True
    """
    named = len(source) > 1 and all(map(names_split, source))
    values = source.values()
    return named and all(hasattr(each, "columns") or _holds_rows(each) for each in values)


def names_split(key: object) -> bool:
    """Return whether a key names a split, such as ``train`` or ``oos_val``."""
    words = re.split(r"[_\s-]+", str(key).lower())
    return not SPLITS.isdisjoint([*words, "_".join(words)])


def split_note(chosen: str, keys: Collection[str]) -> str:
    """Return the note on the splits that are left out; empty if there are none."""
    others = listing([repr(key) for key in keys if key != chosen])
    return f"only the rows of {chosen!r} are read; left out: {others}" if others else ""


def _holds_rows(values: object) -> bool:
    """Return whether a value is a list of objects or of arrays that are rows with a text."""
    if not isinstance(values, list) or not values:
        return False
    return all(isinstance(row, dict) or (isinstance(row, list) and row) for row in values)


def texts_by_label(document: Mapping[Any, Any]) -> list[tuple[str, str]] | None:
    """Return texts with the key above them as the label, if keys are labels and not columns.

    Columns have equal lengths. So if the lengths are equal, the keys must be words that are mostly
    labels, such as spam and ham.

    Examples
    --------
    >>> texts = [f"the lift is stuck on floor {number}" for number in range(9)]
    >>> texts_by_label({"lift": texts, "other": texts[:5]})[-1]
    ('the lift is stuck on floor 4', 'other')
    >>> texts_by_label({"title": texts, "body": texts}) is None
    True
    """
    if len(document) < 2 or not all(map(_are_texts, document.values())):
        return None
    keys = [str(key) for key in document]
    known_labels = {key.strip().lower() for key in keys} <= LABEL_VALUES
    lengths = {len(texts) for texts in document.values()}
    short = all(word_count(key) <= _LABEL_WORDS for key in keys)
    if not short or not (known_labels or (len(lengths) > 1 and not any(map(is_known, keys)))):
        return None
    rows = [(text, str(key)) for key, texts in document.items() for text in texts]
    return rows if len(rows) >= _FEWEST * len(document) else None


def _are_texts(values: object) -> bool:
    """Return whether a list holds texts of several words that rarely repeat."""
    if not isinstance(values, Sequence) or isinstance(values, str) or not values:
        return False
    if not all(isinstance(value, str) for value in values):
        return False
    words = sum(word_count(value) for value in values) / len(values)
    return words >= _TEXT_WORDS and len(set(values)) >= _MOSTLY * len(values)
