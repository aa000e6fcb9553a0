"""Texts are accepted in every usual container, and other values are reported."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tests.error_fields import about
from tunesmith.encoders.inputs import as_texts
from tunesmith.errors import DataError, UsageError

TEXTS = ["one", "two", ""]


@pytest.mark.parametrize(
    "given",
    [
        TEXTS,
        tuple(TEXTS),
        iter(TEXTS),
        pd.Series(TEXTS),
        pd.Series(TEXTS, index=[7, 8, 9]),
        pd.Series(TEXTS, dtype="category"),
        pd.Index(TEXTS),
        pd.DataFrame({"text": TEXTS}),
        np.array(TEXTS),
        np.array(TEXTS, dtype=object),
        np.array(TEXTS)[:, None],
        [np.str_(text) for text in TEXTS],
        pa.array(TEXTS),
        pa.chunked_array([TEXTS[:1], TEXTS[1:]]),
        pa.table({"text": TEXTS}),
    ],
    ids=lambda given: type(given).__name__,
)
def test_every_usual_container_is_accepted(given: object) -> None:
    """The result is a list of plain strings."""
    found = as_texts(given)
    assert found == TEXTS
    assert {type(text) for text in found} == {str}


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (None, "missing"),
        (float("nan"), "missing"),
        (pd.NA, "missing"),
        (pd.NaT, "missing"),
        (3, "an int"),
        (2.5, "a float"),
        (b"bytes", "a bytes"),
        (["a", "b"], "a list"),
        (np.array([1.0, 2.0]), "an? ndarray"),
        ("\ud800", "UTF-8"),
    ],
)
def test_values_that_are_not_texts_are_reported(value: object, word: str) -> None:
    """The message gives the index, what is wrong and what to do."""
    with pytest.raises(DataError, match=rf"position 1 .*{word}.*"):
        as_texts(["fine", value])


def test_a_missing_value_in_a_column_is_named() -> None:
    """Missing values of pandas and Arrow are found too."""
    with pytest.raises(DataError, match="position 1"):
        as_texts(pd.Series(["a", None], dtype="string"))
    with pytest.raises(DataError, match="position 1"):
        as_texts(pa.array(["a", None]))


@pytest.mark.parametrize("given", ["a text", b"a text", {"a": 1}, {"a", "b"}, 3, None])
def test_unordered_containers_are_refused(given: object) -> None:
    """Neither a string nor a set is accepted as a list."""
    with pytest.raises(UsageError, check=about(option="texts")):
        as_texts(given)


@pytest.mark.parametrize("table", [pd.DataFrame, pa.table])
def test_several_columns_are_refused(table: type) -> None:
    """The column with the texts is not guessed."""
    with pytest.raises(DataError, match="2 columns"):
        as_texts(table({"a": ["x"], "b": ["y"]}))
