"""Objects become plain columns, with the names of their entries."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.kinds import Kind

ROWS = 12
TEXTS = [f"the lift stands still again, said caller number {row}" for row in range(ROWS)]
LABELS = ["lift", "water", "heating"] * 4


def jsonl(folder: Path, rows: list[dict[str, Any]]) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("outer", ["data", "fields", "record", "内容"])
@pytest.mark.parametrize("inner", ["text", "body", "message"])
@pytest.mark.parametrize("label", ["label", "intent"])
def test_texts_within_objects(outer: str, inner: str, label: str, tmp_path: Path) -> None:
    """The label column is never the texts, whatever the objects are called."""
    rows = [
        {outer: {inner: text, "source": "mail"}, label: name}
        for text, name in zip(TEXTS, LABELS, strict=True)
    ]
    detected = detect(read(jsonl(tmp_path, rows)))
    assert detected.columns == {"text": f"{outer}.{inner}", "label": label}
    assert detected.examples.texts() == TEXTS


@pytest.mark.parametrize("entry", ["label", "value", "name", "text"])
def test_labels_within_objects(entry: str, tmp_path: Path) -> None:
    """At any depth, beside numbers and lists."""
    rows: list[dict[str, Any]] = [
        {"doc": {"text": text, "page": row}, "meta": {"label": {entry: name, "by": [1]}}}
        for row, (text, name) in enumerate(zip(TEXTS, LABELS, strict=True))
    ]
    rows = [row if entry == "label" else row | {"label": row["meta"]["label"]} for row in rows]
    detected = detect(read(jsonl(tmp_path, rows)))
    assert detected.kind is Kind.LABELLED
    assert detected.examples.table["label"].to_pylist() == LABELS


def test_parquet_and_cells_of_delimited_files(tmp_path: Path) -> None:
    """Structs and JSON cells are objects, too."""
    table = pa.table({"data": [{"text": text} for text in TEXTS], "label": LABELS})
    assert detect(read(table)).columns["text"] == "data.text"
    path = tmp_path / "rows.csv"
    cells = [json.dumps({"text": text}).replace('"', '""') for text in TEXTS]
    path.write_text("data,label\n" + "".join(map('"{}",{}\n'.format, cells, LABELS)))
    assert detect(read(path)).columns["text"] == "data.text"


def test_objects_of_labels_stay_objects(tmp_path: Path) -> None:
    """Also if only some labels are known in a row."""
    rows = [{"text": text, "flags": {"a": row % 2}} for row, text in enumerate(TEXTS)]
    rows[0]["flags"] = {"b": 1}
    assert detect(read(jsonl(tmp_path, rows))).columns["labels"] == "flags"


def test_measurements_are_not_labels(tmp_path: Path) -> None:
    """Numbers other than 1 and 0 become columns."""
    rows = [
        {"text": text, "sorte": name, "meta": {"page": row, "line": 3}}
        for row, (text, name) in enumerate(zip(TEXTS, LABELS, strict=True))
    ]
    detected = detect(read(jsonl(tmp_path, rows)))
    assert detected.columns == {"text": "text", "label": "sorte"}


def test_many_keys_and_taken_names_stay(tmp_path: Path) -> None:
    """Ids as keys are no columns, and no column is overwritten."""
    rows = [
        {"text": text, "seen": {f"u{row}-{n}": "x" for n in range(9)}}
        for row, text in enumerate(TEXTS)
    ]
    assert read(jsonl(tmp_path, rows)).table.column_names == ["text", "seen"]
    taken = pa.table({"a": [{"b": "x"}], "a.b": ["y"]})
    assert read(taken).table.column_names == ["a", "a.b"]


def test_missing_objects_have_missing_texts(tmp_path: Path) -> None:
    """A row without the object is a row without a text."""
    rows: list[dict[str, Any]] = [
        {"data": {"text": text}, "label": name} for text, name in zip(TEXTS, LABELS, strict=True)
    ]
    rows[3]["data"] = None
    del rows[5]["data"]
    found = read(jsonl(tmp_path, rows)).table["data.text"].to_pylist()
    assert found == [None if row in (3, 5) else text for row, text in enumerate(TEXTS)]
