"""Output for terminals, pipes and JSON."""

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

from tests.error_fields import about
from tunesmith.bulk.writers import output_path, writing
from tunesmith.cli.arguments.options import role_names
from tunesmith.cli.render.output import Output, TableColumn
from tunesmith.errors import OutputError, UsageError
from tunesmith.results.finding import Severity
from tunesmith.results.to_json import plain
from tunesmith.wording import size

BATCH: dict[str, Any] = {
    "row": np.array([1, 2]),
    "text": ["[red]a[/red], b", 'two\nlines "quoted"'],
    "vector": np.array([[0.1, 0.2], [0.3, 0.4]], dtype=np.float32),
}


def terminal_output(width: int = 60) -> Output:
    """An output that renders for a terminal."""
    output = Output()
    output.console = Console(file=io.StringIO(), force_terminal=True, width=width)
    return output


def rendered(output: Output) -> str:
    assert isinstance(output.console.file, io.StringIO)
    return output.console.file.getvalue()


def test_a_pipe_gets_plain_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """No boxes, trailing spaces or truncation; numbers are right-aligned."""
    long = "a" * 300
    rows = [["one", "1"], [long, "1,000"]]
    Output().table([TableColumn("text", fold=True), TableColumn("n", right=True)], rows)
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == f"{long}  1,000"
    assert lines[1] == "one" + " " * 303 + "1"


def test_markup_in_texts_is_not_interpreted(capsys: pytest.CaptureFixture[str]) -> None:
    """Square brackets are written as they are, everywhere."""
    text = "[bold]not[/bold] [/x] :smile: [link=http://x]y"
    for output in (Output(), terminal_output(120)):
        output.line(text)
        output.item("a ", text)
        output.table([TableColumn("[b]")], [[text]])
        output.panel("[red]", [text], style="red")
        output.heading(text)
    assert capsys.readouterr().out.count(text) == 5
    assert rendered(output).count(text) == 5


def test_bars_are_for_terminals_only() -> None:
    """In a terminal a bar shows its share in eighths; in a pipe it is empty."""
    output = terminal_output()
    assert [output.bar(share, 2).plain for share in (0, 0.25, 0.5, 1, 7, -1)] == [
        "", "▌", "█", "██", "██", "",
    ]  # fmt: skip
    assert Output().bar(0.5).plain == ""
    assert output.bar(float("nan")).plain == ""


@dataclass(frozen=True)
class Result:
    """A sample dataclass."""

    path: Path
    score: float


def test_results_become_json() -> None:
    """Arrays, enums, paths and dataclasses are converted; NaN and infinity become null."""
    value = {
        "result": Result(Path("a") / "b", float("inf")),
        "severity": Severity.NOTE,
        "array": np.array([0.1, np.nan], dtype=np.float32),
        "numbers": (np.float64(0.5), np.int64(3), True, None),
    }
    assert json.loads(json.dumps(plain(value), allow_nan=False)) == {
        "result": {"path": "a/b", "score": None},
        "severity": "note",
        "array": [0.1, None],
        "numbers": [0.5, 3, True, None],
    }


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=5))
def test_json_vectors_are_exact(numbers: list[float]) -> None:
    """A float32 survives the round trip through JSON."""
    vector = np.array(numbers, dtype=np.float32)
    again = np.array(json.loads(json.dumps(plain(vector))), dtype=np.float32)
    assert np.array_equal(again, vector)


def test_sizes_have_units() -> None:
    """Units are powers of ten, as in file managers."""
    assert [size(value) for value in (0, 999, 1000, 90_868_376, 4 * 2**30)] == [
        "0 B", "999 B", "1 kB", "91 MB", "4.3 GB",
    ]  # fmt: skip


def test_every_format_holds_the_same_rows(tmp_path: Path) -> None:
    """Two batches of two rows give four rows in every format."""
    for suffix in (".parquet", ".npy", ".jsonl", ".csv"):
        batch = {name: BATCH[name] for name in BATCH if suffix != ".csv" or name != "vector"}
        with writing(tmp_path / f"out{suffix}") as writer:
            writer.write(batch)
            writer.write(batch)
    table = pq.read_table(tmp_path / "out.parquet")
    assert table["row"].to_pylist() == [1, 2, 1, 2]
    assert str(table.schema.field("vector").type) == "list<element: float>"
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
def test_no_partial_file_is_left(tmp_path: Path, failure: type[BaseException]) -> None:
    """After a failure the old file is unchanged and no other file exists."""
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


def test_the_output_path_is_checked(tmp_path: Path) -> None:
    """Unknown extensions, the input file and missing folders are rejected."""
    source = tmp_path / "in.csv"
    source.touch()
    with pytest.raises(UsageError, match=r"\.csv or \.npy"):
        output_path("out.xlsx", (".csv", ".npy"), source=None)
    with pytest.raises(UsageError, match=r"in\.csv"):
        output_path(str(source), (".csv",), source=source)
    with pytest.raises(OutputError, match="folder"), writing(tmp_path / "x" / "a.csv"):
        pass


def test_column_roles_are_parsed() -> None:
    """The form is text=query,label=intent; other values are rejected."""
    assert role_names(None) is None
    assert role_names("text=a b, label=c=d") == {"text": "a b", "label": "c=d"}
    for wrong in ("", "text", "text=", "=a", "text=a,text=b"):
        with pytest.raises(UsageError, check=about(option="columns")):
            role_names(wrong)
