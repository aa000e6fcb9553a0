"""Lists of labels that are missing, or mixed with single labels."""

from typing import Any

import pyarrow as pa
import pytest

from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.kinds import Kind

TEXTS = [f"the lift number {row} is stuck" for row in range(12)]
NAN = float("nan")


def labels_of(cells: list[Any], name: str) -> list[Any]:
    """Return the labels that are 1 in each row, or None where all are unknown."""
    rows = [{"text": text, name: cell} for text, cell in zip(TEXTS, cells, strict=True)]
    detected = detect(read(rows))
    assert detected.kind is Kind.MULTILABEL
    found = detected.examples.table["labels"].to_pylist()
    return [None if row is None else {label for label, value in row if value} for row in found]


@pytest.mark.parametrize("name", ["tags", "labels", "topic"])
@pytest.mark.parametrize("gap", [None, [NAN], [None], [None, NAN], [" "], "[null]", "[NaN]"])
def test_a_list_of_missing_labels_is_missing(name: str, gap: Any) -> None:
    """It says no more than an empty cell; an empty list says that no label applies."""
    cells = [gap, ["lift", "urgent"], ["water"], ["lift", NAN]] * 3
    if isinstance(gap, str):
        cells = [gap, '["lift", "urgent"]', '["water"]', '["lift", null]'] * 3
    assert labels_of(cells, name) == [None, {"lift", "urgent"}, {"water"}, {"lift"}] * 3


@pytest.mark.parametrize("name", ["tags", "labels", "label", "category"])
@pytest.mark.parametrize("single", ["delivery", "größe", "电梯", "a, b"])
@pytest.mark.parametrize("written", [list, str])
def test_a_label_among_lists_is_a_list_of_one(name: str, single: str, written: Any) -> None:
    """Its brackets are never a part of a label."""
    cells = [written(["billing"]), single, written(["billing", "urgent"])] * 4
    assert labels_of(cells, name) == [{"billing"}, {single}, {"billing", "urgent"}] * 4


def test_texts_in_brackets_are_texts() -> None:
    """A label such as ``[internal]`` is no list."""
    labels = ["[internal]", "external"] * 6
    detected = detect(read(pa.table({"text": TEXTS, "label": labels})))
    assert detected.examples.table["label"].to_pylist() == labels


@pytest.mark.parametrize("one", [1, 1.0, True])
@pytest.mark.parametrize("written", [list, str])
def test_lists_of_flags_are_numbered_labels(one: Any, written: Any) -> None:
    """Each position is a label, however yes and no are written."""
    cells = [
        written([one if row % 3 == at else type(one)(0) for at in range(3)]) for row in range(12)
    ]
    assert labels_of(cells, "labels") == [{str(row % 3)} for row in range(12)]
