"""InputExample of sentence-transformers and ``(X, y)`` of scikit-learn are read as rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import tunesmith
from tests.data.checks.checked import sentences
from tunesmith.data.reading.read import read as read_rows
from tunesmith.errors import UsageError
from tunesmith.kinds import Kind

ROWS = 24
TEXTS, OTHERS = sentences(ROWS), sentences(2 * ROWS)[ROWS:]
LABELS = ["card", "fee", "late"] * 8
COLUMNS: dict[str, Callable[[list[Any]], Any]] = {
    "lists": list,
    "tuples": tuple,
    "NumPy": np.array,
    "NumPy objects": lambda cells: np.array(cells, dtype=object),
    "pandas": pd.Series,
    "polars": pl.Series,
    "Arrow": pa.array,
}


@dataclass
class InputExample:
    """As in sentence-transformers, which is too slow to import here."""

    guid: str = ""
    texts: list[str] | None = None
    label: int | float = 0


@pytest.mark.parametrize("labels", [LABELS, [0, 1, 2] * 8, [True, False] * 12])
@pytest.mark.parametrize("form", COLUMNS)
def test_texts_and_labels(form: str, labels: list[Any]) -> None:
    """Whatever holds the columns; a note says how they are read."""
    data = tunesmith.read((COLUMNS[form](TEXTS), COLUMNS[form](labels)))
    assert data.kind is Kind.LABELLED
    assert data.examples.texts() == TEXTS
    assert len(data.counts) == len(set(labels))
    assert data.loaded.notes == ("a tuple of columns, read as the columns text, label",)


@pytest.mark.parametrize("form", COLUMNS)
def test_pairs_and_three_columns(form: str) -> None:
    """Two columns of texts are pairs; a third one says how similar they are."""
    make = COLUMNS[form]
    assert tunesmith.read((make(TEXTS), make(OTHERS))).kind is Kind.PAIRS
    scores = [row / ROWS for row in range(ROWS)]
    assert tunesmith.read((make(TEXTS), make(OTHERS), make(scores))).kind is Kind.SCORED_PAIRS
    judged = tunesmith.read((make(TEXTS), make(OTHERS), make([0, 1] * 12)))
    assert judged.kind is Kind.LABELLED_PAIRS


def test_rows_in_a_tuple_stay_rows() -> None:
    """Short tuples are rows; columns of different lengths are an error."""
    rows = read_rows((("my card is lost", "card"), ("a fee for me", "fee")))
    assert rows.table.num_rows == 2
    with pytest.raises(UsageError, match="differ in length: 24, 23"):
        tunesmith.read((TEXTS, LABELS[1:]))


# texts of each example, label of each example, kind, columns
EXAMPLES: list[tuple[Callable[[int], list[str]], Callable[[int], Any], Kind, set[str]]] = [
    (lambda row: [TEXTS[row]], lambda row: row % 3, Kind.LABELLED, {"text", "label"}),
    (lambda row: [TEXTS[row]], lambda _: 0, Kind.TEXTS, {"text"}),
    (
        lambda row: [TEXTS[row], OTHERS[row]],
        lambda row: row / ROWS,
        Kind.SCORED_PAIRS,
        {"sentence1", "sentence2", "score"},
    ),
    (
        lambda row: [TEXTS[row], OTHERS[row]],
        lambda row: float(row % 2),
        Kind.LABELLED_PAIRS,
        {"sentence1", "sentence2", "label"},
    ),
    (lambda row: [TEXTS[row], OTHERS[row]], lambda _: 0, Kind.PAIRS, {"anchor", "positive"}),
    (
        lambda row: [TEXTS[row], OTHERS[row], OTHERS[row - 1]],
        lambda _: 0,
        Kind.TRIPLETS,
        {"anchor", "positive", "negative"},
    ),
    (
        lambda row: [TEXTS[row], OTHERS[row], OTHERS[row - 1], OTHERS[row - 2]],
        lambda _: 0,
        Kind.TRIPLETS,
        {"anchor", "positive", "negative_1", "negative_2"},
    ),
]


@pytest.mark.parametrize(("texts", "label", "kind", "columns"), EXAMPLES)
def test_input_examples(
    texts: Callable[[int], list[str]],
    label: Callable[[int], Any],
    kind: Kind,
    columns: set[str],
) -> None:
    """The number of texts and the labels decide; 0 in all of them is no label."""
    examples = [InputExample(str(row), texts(row), label(row)) for row in range(ROWS)]
    data = tunesmith.read(examples)
    assert data.kind is kind
    assert set(data.loaded.table.column_names) == columns
    assert "InputExample" in data.loaded.notes[0]
    assert tunesmith.read(tuple(examples)).examples.table.equals(data.examples.table)


def test_input_examples_of_different_lengths() -> None:
    """The error names the lengths."""
    mixed = [InputExample(texts=TEXTS[:2]), InputExample(texts=TEXTS[:3])]
    with pytest.raises(UsageError, match="numbers of texts: 2, 3"):
        tunesmith.read(mixed)
    with pytest.raises(UsageError, match="numbers of texts: 0"):
        tunesmith.read([InputExample()])
