"""Clicks and grades of documents are used, and documents that are not relevant are no positives."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import tunesmith
from tests.data.checks.checked import sentences
from tunesmith.kinds import Kind

ROWS = 40
DOCUMENTS = {f"d{row}": text for row, text in enumerate(sentences(8))}
ANSWERS: dict[str, list[Any]] = {
    "numbers": [1, 0],
    "floats": [1.0, 0.0],
    "booleans": [True, False],
    "strings": ["1", "0"],
    "yes": ["yes", "no"],
    "German": ["Ja", "Nein"],
    "Chinese": ["是", "否"],
    "words": ["relevant", "irrelevant"],
}


def clicks(name: str, values: list[Any], document: str = "doc") -> pa.Table:
    names = [f"d{row % 8}" for row in range(ROWS)]
    queries = [f"query number {row // 2}" for row in range(ROWS)]
    return pa.table({"query": queries, document: names, name: values * (ROWS // len(values))})


@pytest.mark.parametrize("case", ANSWERS)
@pytest.mark.parametrize(
    "name", ["clicked", "is_clicked", "Clicked", "is_relevant", "relevant", "relevance", "label"]
)
def test_answers_are_grades(name: str, case: str) -> None:
    data = tunesmith.read(clicks(name, ANSWERS[case]), documents=DOCUMENTS)
    assert data.kind is Kind.RETRIEVAL
    assert data.examples.table["score"].to_pylist() == [1.0, 0.0] * (ROWS // 2)
    assert not data.detected.doubts


@pytest.mark.parametrize("name", ["relevance", "grade", "score"])
def test_numbers_are_grades(name: str) -> None:
    data = tunesmith.read(clicks(name, [3, 0, 1, 2]), documents=DOCUMENTS)
    assert data.examples.table["score"].to_pylist() == [3.0, 0.0, 1.0, 2.0] * (ROWS // 4)


def test_repeated_clicks_add_up() -> None:
    rows = clicks("clicked", [1, 0])
    again = pa.concat_tables([rows, rows])
    data = tunesmith.read(again, documents=DOCUMENTS)
    assert data.examples.table["score"].to_pylist() == [2.0, 0.0] * (ROWS // 2)


@pytest.mark.parametrize("name", ["clicked", "relevant"])
def test_names_of_documents_are_not_grades(name: str) -> None:
    rows = clicks("more", ["x"], document=name)
    data = tunesmith.read(rows, documents=DOCUMENTS)
    assert set(data.examples.table["score"].to_pylist()) == {1.0}


@pytest.mark.parametrize(
    ("name", "values"), [("esci_label", ["E", "S", "C", "I"]), ("bought", ["yes", "no"])]
)
def test_unused_grades_are_named(name: str, values: list[str]) -> None:
    data = tunesmith.read(clicks(name, values), documents=DOCUMENTS)
    found = {finding.code: finding for finding in data.findings}["left-aside"]
    assert f"“{name}” (it may say which documents are relevant" in found.message
    assert f'`columns={{"score": "{name}"}}`' in found.advice


@pytest.mark.parametrize("name", ["answers", "positives", "passages"])
@pytest.mark.parametrize(
    ("key", "yes", "no"),
    [("score", 3, 0), ("score", 0.5, -1), ("relevance", 1, 0), ("is_selected", True, False)],
)
def test_listed_texts_with_a_score_of_0_are_left_out(
    key: str, yes: Any, no: Any, name: str, tmp_path: Path
) -> None:
    texts = sentences(3 * ROWS)
    rows = [
        {"question": one, name: [{"text": good, key: yes}, {"text": bad, key: no}]}
        for one, good, bad in zip(texts[::3], texts[1::3], texts[2::3], strict=True)
    ]
    (tmp_path / "answers.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    data = tunesmith.read(tmp_path / "answers.jsonl")
    assert data.kind is Kind.PAIRS
    assert data.examples.table["positive"].to_pylist() == texts[1::3]
    found = {finding.code: finding for finding in data.findings}["left-aside"]
    assert f"{ROWS} texts with a score of 0 or less left out" in found.message
