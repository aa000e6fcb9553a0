"""Errors are data: code, message, hint and place, the same for a terminal, JSON and a page."""

import ast
import json
import pickle
import re
from collections.abc import Iterator
from inspect import getmembers, isclass
from pathlib import Path

import numpy as np
import pytest

from tunesmith import errors, read
from tunesmith.data.checks.check import raise_on_errors
from tunesmith.errors import DataError, FaultyRows, OutputError, TunesmithError, UnreadableFile

SOURCE = Path(__file__).resolve().parent.parent / "src" / "tunesmith"
KINDS = [
    kind
    for _, kind in getmembers(errors, isclass)
    if issubclass(kind, TunesmithError) and kind.__module__ == errors.__name__
]
# What a report shows of the command line, and options of other programs.
NOT_MESSAGES = {"snippets.py", "bundled.py"}
FLAG = re.compile(r"(?<![-\w])--[a-z]")
LIBRARY = [
    path
    for path in sorted(SOURCE.rglob("*.py"))
    if "cli" not in path.parts and path.name not in NOT_MESSAGES
]


def test_each_kind_has_a_code_of_its_own() -> None:
    """The codes are part of the interface: a client may compare them."""
    codes = [kind.code for kind in KINDS]
    assert len(set(codes)) == len(codes)
    assert {"budget-exhausted", "training-failed", "missing-extra", "hub-unavailable"} <= {*codes}
    assert "cancelled" in codes


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_survives_pickling(kind: type[TunesmithError]) -> None:
    """A worker process raises the same error in its parent."""
    error = kind("row 3 of a.csv has no label", hint="fill it in", file="a.csv", row=3)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert (str(again), again.to_dict()) == (str(error), error.to_dict())
    assert str(error) == "row 3 of a.csv has no label: fill it in"


def test_a_row_from_an_array_can_be_written_as_json() -> None:
    """Row numbers are often taken from a column of NumPy integers."""
    error = DataError("row 3 has no score", row=np.arange(4)[3])
    assert json.loads(json.dumps(error.to_dict()))["row"] == 3


def test_only_what_is_known_is_in_the_dictionary() -> None:
    """Empty fields are left out."""
    assert OutputError("no space left").to_dict() == {"code": "output", "message": "no space left"}


def test_a_faulty_file_is_reported_with_its_findings(tmp_path: Path) -> None:
    """The error can be written as JSON, with the rows and the remedy of each finding."""
    path = tmp_path / "tickets.csv"
    rows = "".join(f"a text number {number},{'ab'[number % 2]}\n" for number in range(60))
    path.write_text(f"text,label\n{rows},a\n", "utf-8")
    with pytest.raises(FaultyRows) as caught:
        raise_on_errors(read(path, strict=True).findings, path.name)
    found = json.loads(json.dumps(caught.value.to_dict()))
    assert (found["code"], found["file"]) == ("faulty-rows", "tickets.csv")
    assert [(each["code"], each["rows"]) for each in found["findings"]] == [("empty-text", [61])]


def test_a_line_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """File and line are fields, not only words."""
    (tmp_path / "a.jsonl").write_text('{"text": 1\n', "utf-8")
    with pytest.raises(UnreadableFile) as caught:
        read(tmp_path / "a.jsonl")
    assert (caught.value.file, caught.value.line) == ("a.jsonl", 1)
    with pytest.raises(DataError) as missing:
        read(tmp_path / "b.csv")
    assert missing.value.file == "b.csv"


def _strings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_no_text_of_the_library_names_a_flag(path: Path) -> None:
    """A notebook, a page and a server have no command line."""
    texts = _strings(ast.parse(path.read_text("utf-8")))
    assert not [text for text in texts if FLAG.search(text)]
