"""Conversion to the fixed schema of each kind keeps missing values missing."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.error_fields import about
from tunesmith.data.detection.cell_values import as_numbers
from tunesmith.data.detection.detect import Detected, detect
from tunesmith.data.reading.read import read
from tunesmith.errors import DataError
from tunesmith.kinds import LABEL_MAP, Multilabel

SENTENCES = [
    "where is the card that I ordered last week",
    "please send my money back to my account",
    "the app does not let me log in any more",
]
OTHERS = [sentence.replace("the", "that").replace("my", "our") for sentence in SENTENCES]
SCORES = [0.0, 5.0, 2.5]


def found(**columns: Any) -> Detected:
    """Return the detection result for a table with these columns."""
    return detect(read(pa.table(columns)))


def test_numbers_and_missing_values_keep_their_meaning(tmp_path: Path) -> None:
    """Scores are float64 and keep NaN; labels are strings or null; texts are unchanged."""
    path = tmp_path / "scores.csv"
    body = "".join(
        f"{a},{b},{score}\n" for a, b, score in zip(SENTENCES, OTHERS, SCORES, strict=True)
    )
    path.write_text(f"sentence1,sentence2,score\n{body * 8}one,two,NaN\none,two,\none,two,n/a\n")
    table = detect(read(path)).examples.table
    assert table.schema.field("score").type == pa.float64()
    *scores, nan, empty, word = table["score"].to_pylist()
    assert scores == SCORES * 8
    assert np.isnan(nan)
    assert (empty, word) == (None, None)
    labelled = tmp_path / "labels.csv"
    labelled.write_text('text,label\n007,01\n,b\nx y z," b "\n"",\n')
    assert detect(read(labelled)).examples.table.to_pydict() == {
        "text": ["007", None, "x y z", None],
        "label": ["01", "b", "b", None],
        "row": [1, 2, 3, 4],
    }


def test_every_kind_has_its_schema() -> None:
    """The Arrow types are those that the rest of the project relies on."""
    text, whole = pa.string(), pa.int64()
    two = {"a": SENTENCES, "b": OTHERS}
    tables: list[tuple[dict[str, Any], dict[str, pa.DataType]]] = [
        ({"text": SENTENCES}, {"text": text}),
        ({"text": SENTENCES, "label": [1, 2, 1]}, {"text": text, "label": text}),
        ({"text": SENTENCES, "labels": [["a"]] * 3}, {"text": text, "labels": LABEL_MAP}),
        ({"question": SENTENCES, "answer": OTHERS}, {"anchor": text, "positive": text}),
        ({**two, "c": [1, 0, 1]}, {"text1": text, "text2": text, "label": pa.int8()}),
        ({**two, "c": [1, 5, 3]}, {"text1": text, "text2": text, "score": pa.float64()}),
        (
            {"premise": SENTENCES, "hypothesis": OTHERS, "label": [0, 1, 2]},
            {"premise": text, "hypothesis": text, "label": text},
        ),
        (
            {"anchor": SENTENCES, "positive": OTHERS, "negative": SENTENCES},
            {"anchor": text, "positive": text, "negatives": pa.list_(text)},
        ),
    ]
    for columns, schema in tables:
        found_schema = found(**columns).examples.table.schema
        assert {field.name: field.type for field in found_schema} == {**schema, "row": whole}


def test_unknown_labels_are_not_zero() -> None:
    """Null or absent labels are unknown in objects and columns; labels not in a list are 0."""
    objects = found(text=["a b", "c d"], cats=['{"x": 1, "y": null}', '{"y": 0}']).examples
    assert isinstance(objects, Multilabel)
    np.testing.assert_array_equal(objects.matrix(["x", "y"]), [[1, np.nan], [np.nan, 0]])
    lists = found(text=["a b", "c d", "e f"], labels=[["x"], [], None]).examples
    assert isinstance(lists, Multilabel)
    np.testing.assert_array_equal(lists.matrix(["x"]), [[1], [0], [np.nan]])
    columns = found(text=["a b c", "d e f", "g h i"], rude=[1, None, 0], kind=[0, 1, 1]).examples
    assert isinstance(columns, Multilabel)
    np.testing.assert_array_equal(columns.matrix(["rude", "kind"]), [[1, 0], [np.nan, 1], [0, 1]])


def test_multi_hot_lists_name_labels_by_index() -> None:
    """Lists of equal length with 0s and 1s are multi-hot vectors."""
    examples = found(text=["a b", "c d"], labels=[[1, 0, 1], [0, 0, 1]]).examples
    assert isinstance(examples, Multilabel)
    np.testing.assert_array_equal(examples.matrix(["0", "1", "2"]), [[1, 0, 1], [0, 0, 1]])


def test_a_label_that_is_neither_yes_nor_no_names_its_row() -> None:
    """A value other than 1 and 0 is rejected with its row and label."""
    with pytest.raises(
        DataError, match=r"0\.7 for label 'x'", check=about(row=2, file="the Table")
    ):
        found(text=["a b", "c d"], cats=['{"x": 1}', '{"x": 0.7}'])


def test_negatives_of_several_columns_make_lists() -> None:
    """An empty cell means one negative fewer; a list of positives gives several rows."""
    examples = found(
        anchor=["a", "b"], positive=["c", "d"], negative_1=["e", "f"], negative_2=["g", None]
    ).examples
    assert examples.table["negatives"].to_pylist() == [["e", "g"], ["f"]]
    listed = found(query=["a", "b"], pos=[["c", "d"], ["e"]], neg=[["f"], ["g"]]).examples
    assert listed.table.to_pydict() == {
        "anchor": ["a", "a", "b"],
        "positive": ["c", "d", "e"],
        "negatives": [["f"], ["f"], ["g"]],
        "row": [1, 1, 2],
    }


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["950", "1,204", "12,000"], [950, 1204, 12000]),
        (["950.5", "1,204.5", "n/a, sorry"], [950.5, 1204.5, None]),
        (["3,200", "1,400", "4,750"], [3.2, 1.4, 4.75]),
        (["950", "1,204", "0,500"], [950, 1.204, 0.5]),
        (["950", "1,204", "12,5"], [950, 1.204, 12.5]),
    ],
)
def test_commas_between_thousands_are_told_from_decimal_commas(
    cells: list[str], numbers: list[float | None]
) -> None:
    """By all numbers of the column: 1,204 alone is a decimal, next to 950 it is not."""
    assert as_numbers(pa.chunked_array([cells])).to_pylist() == numbers
