"""A class whose name is a word for a missing value is reported."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import tunesmith
from tests.data.checks.checked import sentences
from tunesmith.kinds import Kind

ROWS = 48
WORDS = ["nan", "NaN", "NULL", "null", "None", r"\N", "N/A", "n/a", "NA", "<NA>", "#N/A"]


def labels(word: Any) -> list[Any]:
    return [word, "lift", "water", "heating"] * (ROWS // 4)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("name", ["label", "intent", "类别"])
@pytest.mark.parametrize("word", WORDS)
def test_words_for_missing_values_are_reported(
    word: str, name: str, delimiter: str, tmp_path: Path
) -> None:
    rows = [("text", name), *zip(sentences(ROWS), labels(word), strict=True)]
    path = tmp_path / "labels.csv"
    path.write_text("\n".join(map(delimiter.join, rows)), encoding="utf-8")
    data = tunesmith.read(path)
    assert data.kind is Kind.LABELLED
    found = {finding.code: finding for finding in data.findings}["missing-word"]
    assert (found.count, found.column) == (ROWS // 4, name)
    assert found.rows[:2] == (1, 5)
    assert f"“{word}” is a class of 12 rows" in found.message
    assert "empty labels are treated as missing" in found.advice


@pytest.mark.parametrize("word", WORDS)
def test_words_in_lists_are_reported(word: str) -> None:
    data = tunesmith.read(
        pa.table({"text": sentences(ROWS), "labels": [[each, "all"] for each in labels(word)]})
    )
    assert data.kind is Kind.MULTILABEL
    assert "missing-word" in [finding.code for finding in data.findings]


@pytest.mark.parametrize("value", [None, float("nan"), pd.NA, pd.NaT, "", " "])
def test_missing_values_are_no_class(value: Any) -> None:
    data = tunesmith.read(pd.DataFrame({"text": sentences(ROWS), "label": labels(value)}))
    codes = [finding.code for finding in data.findings]
    assert "missing-label" in codes
    assert "missing-word" not in codes


@pytest.mark.parametrize("word", ["none", "other", "nano", "na ja", "unknown", "0"])
def test_other_words_are_classes(word: str) -> None:
    data = tunesmith.read(pa.table({"text": sentences(ROWS), "label": labels(word)}))
    assert "missing-word" not in [finding.code for finding in data.findings]
