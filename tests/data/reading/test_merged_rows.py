"""Quotes that open in one row and close in another never merge rows in silence."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tunesmith
from tests.data.checks.checked import sentences
from tunesmith.data.loaded import Loaded
from tunesmith.data.reading.open_rows import open_rows
from tunesmith.data.reading.read import read
from tunesmith.errors import UnreadableFile

LABELS = ["a", "b", "c"]
Change = Callable[[str], str] | None


def opened(text: str) -> str:
    return f'"{text}'


def closed(text: str) -> str:
    return f'{text} 5"'


def enclosed(text: str) -> str:
    return f'"{text}"'


def write(
    path: Path, delimiter: str, changes: Mapping[int, Change], *, label_first: bool = False
) -> Loaded:
    """Write 48 rows, some of them changed, and read them."""
    lines = ["label" + delimiter + "text" if label_first else "text" + delimiter + "label"]
    for row, text in enumerate(sentences(48)):
        change = changes.get(row)
        cells = [change(text) if change else text, LABELS[row % 3]]
        lines.append(delimiter.join(reversed(cells) if label_first else cells))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read(path)


@pytest.mark.parametrize("label_first", [False, True])
@pytest.mark.parametrize("end", [21, 22])
@pytest.mark.parametrize("delimiter", ["\t", ",", ";", "|"])
@pytest.mark.parametrize("others", [[], [0], [0, 1, 2, 40]])
def test_no_row_is_merged(
    others: list[int], delimiter: str, end: int, label_first: bool, tmp_path: Path
) -> None:
    """Each row is read, or its line is named; texts have no line of another row in them."""
    changes: dict[int, Change] = {20: opened, end: closed, **dict.fromkeys(others, enclosed)}
    loaded = write(tmp_path / "a.txt", delimiter, changes, label_first=label_first)
    texts = loaded.table["text"].to_pylist()
    assert not any("\n" in text for text in texts)
    assert len(texts) + len(loaded.rejected) == 48
    lines = [each.line for each in loaded.rejected]
    assert lines in ([], [22])
    if delimiter == "\t" and not others:
        assert "quotes treated as ordinary characters" in loaded.notes
    if lines:
        with pytest.raises(UnreadableFile, match="22"):
            open_rows(tmp_path / "a.txt", tmp_path)


@pytest.mark.parametrize("delimiter", ["\t", ",", ";", "|"])
@pytest.mark.parametrize(
    "text", ["Dear all,\nI wait", "one; two\nthree", "a | b\nc", "first\n\nlast", "x,\ny,\nz"]
)
def test_cells_of_several_lines_stay_whole(text: str, delimiter: str, tmp_path: Path) -> None:
    """Line breaks within quotes are part of a text, also next to commas."""
    loaded = write(tmp_path / "a.csv", delimiter, {20: lambda _: f'"{text}"'})
    assert loaded.table["text"].to_pylist()[20] == text
    assert not loaded.rejected


@given(st.lists(st.sampled_from([None, opened, closed, enclosed]), min_size=48, max_size=48))
def test_any_quotes(tmp_path_factory: pytest.TempPathFactory, changes: list[Change]) -> None:
    """Whatever the order of quotes, a file with tabs has all rows or names the lines."""
    path = tmp_path_factory.mktemp("quotes") / "a.tsv"
    loaded = write(path, "\t", dict(enumerate(changes)))
    texts = loaded.table["text"].to_pylist()
    assert not any("\n" in text for text in texts)
    assert len(texts) == 48 or loaded.rejected


def test_the_finding_names_the_line(tmp_path: Path) -> None:
    """The check reports it as any other line that cannot be read."""
    write(tmp_path / "a.csv", ",", {20: opened, 21: closed})
    found = {each.code: each for each in tunesmith.read(tmp_path / "a.csv").findings}
    assert "line 22: an opening quote is not closed" in found["rejected-line"].message
