"""One idea of what is missing: null, NaN, NaT, NA and blank strings, whatever the source."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.data.reading.missing import is_missing, known, known_table
from tunesmith.data.reading.read import read
from tunesmith.datasets.labelled_input import dataset_of

NAN = float("nan")
TEXTS = ["my card", "", " \t", None, "NA", "null", "None", "nan"]
KNOWN = ["my card", None, None, None, "NA", "null", "None", "nan"]


def parquet(path: Path, table: pa.Table) -> Path:
    pq.write_table(table, path / "t.parquet")
    return path / "t.parquet"


def json_lines(path: Path, table: pa.Table) -> Path:
    (path / "t.jsonl").write_text("\n".join(map(json.dumps, table.to_pylist())))
    return path / "t.jsonl"


SOURCES: dict[str, Callable[[Path, pa.Table], Any]] = {
    "arrow": lambda _, table: table,
    "pandas": lambda _, table: table.to_pandas(),
    "polars": lambda _, table: pl.from_arrow(table),
    "parquet": parquet,
    "json lines": json_lines,
    "datasets": lambda _, table: datasets.Dataset(table),
}


@pytest.mark.parametrize("source", SOURCES)
def test_blank_texts_are_missing_and_words_stay(tmp_path: Path, source: str) -> None:
    """Words such as NA and null are texts, as in a CSV file."""
    made = SOURCES[source](tmp_path, pa.table({"text": TEXTS}))
    assert read(made).table["text"].to_pylist() == KNOWN


@pytest.mark.parametrize("source", SOURCES)
def test_nan_is_missing_in_numbers_and_lists(tmp_path: Path, source: str) -> None:
    """So that a label or a score is not the number NaN."""
    table = pa.table({"text": ["a", "b"], "label": [NAN, 2.0], "tags": [["x", " "], ["y", None]]})
    found = read(SOURCES[source](tmp_path, table)).table
    assert found["label"].to_pylist() == [None, 2.0]
    assert [list(tags) for tags in found["tags"].to_pylist()] == [["x", None], ["y", None]]


@pytest.mark.parametrize("nothing", [None, NAN, np.nan, np.float32("nan"), pd.NA, pd.NaT, "", "  "])
def test_missing_labels_of_any_type(nothing: Any) -> None:
    """Among words, in a pandas column or in a list of labels."""
    labels = ["a", nothing, "b", "NA"]
    expected = ["a", None, "b", "NA"]
    frame = pd.DataFrame({"text": list("wxyz"), "label": pd.Series(labels, dtype=object)})
    assert read(frame).table["label"].to_pylist() == expected
    data = dataset_of(list("wxyz"), labels, None)
    assert data.loaded.table["label"].to_pylist() == expected


@pytest.mark.parametrize(
    "line", ['{"text": "a", "label": NaN}', '{"text": "a", "label": null}', '{"text": "a"}']
)
def test_missing_labels_in_json_are_null(tmp_path: Path, line: str) -> None:
    """NaN among words is not the word "NaN"."""
    (tmp_path / "labels.jsonl").write_text(f'{line}\n{{"text": "b", "label": "x"}}\n')
    assert read(tmp_path / "labels.jsonl").table["label"].to_pylist() == [None, "x"]


@pytest.mark.parametrize("kind", [pl.Categorical, pl.Enum(["a", "b"])])
def test_categories_of_polars_are_strings(kind: Any) -> None:
    """They are dictionaries of string views in Arrow."""
    frame = pl.DataFrame({"text": ["x", "y", "z"], "label": ["a", "b", None]})
    found = read(frame.with_columns(pl.col("label").cast(kind))).table["label"]
    assert found.to_pylist() == ["a", "b", None]


def test_lists_of_categories_are_strings() -> None:
    """As polars writes the labels of rows with several."""
    frame = pl.DataFrame({"text": ["x", "y"], "tags": [["a", "b"], None]})
    found = read(frame.with_columns(pl.col("tags").cast(pl.List(pl.Categorical))))
    assert found.table["tags"].to_pylist() == [["a", "b"], None]


def test_categories_of_pandas_are_strings() -> None:
    """A missing category is null."""
    frame = pd.DataFrame({"text": ["x", "y"], "label": pd.Categorical(["a", None])})
    assert read(frame).table["label"].to_pylist() == ["a", None]


@given(rows=st.lists(st.none() | st.lists(st.floats() | st.none()), max_size=8))
def test_lists_of_numbers_are_cleaned_as_in_python(rows: list[Any]) -> None:
    """The Arrow code agrees with the function for Python values."""
    table = pa.table({"x": pa.array(rows, pa.list_(pa.float64()))})
    sliced = table.slice(1) if len(rows) > 1 else table
    assert known_table(sliced)["x"].to_pylist() == known(rows[len(rows) - len(sliced) :])


@given(cells=st.lists(st.none() | st.text(max_size=3)))
def test_strings_are_cleaned_as_in_python(cells: list[str | None]) -> None:
    """A text is missing if Python strips it to nothing."""
    table = pa.table({"x": pa.array(cells, pa.string())})
    assert known_table(table)["x"].to_pylist() == [
        None if is_missing(cell) else cell for cell in cells
    ]
