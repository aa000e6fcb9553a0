"""A change makes a new version; the upload stays as it is, and texts stay byte for byte."""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from tunesmith.datasets.changes import RowChanges, changed_rows
from tunesmith.datasets.dataset import read
from tunesmith.errors import DataError, UsageError
from tunesmith.server.datasets import NewDataset, ReadOptions
from tunesmith.server.versions import Changes, change_of, new_version

if TYPE_CHECKING:
    from tunesmith.server.datasets import StoredDataset
    from tunesmith.server.stores import Stores

WORDS = ("red fox", "blue, sea", 'a "quoted" one', "two\nlines", " spaces ", "ünï 🦊", "<script>")
TEXTS = [f"{WORDS[number % len(WORDS)]} {number}{' ' * (number % 3)}" for number in range(42)]
LABELS = ["warm" if number % 2 else "cold" for number in range(42)]


def _added(stores: "Stores", path: Path, **options: Any) -> "StoredDataset":
    return stores.datasets.add(path, NewDataset("Data", path.name, ReadOptions(**options)))


def _table(stores: "Stores", stored: "StoredDataset") -> pa.Table:
    return stores.datasets.opened(stored.id).loaded.table


@pytest.fixture
def csv_file(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    csv.write_csv(pa.table({"id": range(42), "text": TEXTS, "label": LABELS}), path)
    return path


@pytest.fixture
def labelled(stores: "Stores", csv_file: Path) -> "StoredDataset":
    return _added(stores, csv_file)


def test_rows_are_relabelled_and_dropped(stores: "Stores", labelled: "StoredDataset") -> None:
    before = stores.datasets.received(labelled.id).read_bytes()
    changes = Changes(relabel={1: "hot", 2: None, 42: "hot"}, drop={3, 41})
    made = new_version(stores.datasets, labelled, changes, "key-1")
    assert (made.version, made.version_of, made.rows) == (2, labelled.id, 40)
    assert (made.file, made.created_by) == ("data.csv", "key-1")
    change = change_of(made)
    assert change is not None
    assert (change.parent, change.note) == (labelled.id, "Relabelled 3 rows, dropped 2 rows")
    assert stores.datasets.received(labelled.id).read_bytes() == before
    table = _table(stores, made)
    assert table["text"].to_pylist() == [*TEXTS[:2], *TEXTS[3:40], TEXTS[41]]
    assert table["label"].to_pylist() == ["hot", None, *LABELS[3:40], "hot"]


@pytest.mark.parametrize(
    "name", ["data.jsonl", "data.ndjson", "data.json", "data.tsv", "data.parquet"]
)
def test_formats(stores: "Stores", tmp_path: Path, name: str) -> None:
    """Delimited text and JSON Lines stay what they are; the rest becomes JSON Lines."""
    rows = [{"text": text, "label": label} for text, label in zip(TEXTS, LABELS, strict=True)]
    path = tmp_path / name
    if name.endswith("parquet"):
        parquet.write_table(pa.Table.from_pylist(rows), path)
    elif name.endswith("tsv"):
        lines = [f"{row['text']}\t{row['label']}".replace("\n", " ") for row in rows]
        path.write_text("\n".join(["text\tlabel", *lines]), encoding="utf-8")
    elif name.endswith("json"):
        path.write_text(json.dumps(rows), encoding="utf-8")
    else:
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    stored = _added(stores, path)
    before = _table(stores, stored)
    made = new_version(stores.datasets, stored, Changes(relabel={2: "hot"}))
    kept = name in {"data.tsv", "data.jsonl", "data.ndjson"}
    assert made.file == (name if kept else "data.jsonl")
    note = "Relabelled 1 row"
    assert made.origin["change"]["note"] == (note if kept else f"{note}; written as JSON Lines")
    after = _table(stores, made)
    assert after["text"].equals(before["text"])
    assert after["label"][1].as_py() == "hot"


def test_texts_that_csv_cannot_hold_become_json_lines(stores: "Stores", tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    rows = [f'"{"a" * number}\r\nb\r",{"xy"[number % 2]}' for number in range(1, 42)]
    path.write_bytes("\n".join(["text,label", *rows]).encode())
    stored = _added(stores, path)
    made = new_version(stores.datasets, stored, Changes(drop={2}))
    texts = _table(stores, stored)["text"].to_pylist()
    assert _table(stores, made)["text"].to_pylist() == [texts[0], *texts[2:]]


def test_the_same_change_sent_twice_is_one(stores: "Stores", labelled: "StoredDataset") -> None:
    changes = Changes(relabel={1: "hot"})
    made = new_version(stores.datasets, labelled, changes)
    assert new_version(stores.datasets, labelled, changes).id == made.id
    assert new_version(stores.datasets, made, Changes(relabel={2: "hot"})).version == 3
    assert new_version(stores.datasets, labelled, changes).id == made.id
    assert len(stores.datasets.versions(labelled.id)) == 3


def test_changes_of_a_change_count_its_own_rows(
    stores: "Stores", labelled: "StoredDataset"
) -> None:
    second = new_version(stores.datasets, labelled, Changes(drop={1}))
    third = new_version(stores.datasets, second, Changes(relabel={1: "hot"}))
    assert _table(stores, third)["text"][0].as_py() == TEXTS[1]
    assert _table(stores, third)["label"][0].as_py() == "hot"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (Changes(), "nothing to change"),
        (Changes(relabel={43: "hot"}), "data.csv has no row 43"),
        (Changes(drop={0, 99}), "data.csv has no row 0 and 99"),
        (Changes(relabel={1: " "}), "a new label is empty"),
        (Changes(relabel={1: ["hot"]}), "needs one label"),
        (Changes(relabel={2: "warm"}), "change nothing"),
        (Changes(drop=set(range(1, 43))), "no row would be left"),
        (Changes(kind="pairs", drop={1}), "need a version each"),
        (Changes(fixes=("spelling",)), "there is no fix 'spelling'"),
        (Changes(columns={"text": "body"}), "no column 'body'"),
        (Changes(kind="triplets"), "do not fit"),
    ],
)
def test_what_cannot_be_done_is_refused(
    stores: "Stores", labelled: "StoredDataset", changes: Changes, message: str
) -> None:
    """Nothing of it stays behind."""
    with pytest.raises((DataError, UsageError), match=message):
        new_version(stores.datasets, labelled, changes)
    assert stores.datasets.versions(labelled.id) == [labelled]


def test_data_without_labels_are_not_relabelled(stores: "Stores", tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("anchor,positive\n" + "\n".join(f"a{n} b,c{n} d" for n in range(40)))
    stored = _added(stores, path)
    with pytest.raises(UsageError, match="pairs data have no labels"):
        new_version(stores.datasets, stored, Changes(relabel={1: "hot"}))


def test_unlabelled_texts_become_labelled(stores: "Stores", tmp_path: Path) -> None:
    """A first label is not enough to fit, but it is kept: more can follow."""
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(f"a text {number} of many" for number in range(60)))
    stored = _added(stores, path)
    assert stored.kind == "texts"
    first = new_version(stores.datasets, stored, Changes(relabel={1: "hot"}))
    assert (first.kind, first.status) == ("labelled", "failed")
    more = {row: ("hot", "cold")[row % 2] for row in range(1, 31)}
    second = new_version(stores.datasets, first, Changes(relabel=more))
    assert (second.kind, second.status) == ("labelled", "validated")
    assert stores.datasets.opened(second.id).columns == {"text": "text", "label": "label"}


@pytest.mark.parametrize(
    "rows",
    [
        [{"text": f"t {n}", "labels": ["a", "b"][: n % 3]} for n in range(42)],
        [{"text": f"t {n}", "labels": {"a": n % 2, "b": 1 - n % 2}} for n in range(42)],
        [{"text": f"t {n} x", "a": n % 2, "b": n % 3 % 2} for n in range(42)],
        "\n".join(["text,labels", *(f"t {n},{('a|b', 'a', 'b')[n % 3]}" for n in range(42))]),
        "\n".join(["text,labels", *(f't {n},"[""a"", ""b""]"' for n in range(42))]),
    ],
)
def test_several_labels(stores: "Stores", tmp_path: Path, rows: Any) -> None:
    """In whatever form the file has them: lists, objects, a column each, or one text."""
    path = tmp_path / ("data.csv" if isinstance(rows, str) else "data.jsonl")
    text = rows if isinstance(rows, str) else "\n".join(map(json.dumps, rows))
    path.write_text(text, encoding="utf-8")
    stored = _added(stores, path, kind="multilabel")
    made = new_version(stores.datasets, stored, Changes(relabel={1: {"b"}, 2: {"b", "a"}, 3: None}))
    examples = stores.datasets.opened(made.id).examples
    found = [None if not row else dict(row) for row in examples.table["labels"].to_pylist()[:3]]
    assert found == [{"a": 0, "b": 1}, {"a": 1, "b": 1}, None]
    with pytest.raises(UsageError, match="needs a list of labels"):
        new_version(stores.datasets, stored, Changes(relabel={1: "b"}))


@pytest.mark.parametrize(
    ("kind", "cells", "new"),
    [
        ("labelled_pairs", ["yes", "no"], "1"),
        ("labelled_pairs", ["0", "1"], "yes"),
        ("nli", ["entailment", "neutral", "contradiction"], "neutral"),
    ],
)
def test_labels_of_pairs_keep_their_spelling(
    stores: "Stores", tmp_path: Path, kind: str, cells: list[str], new: str
) -> None:
    names = "premise,hypothesis" if kind == "nli" else "text1,text2"
    lines = [f"one {n},two {n},{cells[n % len(cells)]}" for n in range(42)]
    path = tmp_path / "pairs.csv"
    path.write_text("\n".join([f"{names},label", *lines]))
    stored = _added(stores, path, kind=kind)
    position = 1 if cells[0] == "yes" else 0
    made = new_version(stores.datasets, stored, Changes(relabel={position + 1: new}))
    cell = _table(stores, made)["label"][position].as_py()
    assert cell in cells
    assert cell != cells[position]
    with pytest.raises(UsageError, match="'perhaps' is not a label"):
        new_version(stores.datasets, stored, Changes(relabel={1: "perhaps"}))


def test_a_file_is_read_differently(stores: "Stores", labelled: "StoredDataset") -> None:
    """Its bytes stay; so a later version can go back to what was uploaded."""
    made = new_version(stores.datasets, labelled, Changes(kind="texts", columns={"text": "text"}))
    assert (made.kind, made.digest) == ("texts", labelled.digest)
    assert made.origin["change"]["note"] == "Read the file differently"


def test_labels_are_merged(stores: "Stores", tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    lines = [f"text {n},{('Lift', 'lift ', 'water', 'LIFT')[n % 4]}" for n in range(48)]
    path.write_text("\n".join(["text,label", *lines]))
    stored = _added(stores, path)
    made = new_version(stores.datasets, stored, Changes(fixes=("label-spelling",)))
    assert made.report is not None
    assert len(made.report["classes"]) == 2
    again = new_version(stores.datasets, made, Changes(drop={1}))
    assert again.options.fixes == ("label-spelling",)


def test_texts_are_cleaned(stores: "Stores", tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    lines = [f"my <b>card</b> {n}<br/>,{'ab'[n % 2]}" for n in range(40)]
    path.write_text("\n".join(["text,label", *lines, "plain,a", "\u200bhidden ,b"]))
    stored = _added(stores, path)
    made = new_version(stores.datasets, stored, Changes(clean=range(1, 43)))
    assert made.origin["change"]["note"] == "Cleaned 41 rows"
    texts = _table(stores, made)["text"].to_pylist()
    assert (texts[0], texts[-2:]) == ("my card 0", ["plain", "hidden"])


def test_rejected_lines_are_named(stores: "Stores", tmp_path: Path) -> None:
    """They count as rows, so the rows after them keep their numbers in the check."""
    path = tmp_path / "data.csv"
    lines = [f"text {n},{'ab'[n % 2]}" for n in range(42)]
    lines[3] = "one,two,three,four"
    path.write_text("\n".join(["text,label", *lines]))
    stored = _added(stores, path)
    made = new_version(stores.datasets, stored, Changes(relabel={6: "c"}))
    table = _table(stores, made)
    assert table["label"][4].as_py() == "c"
    assert table["text"][4].as_py() == "text 5"
    assert "1 line that could not be read left out" in made.origin["change"]["note"]


def test_a_search_collection_is_refused(stores: "Stores", tmp_path: Path) -> None:
    folder = tmp_path / "beir"
    (folder / "qrels").mkdir(parents=True)
    rows = [{"_id": str(n), "text": f"text {n}"} for n in range(40)]
    for name in ("corpus", "queries"):
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    judged = "\n".join(f"{n}\t{n}\t1" for n in range(40))
    (folder / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\n{judged}")
    stored = _added(
        stores, Path(shutil.make_archive(str(tmp_path / "zip" / "beir"), "zip", folder))
    )
    assert stored.kind == "retrieval"
    with pytest.raises(DataError, match="search collection"):
        new_version(stores.datasets, stored, Changes(drop={1}))


def test_a_hundred_thousand_rows(stores: "Stores", tmp_path: Path) -> None:
    """A press of a button on a large file must not take long; what is read stays equal."""
    table = pa.table(
        {
            "text": [f"text {number}, of many" for number in range(100_000)],
            "label": [str(number % 7) for number in range(100_000)],
        }
    )
    rows = dict.fromkeys(range(1, 100001, 3), "new")
    changed = changed_rows(read(table), RowChanges(relabel=rows, drop=range(3, 50_000, 3)))
    assert (changed.relabelled, changed.dropped) == (33_334, 16_666)
    assert changed.table["label"].to_pylist().count("new") == 33_334
