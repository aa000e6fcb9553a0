"""What is written for people, for pipes and for machines."""

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tunesmith.bulk.writers import output_path, writing
from tunesmith.cli.arguments.options import role_names
from tunesmith.cli.render.output import Output, TableColumn
from tunesmith.errors import OutputError, UsageError
from tunesmith.results.summary import Severity
from tunesmith.results.to_json import plain
from tunesmith.wording import size

BATCH: dict[str, Any] = {
    "row": np.array([1, 2]),
    "text": ["[red]a[/red], b", 'two\nlines "quoted"'],
    "vector": np.array([[0.1, 0.2], [0.3, 0.4]], dtype=np.float32),
}


def in_a_terminal(width: int = 60) -> Output:
    """An output that believes a person is looking."""
    output = Output()
    output.console = Console(file=io.StringIO(), force_terminal=True, width=width)
    return output


def written(output: Output) -> str:
    assert isinstance(output.console.file, io.StringIO)
    return output.console.file.getvalue()


def test_a_pipe_gets_plain_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """No boxes, no trailing spaces, nothing cut, numbers on the right."""
    long = "a" * 300
    rows = [["one", "1"], [long, "1,000"]]
    Output().table([TableColumn("text", fold=True), TableColumn("n", right=True)], rows)
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == f"{long}  1,000"
    assert lines[1] == "one" + " " * 303 + "1"


def test_texts_are_never_taken_for_markup(capsys: pytest.CaptureFixture[str]) -> None:
    """Square brackets of the user's come out as they went in, everywhere."""
    text = "[bold]not[/bold] [/x] :smile: [link=http://x]y"
    for output in (Output(), in_a_terminal(120)):
        output.line(text)
        output.item("a ", text)
        output.table([TableColumn("[b]")], [[text]])
        output.panel("[red]", [text], style="red")
        output.heading(text)
    assert capsys.readouterr().out.count(text) == 5
    assert written(output).count(text) == 5


def test_bars_are_for_people() -> None:
    """In a terminal a bar is as long as its share, in eighths; in a pipe there is none."""
    output = in_a_terminal()
    assert [output.bar(share, 2).plain for share in (0, 0.25, 0.5, 1, 7, -1)] == [
        "", "▌", "█", "██", "██", "",
    ]  # fmt: skip
    assert Output().bar(0.5).plain == ""
    assert output.bar(float("nan")).plain == ""


@dataclass(frozen=True)
class Thing:
    """Something to write."""

    path: Path
    score: float


def test_anything_becomes_json() -> None:
    """Arrays, enumerations, paths, dataclasses, and no NaN, which JSON does not have."""
    value = {
        "thing": Thing(Path("a") / "b", float("inf")),
        "severity": Severity.NOTE,
        "array": np.array([0.1, np.nan], dtype=np.float32),
        "numbers": (np.float64(0.5), np.int64(3), True, None),
    }
    assert json.loads(json.dumps(plain(value), allow_nan=False)) == {
        "thing": {"path": "a/b", "score": None},
        "severity": "note",
        "array": [0.1, None],
        "numbers": [0.5, 3, True, None],
    }


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=5))
def test_written_vectors_are_exact(numbers: list[float]) -> None:
    """The short form of a 32-bit number is that number again."""
    vector = np.array(numbers, dtype=np.float32)
    again = np.array(json.loads(json.dumps(plain(vector))), dtype=np.float32)
    assert np.array_equal(again, vector)


def test_sizes_are_spoken() -> None:
    """In powers of ten, as file managers show them."""
    assert [size(value) for value in (0, 999, 1000, 90_868_376, 4 * 2**30)] == [
        "0 B", "999 B", "1 kB", "91 MB", "4.3 GB",
    ]  # fmt: skip


def test_every_form_holds_the_same_rows(tmp_path: Path) -> None:
    """Two batches written are four rows read, whatever the form."""
    for suffix in (".parquet", ".npy", ".jsonl", ".csv"):
        batch = {name: BATCH[name] for name in BATCH if suffix != ".csv" or name != "vector"}
        with writing(tmp_path / f"out{suffix}") as writer:
            writer.write(batch)
            writer.write(batch)
    table = pq.read_table(tmp_path / "out.parquet")
    assert table["row"].to_pylist() == [1, 2, 1, 2]
    assert str(table.schema.field("vector").type) == "fixed_size_list<element: float>[2]"
    matrix = np.load(tmp_path / "out.npy")
    assert matrix.dtype == np.float32
    assert np.array_equal(matrix, np.vstack([BATCH["vector"], BATCH["vector"]]))
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[3]) == {"row": 2, "text": BATCH["text"][1], "vector": [0.3, 0.4]}
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        assert [row["text"] for row in csv.DictReader(file)] == [*BATCH["text"], *BATCH["text"]]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "out.csv", "out.jsonl", "out.npy", "out.parquet",
    ]  # fmt: skip


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, OSError])
def test_nothing_half_written_is_left(tmp_path: Path, failure: type[BaseException]) -> None:
    """When the work ends early the old file is as it was, and no other is there."""
    path = tmp_path / "out.jsonl"
    path.write_text("old", encoding="utf-8")

    def fail_halfway() -> None:
        with writing(path) as writer:
            writer.write(BATCH)
            raise failure

    with pytest.raises((failure, OutputError)):
        fail_halfway()
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_way_out_is_checked_first(tmp_path: Path) -> None:
    """An ending nobody can write, the file that is read, a folder that is not there."""
    source = tmp_path / "in.csv"
    source.touch()
    with pytest.raises(UsageError, match=r"ends in \.csv or \.npy"):
        output_path("out.xlsx", (".csv", ".npy"), source=None)
    with pytest.raises(UsageError, match="is the file that is read"):
        output_path(str(source), (".csv",), source=source)
    with pytest.raises(OutputError, match="there is no folder"), writing(tmp_path / "x" / "a.csv"):
        pass


def test_roles_are_read_from_one_word() -> None:
    """As in text=query,label=intent; anything else is refused."""
    assert role_names(None) is None
    assert role_names("text=a b, label=c=d") == {"text": "a b", "label": "c=d"}
    for wrong in ("", "text", "text=", "=a", "text=a,text=b"):
        with pytest.raises(UsageError, match="is not of the form"):
            role_names(wrong)
