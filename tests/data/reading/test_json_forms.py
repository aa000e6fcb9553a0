"""JSON rows as arrays, and the objects of columns and rows that pandas writes."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.error_fields import about
from tunesmith.data.reading.read import read
from tunesmith.errors import UnreadableFile

FRAME = pd.DataFrame(
    {"text": ["the lift is broken", "water drips", "it is cold"], "label": ["lift", "water", None]},
    index=["r7", "r3", "r5"],
)

TEXTS = [f"the lift number {row} is stuck" for row in range(6)]
LABELS = ["lift", "water"] * 3


def write(path: Path, value: object, *, lines: bool = False) -> Path:
    rows = value if lines and isinstance(value, list) else [value]
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n")
    return path


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.txt"])
@pytest.mark.parametrize("script", ["what is lift {0}?", "电梯在哪里{0}？", "где лифт {0}?"])
@pytest.mark.parametrize("width", [2, 3])
def test_arrays_of_texts_are_rows(tmp_path: Path, name: str, script: str, width: int) -> None:
    """Two texts are two columns; three are a triplet, which the columns name."""
    rows = [[f"{script.format(row)} {part}" for part in "abc"[:width]] for row in range(6)]
    loaded = read(write(tmp_path / name, rows, lines=name != "a.json"))
    names = ["anchor", "positive", "negative"] if width == 3 else ["column1", "column2"]
    assert loaded.table.column_names == names
    assert [list(row.values()) for row in loaded.table.to_pylist()] == rows
    assert any("arrays read as" in note for note in loaded.notes)


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.tsv", "a.tab", "a.text"])
@pytest.mark.parametrize("indent", [None, 0, 2])
@pytest.mark.parametrize("names", [("text", "label"), ("Frage", "Thema"), ("句子", "标签")])
@pytest.mark.parametrize("orient", ["records", "list", "split"])
def test_json_under_another_name(
    name: str, indent: int | None, names: tuple[str, str], orient: Any, tmp_path: Path
) -> None:
    """It is read as JSON, with a note, in one line or in many."""
    frame = pd.DataFrame(dict(zip(names, (TEXTS, LABELS), strict=True)))
    content = json.dumps(frame.to_dict(orient), indent=indent, ensure_ascii=False)
    (tmp_path / name).write_text(content, encoding="utf-8")
    loaded = read(tmp_path / name)
    assert loaded.table.to_pydict() == frame.to_dict("list")
    assert "read as JSON, despite the name of the file" in loaded.notes


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.tsv"])
@pytest.mark.parametrize("before", ["[\n", "[{\n", '[{"text": "a", "label": "b"},\n'])
def test_broken_json_under_another_name_is_refused(name: str, before: str, tmp_path: Path) -> None:
    """Its lines are no texts; the message has the line."""
    (tmp_path / name).write_text(before + '{"text": "c" "label": "d"}\n]\n', encoding="utf-8")
    with pytest.raises(UnreadableFile, match=r"line \d of .* is not valid JSON|none of the"):
        read(tmp_path / name)


@pytest.mark.parametrize("name", ["a.txt", "a.tsv", "a.csv"])
@pytest.mark.parametrize("first", ["[1] see below", "[music]", "{lift} is on", "[[lift]]", "[1]"])
def test_texts_that_begin_with_a_bracket_are_texts(name: str, first: str, tmp_path: Path) -> None:
    """Only what JSON allows is JSON."""
    lines = [first, *TEXTS]
    (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    loaded = read(tmp_path / name)
    read_lines = [*loaded.table.column_names, *loaded.table.columns[0].to_pylist()]
    assert read_lines[-len(lines) :] == lines


def test_training_data_of_rasa_is_refused_by_name(tmp_path: Path) -> None:
    """The advice is to save its examples, which are then read."""
    examples = [{"text": text, "intent": label} for text, label in zip(TEXTS, LABELS, strict=True)]
    whole = {"rasa_nlu_data": {"common_examples": examples, "regex_features": []}}
    with pytest.raises(UnreadableFile, match="training data of Rasa"):
        read(write(tmp_path / "nlu.json", whole))
    assert read(write(tmp_path / "nlu.json", examples)).table["text"].to_pylist() == TEXTS


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ([["a b", "c d", 0.5], ["e f", "g h", 1]], ["column1", "column2", "column3"]),
        (
            [[f"a {row}", f"b {row}", "neutral"] for row in range(5)],
            ["column1", "column2", "column3"],
        ),
        ([["text", "label"], ["a b", "x"], ["c d", "y"]], ["text", "label"]),
    ],
)
def test_arrays_of_other_values_are_rows(
    tmp_path: Path, rows: list[list[Any]], names: list[str]
) -> None:
    """Scores and labels that repeat are no negatives; known names are a header."""
    loaded = read(write(tmp_path / "rows.jsonl", rows, lines=True))
    assert loaded.table.column_names == names
    assert loaded.rows.tolist() == list(range(1, len(loaded.table) + 1))
    assert len(loaded.table) == len(rows) - loaded.has_header


def test_arrays_of_another_length_are_rejected(tmp_path: Path) -> None:
    """So are objects among arrays, and lists within them."""
    rows = [["a", "b"], ["c", "d", "e"], {"text": "f"}, ["g", ["h"]], ["i", "j"]]
    loaded = read(write(tmp_path / "uneven.jsonl", rows, lines=True))
    assert [rejected.line for rejected in loaded.rejected] == [2, 3, 4]
    assert loaded.rows.tolist() == [1, 5]


@pytest.mark.parametrize("orient", ["columns", "index", "records", "split", "table", "values"])
def test_all_orients_of_pandas_give_the_same_rows(tmp_path: Path, orient: Any) -> None:
    """Rows are in the order of the frame, and missing values are null."""
    path = tmp_path / "frame.json"
    FRAME.to_json(path, orient=orient)
    table = read(path).table
    assert [row[-2:] for row in map(list, map(dict.values, table.to_pylist()))] == [
        ["the lift is broken", "lift"],
        ["water drips", "water"],
        ["it is cold", None],
    ]


@pytest.mark.parametrize("keys", [("0", "1", "2"), ("10", "9", "8"), ("a", "b", "c")])
def test_columns_are_matched_by_key(tmp_path: Path, keys: tuple[str, str, str]) -> None:
    """Whatever the order of the keys; a key that a column lacks is missing there."""
    first, second, third = keys
    columns = {
        "text": {first: "one", second: "two", third: "three"},
        "label": {third: "c", first: "a"},
    }
    assert read(write(tmp_path / "keyed.json", columns)).table.to_pydict() == {
        "text": ["one", "two", "three"],
        "label": ["a", None, "c"],
    }


def test_unclear_keys_are_refused(tmp_path: Path) -> None:
    """Neither the outer nor the inner keys are known names or numbers."""
    path = write(tmp_path / "unclear.json", {"foo": {"k": "1 2", "m": "3"}, "bar": {"k": "4"}})
    with pytest.raises(UnreadableFile, check=about(file="unclear.json")) as caught:
        read(path)
    assert "orient='records'" in caught.value.hint


@pytest.mark.parametrize("suffix", [".jsonl", ".json"])
def test_the_first_array_has_names_if_one_is_known(tmp_path: Path, suffix: str) -> None:
    """Other columns may have any names, and any values."""
    names = ["uid", "text", "created", "note"]
    rows = [[row + 7, f"the lift stands {row}", "2024-03-01", None] for row in range(9)]
    lines = [json.dumps(each) for each in [names, *rows]]
    path = tmp_path / f"arrays{suffix}"
    path.write_text("\n".join(lines) if suffix == ".jsonl" else f"[{','.join(lines)}]")
    loaded = read(path)
    assert loaded.table.column_names == names
    assert loaded.rows.tolist() == list(range(1, 10))


def test_a_broken_byte_costs_one_array(tmp_path: Path) -> None:
    """Lines of arrays begin like a JSON document."""
    lines = [json.dumps([f"text {row}", "ab"[row % 2]]).encode() for row in range(9)]
    lines[4] = lines[4].replace(b"text", b"te\xffxt\xc3\xa9")
    path = tmp_path / "arrays.jsonl"
    path.write_bytes(b"\n".join(lines))
    loaded = read(path)
    assert [rejected.line for rejected in loaded.rejected] == [5]
    assert loaded.table.num_rows == 8


@pytest.mark.parametrize("key", ["results", "hits", "tickets"])
@pytest.mark.parametrize(
    "beside", [{"status": "ok"}, {"type": "list", "next": None}, {"meta": {"a": 1}}]
)
def test_the_response_of_a_service_is_its_list_of_rows(
    tmp_path: Path, key: str, beside: dict[str, Any]
) -> None:
    """What is around the rows is left out, with a note."""
    rows = FRAME.to_dict("records")
    loaded = read(write(tmp_path / "a.json", {**beside, key: rows}))
    assert loaded.table["text"].to_pylist() == FRAME["text"].tolist()
    assert loaded.notes == (f"the rows are read from {key!r}, other fields are left out",)


def test_one_row_with_a_list_stays_a_row(tmp_path: Path) -> None:
    """A text beside a list of objects is the text of the row."""
    row = {"text": "the lift is broken", "entities": [{"start": 4}, {"start": 9}]}
    assert read(write(tmp_path / "a.json", row)).table["text"].to_pylist() == [row["text"]]


def test_several_lists_of_rows_are_refused(tmp_path: Path) -> None:
    """Nothing says which one is meant."""
    rows = FRAME.to_dict("records")
    with pytest.raises(UnreadableFile, match="several lists of rows: 'may' and 'june'") as caught:
        read(write(tmp_path / "a.json", {"may": rows, "june": rows[:1]}))
    assert caught.value.hint == "save each list in a file of its own"
