"""Lists of rows and dictionaries of columns are read like a table."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from numpy.typing import NDArray

import tunesmith
from tunesmith.data.reading.python_rows import holds_columns
from tunesmith.data.reading.read import read
from tunesmith.errors import UsageError
from tunesmith.fitting import fit

TEXTS = [f"text {number} about {['card', 'order'][number % 2]}" for number in range(30)]
LABELS = ["card", "order"] * 15
CONTAINERS: dict[str, Callable[[list[str]], Any]] = {
    "list": list,
    "tuple": tuple,
    "numpy": np.array,
    "pandas": lambda values: pd.Series(values, index=range(9, 9 + len(values))),
    "polars": pl.Series,
    "arrow": pa.array,
}


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("names", [("text", "label"), ("body", "queue"), ("Frage", "Antwortart")])
def test_a_dictionary_of_columns(container: str, names: tuple[str, str]) -> None:
    """Known names are enough; others are columns if they are given."""
    make = CONTAINERS[container]
    data = tunesmith.read(
        {names[0]: make(TEXTS), names[1]: make(LABELS)},
        columns={"text": names[0], "label": names[1]} if names[0] == "Frage" else None,
    )
    assert (data.kind, data.examples.texts()) == ("labelled", TEXTS)
    assert {each.label: each.count for each in data.counts} == {"card": 15, "order": 15}


@pytest.mark.parametrize("names", [("text", "label"), ("Frage", "Thema"), ("句子", "标签")])
@pytest.mark.parametrize("labels", [range(30), [f"t{row}" for row in range(30)]])
def test_columns_of_pandas_are_joined_by_their_index(names: tuple[str, str], labels: Any) -> None:
    """As a DataFrame joins them: a shuffled column keeps its rows."""
    columns = {
        names[0]: pd.Series(TEXTS, labels),
        names[1]: pd.Series(LABELS, labels).sample(frac=1, random_state=0),
    }
    rows = tunesmith.read(columns).examples.table.select(["text", "label"]).to_pylist()
    assert sorted((row["text"], row["label"]) for row in rows) == sorted(
        zip(TEXTS, LABELS, strict=True)
    )


def test_columns_of_pandas_that_cannot_be_joined() -> None:
    """Two rows with one label have no place."""
    double = {"text": pd.Series(TEXTS, [0] * 30), "label": pd.Series(LABELS, range(30))}
    with pytest.raises(UsageError, match="cannot be joined by their index"):
        tunesmith.read(double)


@pytest.mark.parametrize("name", ["label", "Thema", "标签", "queue"])
def test_a_named_index_is_a_column(name: str, tmp_path: Path) -> None:
    """As in the same frame from Parquet: neither a label nor a text is dropped."""
    frame = pd.DataFrame({"text": TEXTS, name: LABELS})
    frame.set_index(name).to_parquet(tmp_path / "frame.parquet")
    indexed = tunesmith.read(frame.set_index(name))
    stored = tunesmith.read(tmp_path / "frame.parquet")
    assert indexed.examples.table["label"].to_pylist() == LABELS
    assert indexed.examples.table.equals(stored.examples.table)
    texts = tunesmith.read(frame.set_index(["text", name])).examples
    assert texts.texts() == TEXTS
    assert tunesmith.read(frame.rename_axis("row")).loaded.table.column_names == ["text", name]


def test_rows_as_dictionaries_or_tuples() -> None:
    """A row may lack a key; tuples are columns by place, with a note."""
    rows = [{"text": text, "label": label} for text, label in zip(TEXTS, LABELS, strict=True)]
    del rows[3]["label"]
    data = tunesmith.read(rows)
    assert (data.kind, len(data), len(data.loaded.table)) == ("labelled", 30, 30)
    assert data.loaded.table["label"].null_count == 1
    pairs = tunesmith.read(list(zip(TEXTS, LABELS, strict=True)))
    assert pairs.kind == "labelled"
    assert pairs.loaded.notes == ("arrays read as column1, column2",)


def test_a_list_of_texts_may_have_gaps() -> None:
    """They are raw texts, and a missing one is a missing text."""
    data = tunesmith.read([*TEXTS, None, float("nan")])
    assert data.kind == "texts"
    assert data.loaded.table["text"].null_count == 2


@pytest.mark.parametrize(
    ("source", "columns"),
    [
        ({"my card is lost": ["d1", "d2"], "a fee": ["d2"]}, False),
        ({"my card is lost": ["d1"], "a fee": ["d2"]}, False),
        ({"text": ["d1", "d2"], "a fee": ["d2"]}, False),
        ({"text": {"d1": 2}, "label": {"d2": 1}}, False),
        ({"text": "d1", "label": "d2"}, False),
        ({"text": ["a"], "label": ["b"], "Monat": ["Mai"]}, True),
        ({"query": ["a", "b"], "document": ["c"]}, True),
        ({"text": {0: "a", 1: "b"}, "label": {1: "x", 0: "y"}}, True),
        ({"text": {0: "a"}, "label": ["x"]}, False),
    ],
)
def test_columns_or_queries_with_their_documents(source: dict[str, Any], columns: bool) -> None:
    """The names of the keys and the lengths decide."""
    assert holds_columns(source) == columns


def test_columns_keyed_by_row() -> None:
    """As pandas' `to_dict` returns them; the keys say which values belong together."""
    frame = pd.DataFrame({"text": TEXTS, "label": LABELS})
    keyed = frame.to_dict()
    keyed["label"] = dict(reversed(keyed["label"].items()))
    data = tunesmith.read(keyed)
    assert (data.kind, len(data)) == ("labelled", 30)
    assert data.loaded.table.to_pydict() == {"text": TEXTS, "label": LABELS}


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_single_column_is_raw_text(container: str) -> None:
    """Whatever holds it."""
    data = tunesmith.read(CONTAINERS[container](TEXTS))
    assert (data.kind, data.examples.texts()) == ("texts", TEXTS)


def test_columns_of_different_lengths_are_named() -> None:
    """The message has the length of each."""
    with pytest.raises(UsageError, match="'text' 30, 'label' 29"):
        tunesmith.read({"text": TEXTS, "label": LABELS[1:]})


def test_an_item_that_is_no_row_is_named() -> None:
    """By its number."""
    with pytest.raises(UsageError, match="item 2 of the list") as caught:
        tunesmith.read([("a text", "card"), "another text"])
    assert caught.value.option == "source"


def test_a_fit_joins_columns_of_a_dictionary(tiny_model: Any, tmp_path: Any) -> None:
    """As for a table."""
    source = {"Betreff": LABELS, "Text": TEXTS, "Team": LABELS}
    result = fit(
        source,
        text=["Betreff", "Text"],
        label="Team",
        base=str(tiny_model),
        budget=0.1,
        output=tmp_path / "model",
    )
    columns = tunesmith.load(result.path).metadata["columns"]
    assert columns == {"text": "Betreff+Text", "label": "Team"}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (iter([{"text": "my card"}]), "list(rows)"),
        (zip(["my card"], ["card"], strict=True), "list(rows)"),
        (io.StringIO("text,label"), "path of the file"),
        (io.BytesIO(b"text,label"), "path of the file"),
        ([pd.DataFrame({"text": ["my card"]})], "of the type DataFrame"),
        ((pd.DataFrame({"text": ["my card"] * 9}), ["card"] * 9), "of the type DataFrame"),
        (pd.Series(["a", "b"], index=["my card is lost", "a fee for me"]), "reset_index"),
        (pd.DataFrame({"label": ["a"]}, index=["my card is lost"]), "reset_index"),
    ],
)
def test_what_is_not_read_is_named_with_the_way_out(source: Any, words: str) -> None:
    """The error says what was passed and what to pass instead."""
    with pytest.raises(UsageError) as raised:
        read(source)
    assert words in f"{raised.value}"


@pytest.mark.parametrize("dtype", [object, str])
def test_an_array_of_rows(dtype: type) -> None:
    """Two dimensions are rows and columns."""
    rows: NDArray[Any] = np.array([["my card", "card"], ["a fee", "fee"]] * 5, dtype=dtype)
    assert read(rows).table.num_columns == 2
    assert read(rows).table.num_rows == 10


@pytest.mark.parametrize(
    "form", [list, pd.DataFrame, lambda rows: [list(row.values()) for row in rows]]
)
@pytest.mark.parametrize("names", [("train", "test"), ("train", "oos_test"), ("dev", "eval")])
def test_splits_in_memory_are_refused(names: tuple[str, ...], form: Any) -> None:
    """As those of a DatasetDict are: one of them is passed, the others as tests."""
    rows = [{"text": f"my card {row}", "label": "ab"[row % 2]} for row in range(20)]
    with pytest.raises(UsageError, match=f"{len(names)} splits: {names[0]}"):
        tunesmith.read({name: form(rows) for name in names})


@pytest.mark.parametrize("name", ["row 1", "a", "2024-01-01"])
def test_short_index_values_are_left_out(name: str) -> None:
    """Names of rows are no texts."""
    frame = pd.DataFrame({"text": ["my card is lost"]}, index=[name])
    assert read(frame).table.column_names == ["text"]
