"""Rejected records are reported by line, and the other rows keep their numbers."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.data.reading.read import read


def write(path: Path, content: str) -> Path:
    path.write_bytes(content.encode())
    return path


def test_rejected_lines_are_reported_and_the_rest_is_used(tmp_path: Path) -> None:
    """Each rejected line has a line number and a reason; other rows keep their numbers."""
    text = 'text,label\n"a\nb",x\n\nlonely\nd,e\nf,g,h\n"i, j",k\n'
    loaded = read(write(tmp_path / "ragged.csv", text))
    assert [(rejected.line, rejected.reason) for rejected in loaded.rejected] == [
        (5, "1 column instead of 2"),
        (7, "3 columns instead of 2; put quotes around texts that contain ','"),
    ]
    assert [tuple(row.values()) for row in loaded.table.to_pylist()] == [
        ("a\nb", "x"),
        ("d", "e"),
        ("i, j", "k"),
    ]
    assert loaded.rows.tolist() == [1, 3, 5]


@pytest.mark.parametrize(
    ("text", "kept", "numbers", "lines"),
    [
        ('text,label\na,b\n"c,d\nd,e\nf,g\n', ["a", "d", "f"], [1, 3, 4], [3]),
        ('text,label\na,b\n"c,d\nd,e\n"f, g",h\ni,j\n', ["a", "d", "f, g", "i"], [1, 3, 4, 5], [3]),
        ('text,label\n"c,d\nd,e\n"f,g\nh,i\nj,k\n', ["d", "h", "j"], [2, 4, 5], [2, 4]),
    ],
)
def test_an_unclosed_quote_only_costs_its_own_line(
    tmp_path: Path, text: str, kept: list[str], numbers: list[int], lines: list[int]
) -> None:
    """An unclosed quote does not absorb other rows."""
    loaded = read(write(tmp_path / "quote.csv", text))
    assert loaded.table["text"].to_pylist() == kept
    assert loaded.rows.tolist() == numbers
    assert [rejected.line for rejected in loaded.rejected] == lines
    assert all("quote" in rejected.reason for rejected in loaded.rejected)


def test_an_unclosed_quote_in_a_large_file_only_costs_its_own_line(tmp_path: Path) -> None:
    """Even if the rest of the file exceeds the maximum record length."""
    text = "text,label\n" + "some text,lab\n" * 9 + '"open,lab\n' + "more text,lab\n" * 200_000
    loaded = read(write(tmp_path / "large.csv", text))
    assert loaded.table.num_rows == 200_009
    assert [rejected.line for rejected in loaded.rejected] == [11]
    assert loaded.rows[[8, 9, -1]].tolist() == [9, 11, 200_010]


scraps = st.lists(
    st.sampled_from(["a", "b c", '"', ",", "\n", '""', "\r\n", " ", "x y z,lab\n", '"q, r",s\n']),
    min_size=1,
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(scraps=scraps)
def test_rows_and_rejected_lines_account_for_every_record(
    tmp_path_factory: pytest.TempPathFactory, scraps: list[str]
) -> None:
    """In any broken file, row numbers increase and every record is a row or rejected."""
    text = "text,label\nfirst,row\n" + "".join(scraps)
    loaded = read(write(tmp_path_factory.mktemp("scraps") / "scraps.csv", text))
    numbers = loaded.rows.tolist()
    assert len(numbers) == loaded.table.num_rows
    assert numbers == sorted(set(numbers))
    assert numbers[-1] <= len(numbers) + len(loaded.rejected)
    lines = text.replace("\r\n", "\n").count("\n") + 1
    assert all(1 < rejected.line <= lines for rejected in loaded.rejected)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("blank", [0, 1, 2])
def test_row_numbers_agree_with_a_naive_count(tmp_path: Path, ending: str, blank: int) -> None:
    """In a large file with broken records, blank lines and multi-line texts."""
    whole, broken, parts, line = [], [], ["text,label"], 2
    for number in range(1, 20_001):
        line += blank if number % 50 == 0 else 0
        record = f'"text {number}\n\nmore",c{number % 9}'
        if number % 500 == 77:
            record = ("lonely", "a,b,c", "x", '"a"b,c')[number // 500 % 4]
            broken.append(line)
        else:
            whole.append(number)
        line += 1 + record.count("\n")
        parts.append((ending * blank if number % 50 == 0 else "") + record)
    loaded = read(write(tmp_path / "large.csv", ending.join(parts)))
    assert loaded.rows.tolist() == whole
    assert [rejected.line for rejected in loaded.rejected] == broken


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_an_unclosed_quote_before_a_cell_of_several_lines(tmp_path: Path, ending: str) -> None:
    """Only its own line is rejected, and every other row keeps its number."""
    rows = [
        "text;label",
        "a;x",
        "b;x",
        '"never closed;x',
        "c;y",
        '"two',
        'lines, here";y',
        "d;x",
        "",
    ]
    loaded = read(write(tmp_path / "quote.csv", ending.join(rows)))
    assert [rejected.line for rejected in loaded.rejected] == [4]
    assert loaded.rows.tolist() == [1, 2, 4, 5, 6]
    assert [text.split() for text in loaded.table["text"].to_pylist()] == [
        ["a"], ["b"], ["c"], ["two", "lines,", "here"], ["d"],
    ]  # fmt: skip
