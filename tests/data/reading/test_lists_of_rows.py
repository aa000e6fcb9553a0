"""JSON documents with splits, with labels above texts, and with rows one object deeper."""

import json
from pathlib import Path
from typing import Any

import pytest

import tunesmith
from tests.data.checks.checked import sentences
from tunesmith.errors import TunesmithError, UnreadableFile
from tunesmith.kinds import Kind

TEXTS = sentences(30)
LABELS = ["lift", "water", "door"] * 10
ROWS = list(zip(TEXTS, LABELS, strict=True))


def read(folder: Path, document: Any, name: str = "a.json") -> tunesmith.Dataset:
    (folder / name).write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return tunesmith.read(folder / name)


@pytest.mark.parametrize("train", ["train", "training", "Train"])
@pytest.mark.parametrize("others", [[], ["val"], ["test", "validation"], ["oos_val", "oos_train"]])
@pytest.mark.parametrize("form", ["arrays", "objects"])
def test_splits(form: str, others: list[str], train: str, tmp_path: Path) -> None:
    """The training rows are read, and a note names what is left out."""
    if form == "arrays":
        rows: list[Any] = [list(row) for row in ROWS]
    else:
        rows = [{"utterance": text, "intent": label} for text, label in ROWS]
    data = read(tmp_path, {train: rows} | dict.fromkeys(others, rows[:7]))
    assert data.kind is Kind.LABELLED
    assert data.examples.texts() == TEXTS
    assert all(any(f"'{name}'" in note for note in data.loaded.notes) for name in others)


@pytest.mark.parametrize(
    "keys", [["spring", "autumn"], ["test", "val"], ["train", "questions"], ["team", "other"]]
)
def test_other_lists_of_rows_are_refused(keys: list[str], tmp_path: Path) -> None:
    """Nothing says which of them to train on."""
    rows = [{"utterance": text, "intent": label} for text, label in ROWS]
    with pytest.raises(UnreadableFile, match="several lists of rows"):
        read(tmp_path, dict.fromkeys(keys, rows))


@pytest.mark.parametrize("labels", [["lift", "water"], ["a", "b", "c"], ["电梯", "热水"]])
def test_labels_above_their_texts(labels: list[str], tmp_path: Path) -> None:
    """Lists of different lengths are no columns."""
    document = {label: TEXTS[: 12 + number] for number, label in enumerate(labels)}
    data = read(tmp_path, document)
    assert data.kind is Kind.LABELLED
    assert {count.label: count.count for count in data.counts} == {
        label: len(texts) for label, texts in document.items()
    }
    assert "keys are labels, values are their texts" in data.loaded.notes


@pytest.mark.parametrize("labels", [["spam", "ham"], ["Positive", "Negative", "Neutral"]])
def test_known_labels_above_as_many_texts(labels: list[str], tmp_path: Path) -> None:
    """These words are labels, so the lists are no columns."""
    data = read(tmp_path, dict.fromkeys(labels, TEXTS))
    assert sorted(count.label for count in data.counts) == sorted(labels)


def test_columns_stay_columns(tmp_path: Path) -> None:
    """Known names and equal lengths are columns; unclear ones are refused with the way out."""
    assert read(tmp_path, {"title": TEXTS, "body": TEXTS[::-1]}).kind is Kind.PAIRS
    assert read(tmp_path, {"text": TEXTS, "label": LABELS}).kind is Kind.LABELLED
    with pytest.raises(TunesmithError, match="names of the columns are labels"):
        read(tmp_path, {"lift": TEXTS, "water": sentences(60)[30:], "door": sentences(90)[60:]})
    with pytest.raises(UnreadableFile, match="same length"):
        read(tmp_path, {"title": TEXTS, "body": TEXTS[1:]})


@pytest.mark.parametrize("source", ["_source", "document", "fields"])
@pytest.mark.parametrize("outer", [{"took": 3, "timed_out": False}, {}, {"meta": {"page": 1}}])
def test_hits_of_a_search_engine(outer: dict[str, Any], source: str, tmp_path: Path) -> None:
    """As Elasticsearch and OpenSearch answer."""
    hits = [
        {"_index": "tickets", "_id": str(row), source: {"body": text, "category": label}}
        for row, (text, label) in enumerate(ROWS)
    ]
    found = {"total": {"value": 30}, "max_score": None, "hits": hits}
    data = read(tmp_path, outer | {"hits": found})
    assert data.columns == {"text": f"{source}.body", "label": f"{source}.category"}
    assert "the rows are read from 'hits.hits', other fields are left out" in data.loaded.notes


@pytest.mark.parametrize("end", [",\n", ", \r\n"])
def test_lines_with_commas(end: str, tmp_path: Path) -> None:
    """JSON Lines may have a comma after each object; an array may not after its last one."""
    rows = [json.dumps({"text": text, "label": label}) for text, label in ROWS]
    (tmp_path / "a.jsonl").write_bytes("".join(row + end for row in rows).encode())
    assert tunesmith.read(tmp_path / "a.jsonl").examples.texts() == TEXTS
    (tmp_path / "b.json").write_bytes(f"[{''.join(row + end for row in rows)}]".encode())
    with pytest.raises(UnreadableFile, match="remove the comma before it"):
        tunesmith.read(tmp_path / "b.json")
