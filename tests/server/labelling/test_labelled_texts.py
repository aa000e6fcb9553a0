"""Labels in force, and their export: the file stays as it is, and acts lie over it."""

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tunesmith.errors import UsageError
from tunesmith.server.datasets import NewDataset
from tunesmith.server.labelling.label_acts import ActKind, NewAct
from tunesmith.server.labelling.labelled_texts import (
    FileTexts,
    LabelledTexts,
    as_csv,
    as_json_lines,
    check_rows,
    labelled_texts,
)

if TYPE_CHECKING:
    from tunesmith.server.stores import Stores

SCRIPT = '<script>alert("1")</script>, =1+1'


def upload(stores: "Stores", folder: Path, name: str, lines: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    received = folder / "received"
    received.write_text(out.getvalue(), encoding="utf-8")
    return stores.datasets.add(received, NewDataset(name, name)).id


@pytest.fixture
def dataset(stores: "Stores", tmp_path: Path) -> str:
    """Twelve texts about cards and orders; every third has no label."""
    lines = [
        [
            f"text {row} about {'a card' if row % 2 else SCRIPT}",
            "" if row % 3 == 0 else "ab"[row % 2],
        ]
        for row in range(1, 13)
    ]
    return upload(stores, tmp_path, "part.csv", [["text", "label"], *lines])


def test_acts_lie_over_the_file(stores: "Stores", dataset: str) -> None:
    before = labelled_texts(stores, dataset)
    assert before.labels()[:4] == ["b", "a", None, "a"]
    assert before.names == ("a", "b")
    assert before.relabelling() == {}
    acts = stores.label_acts
    acts.add(dataset, NewAct(ActKind.ASSIGN, (3, 4, 6), "new"))
    acts.add(dataset, NewAct(ActKind.UNSURE, (1,)))
    acts.add(dataset, NewAct(ActKind.ASSIGN, (2,), "a"))
    texts = labelled_texts(stores, dataset)
    assert texts.names == ("a", "b", "new")
    assert texts.labels()[:4] == [None, "a", "new", "new"]
    assert [texts.state(place) for place in range(5)] == [
        *("unsure", "confirmed", "new", "changed", "file")
    ]
    assert texts.state(8) == "unlabelled"
    assert texts.new_labels == 3
    assert texts.relabelling() == {1: None, 3: "new", 4: "new", 6: "new"}
    acts.undo(dataset)
    acts.undo(dataset)
    acts.undo(dataset)
    assert labelled_texts(stores, dataset).labels() == before.labels()


def test_the_export_has_every_row(stores: "Stores", dataset: str) -> None:
    stores.label_acts.add(dataset, NewAct(ActKind.ASSIGN, (3,), SCRIPT))
    texts = labelled_texts(stores, dataset)
    rows = list(csv.DictReader(io.StringIO(b"".join(as_csv(texts)).decode())))
    assert [int(row["row"]) for row in rows] == list(range(1, 13))
    assert rows[1]["text"] == f"text 2 about {SCRIPT}"
    assert (rows[2]["label"], rows[2]["state"]) == (SCRIPT, "new")
    assert (rows[5]["label"], rows[5]["state"]) == ("", "unlabelled")
    objects = [json.loads(line) for line in b"".join(as_json_lines(texts)).splitlines()]
    assert objects[5] == {
        "row": 6,
        "text": f"text 6 about {SCRIPT}",
        "label": None,
        "state": "unlabelled",
    }


def test_many_rows_are_exported_whole() -> None:
    rows = 100_000
    codes = np.zeros(rows, dtype=np.int32)
    texts = [f"the text of row {row}" for row in range(rows)]
    file = FileTexts(texts, np.arange(1, rows + 1), codes - 1, ())
    marks = np.zeros(rows, dtype=np.bool_)
    held = LabelledTexts(file, codes, ("refund",), marks, ~marks, revision=1)
    for export in (as_csv, as_json_lines):
        parts = list(export(held))
        assert b"".join(parts).count(b"refund") == rows
        assert max(map(len, parts)) < 1_000_000  # streamed in parts


def test_texts_without_labels_can_get_some(stores: "Stores", tmp_path: Path) -> None:
    lines = [[f"hello there {row} my friend of old"] for row in range(40)]
    dataset = upload(stores, tmp_path, "raw.csv", [["message"], *lines])
    assert stores.datasets.get(dataset).kind == "texts"
    assert set(labelled_texts(stores, dataset).labels()) == {None}
    stores.label_acts.add(dataset, NewAct(ActKind.ASSIGN, (2,), "greeting"))
    assert labelled_texts(stores, dataset).relabelling() == {2: "greeting"}


def test_other_kinds_and_rows_are_refused(stores: "Stores", tmp_path: Path, dataset: str) -> None:
    lines = [[f"question number {row}?", f"the answer to {row} is long"] for row in range(40)]
    pairs = upload(stores, tmp_path, "pairs.csv", [["anchor", "positive"], *lines])
    with pytest.raises(UsageError, match="no single labels"):
        labelled_texts(stores, pairs)
    with pytest.raises(UsageError, match="no row 13"):
        check_rows(labelled_texts(stores, dataset), [1, 13])
