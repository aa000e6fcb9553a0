"""Numbered classes are labels; ids that never repeat identify rows."""

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
NAMES = [
    "Class Index", "class_index", "label_index", "labelIdx", "cat_id", "CatID", "class_no",
    "rating_no", "Category Number", "topic_nr", "klasse_nr", "Index", "index", "idx", "id",
]  # fmt: skip


@pytest.mark.parametrize("make", [sentences, chinese])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("name", NAMES)
def test_numbers_that_repeat_are_labels(
    name: str, delimiter: str, make: Make, tmp_path: Path
) -> None:
    rows = [(str(1 + at % 4), text) for at, text in enumerate(make(ROWS))]
    lines = [delimiter.join(row) for row in [(name, "Beschreibung"), *rows]]
    (tmp_path / "news.csv").write_text("\n".join(lines), encoding="utf-8")
    data = tunesmith.read(tmp_path / "news.csv")
    assert data.kind is Kind.LABELLED
    assert data.detected.columns == {"text": "Beschreibung", "label": name}


@pytest.mark.parametrize("values", [range(ROWS), range(100, 100 + 7 * ROWS, 7)])
@pytest.mark.parametrize("name", NAMES)
def test_numbers_that_never_repeat_identify_rows(name: str, values: range) -> None:
    data = tunesmith.read(pa.table({name: list(values), "text": sentences(ROWS)}))
    assert data.kind is Kind.TEXTS
    assert f"{name!r} (identifies rows)" in data.detected.reason


@pytest.mark.parametrize("name", ["user_id", "customer id", "house_idx"])
@pytest.mark.parametrize("values", [[7, 8, 9], ["u7", "u8", "u9"]])
def test_other_ids_that_repeat_are_named(name: str, values: list[Any]) -> None:
    data = tunesmith.read(pa.table({"text": sentences(ROWS), name: values * (ROWS // 3)}))
    assert data.kind is Kind.TEXTS
    assert [(doubt.column, doubt.role) for doubt in data.detected.doubts] == [(name, "label")]
    assert "identifies rows" not in data.detected.reason
