"""The texts of any file are streamed in batches, with all rows in order."""

import csv
import gzip
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.bulk.stream import open_stream, stream_texts
from tunesmith.data.reading.read import read
from tunesmith.errors import DataError, UnknownKind, UnreadableFile, UsageError

TEXTS = ["my card is late", "where, oh where?", 'he said "no"', "", "two\nlines", "café 🙂 عربي"]


def streamed(path: Path, column: str | None = None, batch: int = 4) -> list[str]:
    """Return all texts, and check the batch sizes."""
    batches = list(stream_texts(path, column, batch))
    assert all(len(part) == batch for part in batches[:-1])
    return [text for part in batches for text in part]


def pairs(path: Path, columns: tuple[str, ...] | None) -> list[tuple[str, ...]]:
    """Return the two texts of all rows."""
    with open_stream(path, columns, roles=2) as stream:
        return [row[:2] for part in stream.batches for row in part]


def write_csv(path: Path, texts: Sequence[str], delimiter: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(["id", "text"])
        writer.writerows(enumerate(texts))
    return path


def write_json_lines(path: Path, texts: Sequence[str]) -> Path:
    lines = [json.dumps({"id": number, "text": text}) for number, text in enumerate(texts)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_parquet(path: Path, texts: Sequence[str | None]) -> Path:
    pq.write_table(pa.table({"id": list(range(len(texts))), "text": texts}), path)
    return path


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet", "a.json", "a.tsv"])
def test_every_format_gives_the_same_texts(tmp_path: Path, name: str) -> None:
    """All formats give the same texts; empty cells are empty texts."""
    path = tmp_path / name
    match path.suffix:
        case ".csv":
            write_csv(path, TEXTS)
        case ".tsv":
            write_csv(path, TEXTS, "\t")
        case ".jsonl":
            write_json_lines(path, TEXTS)
        case ".json":
            path.write_text(json.dumps([{"text": text} for text in TEXTS]), encoding="utf-8")
        case _:
            write_parquet(path, TEXTS)
    assert streamed(path, "text") == TEXTS


def test_gzip_byte_order_marks_and_old_encodings_are_read(tmp_path: Path) -> None:
    """A gzipped file, a byte-order mark, UTF-16, Latin-1 and CRLF."""
    lines = "text;tag\ncafé au lait, please;a\nnaïve question here;b\n"
    for name, content in {
        "a.csv.gz": gzip.compress(lines.encode()),
        "b.csv": b"\xef\xbb\xbf" + lines.encode(),
        "c.csv": lines.encode("utf-16"),
        "d.csv": lines.encode("latin-1"),
        "e.csv": lines.replace("\n", "\r\n").encode(),
    }.items():
        (tmp_path / name).write_bytes(content)
        expected = ["café au lait, please", "naïve question here"]
        assert streamed(tmp_path / name, "text") == expected, name


def test_lines_of_text_keep_their_numbers(tmp_path: Path) -> None:
    """A blank line is an empty text, so that vectors and lines correspond."""
    path = tmp_path / "a.txt"
    path.write_text("one, two\n\nthree\n", encoding="utf-8")
    assert streamed(path) == ["one, two", "", "three"]


@settings(max_examples=40, deadline=None)
@given(
    texts=st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0\r")), min_size=1, max_size=30
    ),
    batch_size=st.integers(1, 7),
)
def test_any_text_is_read_back(texts: list[str], batch_size: int) -> None:
    """Any text in JSON Lines or Parquet is read back in order; a blank one is missing."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_json_lines(Path(folder) / "a.jsonl", texts)
        expected = [text if text.strip() else "" for text in texts]
        assert streamed(path, "text", batch_size) == expected
        path = write_parquet(Path(folder) / "a.parquet", texts)
        assert streamed(path, "text", batch_size) == expected


@pytest.mark.parametrize("name", ["tickets.csv", "multilabel.jsonl"])
def test_streaming_agrees_with_reading_whole_files(examples: Path, name: str) -> None:
    """For the example files, both give the same rows and detect the same column."""
    path = examples / name
    table = read(path).table
    column = table.column_names[0]
    assert streamed(path, column) == [str(text) for text in table[column].to_pylist()]
    assert streamed(path) == streamed(path, column)


def test_pairs_are_streamed_together(examples: Path) -> None:
    """The two columns are detected, or specified in any order."""
    path = examples / "scored_pairs.csv"
    table = read(path).table
    first, second = table.column_names[:2]
    expected = list(zip(table[first].to_pylist(), table[second].to_pylist(), strict=True))
    assert pairs(path, None) == expected
    assert pairs(path, (second, first)) == [(right, left) for left, right in expected]


def test_an_unknown_column_is_reported_with_the_existing_ones(tmp_path: Path) -> None:
    """For each format."""
    for path in (
        write_csv(tmp_path / "a.csv", TEXTS),
        write_json_lines(tmp_path / "a.jsonl", TEXTS),
        write_parquet(tmp_path / "a.parquet", TEXTS),
    ):
        with pytest.raises(UsageError, match=f"{path.name} has no column 'body': it has id, text"):
            streamed(path, "body")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "id,text\n1,one\n2\n3,three\n", "line 3 of a.csv cannot be read: 1 column"),
        ("a.csv", 'id,text\n1,"one\n2,two\n', "line 2 of a.csv cannot be read: an opening quote"),
        ("a.jsonl", '{"text": "one"}\n{"text": \n', "line 2 of a.jsonl cannot be read: not valid"),
        ("a.jsonl", '{"text": "one"}\n["two"]\n', "line 2 of a.jsonl cannot be read: it is a list"),
        ("a.csv", "", "a.csv is empty"),
        ("a.csv", "id,text\n1,a\0b\n", "NUL byte"),
        ("a.parquet", "PAR1 and nothing else", "damaged Parquet"),
    ],
)
def test_a_broken_row_is_reported_and_not_skipped(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    """Skipping a row would silently shift all later vectors."""
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UnreadableFile, match=message):
        streamed(path, "text")


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    """The message contains its path."""
    with pytest.raises(UnreadableFile, match="there is no file"):
        streamed(tmp_path / "nowhere.csv")


def test_an_ambiguous_column_is_reported(tmp_path: Path) -> None:
    """Numbers are not texts, and one text column is not a pair."""
    numbers = tmp_path / "numbers.csv"
    numbers.write_text("a,b\n" + "1,2\n" * 50, encoding="utf-8")
    with pytest.raises((UnknownKind, DataError)):
        streamed(numbers)
    with pytest.raises(DataError, match="specify the two columns"):
        pairs(write_csv(tmp_path / "a.csv", TEXTS * 5), None)
