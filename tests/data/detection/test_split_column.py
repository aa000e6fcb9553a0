"""A column that names the splits of the rows is reported: all rows are used for training."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import tunesmith
from tests.data.checks.checked import sentences
from tests.data.detection.test_preferences import Make
from tests.data.detection.test_triples import chinese
from tunesmith.kinds import Kind

ROWS = 48
LABELS = ["lift", "water", "heating"] * (ROWS // 3)
SPLITS = [
    ("train", "test"),
    ("train", "train", "validation", "test"),
    ("Train", "Dev", "Test"),
    ("TRAIN", "VAL"),
    ("training", "testing", "holdout"),
    ("train", "unsupervised"),
]


def splits(values: tuple[str, ...]) -> list[str]:
    return [values[row // 3 % len(values)] for row in range(ROWS)]


@pytest.mark.parametrize("make", [sentences, chinese])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("values", SPLITS)
@pytest.mark.parametrize(
    "name", ["split", "set", "partition", "Data Split", "fold", "集合", "type"]
)
def test_splits_are_reported(
    name: str, values: tuple[str, ...], delimiter: str, make: Make, tmp_path: Path
) -> None:
    columns: dict[str, Any] = {"text": make(ROWS), "label": LABELS, name: splits(values)}
    rows = [tuple(columns), *zip(*columns.values(), strict=True)]
    path = tmp_path / "all.csv"
    path.write_text("\n".join(map(delimiter.join, rows)), encoding="utf-8")
    data = tunesmith.read(path)
    assert data.detected.columns == {"text": "text", "label": "label"}
    found = {finding.code: finding for finding in data.findings}["left-aside"]
    assert f"“{name}” (it names the splits {values[0].lower()}" in found.message
    assert "all splits are used for training" in found.message


@pytest.mark.parametrize("values", SPLITS)
@pytest.mark.parametrize("name", ["split", "set"])
def test_splits_are_not_labels(name: str, values: tuple[str, ...]) -> None:
    data = tunesmith.read(pa.table({"text": sentences(ROWS), name: splits(values)}))
    assert data.kind is Kind.TEXTS
    assert [doubt.column for doubt in data.detected.doubts] == [name]


@pytest.mark.parametrize("values", [("train",), ("train", "bus"), ("test", "question")])
def test_other_words_are_not_splits(values: tuple[str, ...]) -> None:
    columns = {"text": sentences(ROWS), "label": LABELS, "topic": splits(values)}
    doubts = tunesmith.read(pa.table(columns)).detected.doubts
    assert not any("splits" in doubt.reason for doubt in doubts)
