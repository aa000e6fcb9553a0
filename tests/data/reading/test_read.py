"""Any source is read into one Arrow table, and nothing is lost silently."""

import csv
import gzip
import io
import json
import subprocess
import sys
from pathlib import Path

import datasets
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tunesmith.data.reading.read import read

LABELLED = [("where is my card", "card"), ("refund me, please", "money"), ("it's late", "card")]


def rows(path: Path) -> list[tuple[object, ...]]:
    """Return the rows of a file as tuples."""
    return [tuple(row.values()) for row in read(path).table.to_pylist()]


def write(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def as_csv(records: list[tuple[str, str]], delimiter: str, ending: str = "\n") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=ending).writerows(records)
    return out.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_delimited_files_are_read_with_any_delimiter(
    tmp_path: Path, delimiter: str, ending: str
) -> None:
    """Comma, semicolon, tab and bar, with Unix and Windows line endings, give the same rows."""
    text = as_csv([("text", "label"), *LABELLED], delimiter, ending)
    loaded = read(write(tmp_path / "tickets.csv", text))
    assert loaded.table.column_names == ["text", "label"]
    assert [tuple(row.values()) for row in loaded.table.to_pylist()] == LABELLED
    assert loaded.rows.tolist() == [1, 2, 3]
    assert loaded.has_header
    assert not loaded.rejected


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "cp1252", "latin-1"])
def test_other_encodings_are_read_and_noted(tmp_path: Path, encoding: str) -> None:
    """Byte-order marks, UTF-16, UTF-32, cp1252 and Latin-1 are decoded and noted."""
    text = "text,label\ncafé crème à la carte,menu\nplus de thé,menu\n"
    path = write(tmp_path / "menu.csv", text, encoding)
    loaded = read(path)
    assert loaded.table.column_names == ["text", "label"]
    assert loaded.table["text"].to_pylist() == ["café crème à la carte", "plus de thé"]
    assert any("encoding" in note for note in loaded.notes)


def test_bytes_undefined_in_cp1252_are_read_as_latin_1(tmp_path: Path) -> None:
    """A file with bytes that cp1252 does not define is decoded as Latin-1."""
    loaded = read(write(tmp_path / "odd.csv", b"text,label\nca\x81f\xe9,menu\n"))
    assert loaded.table["text"].to_pylist() == ["ca\x81fé"]
    assert any("latin-1" in note for note in loaded.notes)


def test_a_few_broken_bytes_reject_their_lines_only(tmp_path: Path) -> None:
    """A UTF-8 file with one broken line keeps the other lines, including emoji."""
    content = "text,label\nschön 🎉,a\n".encode() + b"bro\xffken,b\n" + "שלום עולם,a\n".encode()
    loaded = read(write(tmp_path / "mostly.csv", content))
    assert loaded.table["text"].to_pylist() == ["schön 🎉", "שלום עולם"]
    assert [rejected.line for rejected in loaded.rejected] == [3]
    assert "UTF-8" in loaded.rejected[0].reason
    assert loaded.rows.tolist() == [1, 3]


def test_cells_are_unchanged(tmp_path: Path) -> None:
    """Leading zeros, NaN, NULL, dates and spaces are kept as text; empty cells are null."""
    text = "text,label\n007,NaN\nNULL,2024-01-02\n  x ,NA\n,\n"
    assert rows(write(tmp_path / "cells.csv", text)) == [
        ("007", "NaN"),
        ("NULL", "2024-01-02"),
        ("  x ", "NA"),
        (None, None),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "A plane is taking off.,An air plane is taking off.,5.0\nA man sings.,A dog barks.,0.4\n",
        "my card has not arrived yet,card\nwhere is it,card\nI want money back,refund\n",
        "please tell me where my card is,card\nplease send my money back to me,refund\n",
    ],
)
def test_a_missing_header_is_detected(tmp_path: Path, text: str) -> None:
    """Numbers, repeated labels and sentences in the first row are data, not names."""
    loaded = read(write(tmp_path / "bare.csv", text))
    assert not loaded.has_header
    assert loaded.table.column_names[0] == "column1"
    assert loaded.table.num_rows == text.count("\n")
    assert any("no header" in note for note in loaded.notes)


@pytest.mark.parametrize(
    "header", ["text,label", "Customer Review,Sentiment", "foo,bar", ",text,label", "0,1"]
)
def test_a_header_is_detected(tmp_path: Path, header: str) -> None:
    """Known names, short unknown names, and the headers that pandas writes are names."""
    width = header.count(",") + 1
    body = "".join(
        ",".join([str(row), f"the card number {row} has not come", f"c{row % 2}"][-width:]) + "\n"
        for row in range(6)
    )
    loaded = read(write(tmp_path / "named.csv", f"{header}\n{body}"))
    assert loaded.has_header
    assert loaded.table.num_rows == 6
    expected = [name or "column1" for name in header.split(",")]
    assert loaded.table.column_names == expected


def test_numbers_and_dates_below_indicate_a_header(tmp_path: Path) -> None:
    """Long questions of a form are names if one of the columns has numbers or dates."""
    text = "Timestamp,Please describe your issue\n2024-01-01 10:00,My card does not work\n"
    loaded = read(write(tmp_path / "form.csv", text + "2024-01-02 11:00,I want my money back\n"))
    assert loaded.table.column_names == ["Timestamp", "Please describe your issue"]


def test_one_column_needs_no_delimiter(tmp_path: Path) -> None:
    """In a file with one column, commas are part of the texts."""
    path = write(tmp_path / "one.csv", "text\nhello, you\ngood, bad, ugly\nd\n")
    assert rows(path) == [("hello, you",), ("good, bad, ugly",), ("d",)]


def test_mixed_line_endings_are_read(tmp_path: Path) -> None:
    """Windows, Unix and old Macintosh line endings may occur in the same file."""
    text = 'text,label\r\na,b\nc,d\r\n"e, f",g\rh,i\n'
    loaded = read(write(tmp_path / "mixed.csv", text))
    assert loaded.table["text"].to_pylist() == ["a", "c", "e, f", "h"]
    assert any("line endings" in note for note in loaded.notes)


def test_quotes_within_tab_separated_cells_are_ordinary_characters(tmp_path: Path) -> None:
    """A TSV cell that begins with a quotation does not cost a row."""
    text = 'text\tlabel\n"Hello" she said\tgreeting\nbye\tgreeting\n'
    assert rows(write(tmp_path / "said.tsv", text))[0] == ('"Hello" she said', "greeting")


plain = st.text(
    st.characters(exclude_characters="\0\x1f", codec="utf-8"), min_size=1, max_size=30
).filter(lambda text: text.strip() != "")


@settings(max_examples=60, deadline=None)
@given(
    records=st.lists(st.tuples(plain, plain), min_size=1, max_size=12),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    ending=st.sampled_from(["\n", "\r\n"]),
)
def test_files_written_by_the_csv_module_are_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    records: list[tuple[str, str]],
    delimiter: str,
    quoting: int,
    ending: str,
) -> None:
    """Any texts and labels are unchanged, including line breaks and quotes."""
    # Python's csv module does not quote a lone carriage return if lines end otherwise.
    assume(
        quoting == csv.QUOTE_ALL
        or ending == "\r\n"
        or not any("\r" in cell for record in records for cell in record)
    )
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=ending)  # type: ignore[arg-type]  # given by name
    writer.writerows([("text", "label"), *records])
    path = write(tmp_path_factory.mktemp("law") / "law.csv", out.getvalue())
    loaded = read(path)
    assert [tuple(row.values()) for row in loaded.table.to_pylist()] == records
    assert loaded.rows.tolist() == list(range(1, len(records) + 1))


def test_raw_text_has_one_row_per_line(tmp_path: Path) -> None:
    """Each line of a text file is a row with its line number; blank lines are skipped."""
    loaded = read(write(tmp_path / "texts.txt", "first, with comma\n\nsecond\r\nthird"))
    assert loaded.table.to_pydict() == {"text": ["first, with comma", "second", "third"]}
    assert loaded.rows.tolist() == [1, 3, 4]
    assert any("blank" in note for note in loaded.notes)


def test_json_lines_keep_types_and_reject_bad_lines(tmp_path: Path) -> None:
    """Bad lines are rejected by line number; texts that look like dates stay texts."""
    lines = [
        '{"text": "2024-01-02", "label": "a"}',
        '{"text": "broken", ',
        "",
        '{"text": "002", "cats": {"x": 1, "y": null}}',
        "[1, 2]",
        '{"text": "half \\ud800"}',
        '{"text": "🎉 \\ud83d\\ude00"}',
    ]
    loaded = read(write(tmp_path / "some.jsonl", "\n".join(lines)))
    assert loaded.table["text"].to_pylist() == ["2024-01-02", "002", "🎉 😀"]
    assert loaded.table["label"].to_pylist() == ["a", None, None]
    assert loaded.table["cats"].to_pylist() == [None, [("x", 1.0)], None]
    assert [rejected.line for rejected in loaded.rejected] == [2, 5, 6]
    assert loaded.rows.tolist() == [1, 3, 6]


@pytest.mark.parametrize(
    "document",
    [
        [{"text": "a", "label": "x"}, {"text": "b", "label": "y"}],
        {"text": ["a", "b"], "label": ["x", "y"]},
        {"text": {"0": "a", "1": "b"}, "label": {"0": "x", "1": "y"}},
        {"data": [{"text": "a", "label": "x"}, {"text": "b", "label": "y"}]},
    ],
)
def test_json_may_hold_rows_or_columns(tmp_path: Path, document: object) -> None:
    """A list of objects, an object of columns, and the output of pandas give the same table."""
    path = write(tmp_path / "data.json", json.dumps(document, indent=2))
    assert read(path).table.to_pydict() == {"text": ["a", "b"], "label": ["x", "y"]}


def test_json_lines_in_a_json_file_are_read(tmp_path: Path) -> None:
    """JSON Lines in a .json file and a JSON list in a .jsonl file are both read."""
    lines = write(tmp_path / "lines.json", '{"text": "a"}\n{"text": "b"}\n')
    document = write(tmp_path / "list.jsonl", '[{"text": "a"},\n {"text": "b"}]\n')
    assert read(lines).table.to_pydict() == read(document).table.to_pydict() == {"text": ["a", "b"]}


def test_values_of_several_types_become_strings(tmp_path: Path) -> None:
    """A column of numbers, strings and booleans becomes a column of strings."""
    lines = '{"label": 1}\n{"label": "a"}\n{"label": true}\n{"label": null}\n'
    loaded = read(write(tmp_path / "mixed.jsonl", lines))
    assert loaded.table["label"].to_pylist() == ["1", "a", "true", None]


def test_gzip_is_detected_by_content(tmp_path: Path) -> None:
    """Compression is detected from the first bytes, whatever the file name."""
    text = as_csv([("text", "label"), *LABELLED], "\t").encode()
    for name in ("data.tsv.gz", "data.csv"):
        assert rows(write(tmp_path / name, gzip.compress(text))) == LABELLED
    lines = gzip.compress(b'{"text": "a"}\n')
    assert rows(write(tmp_path / "data.jsonl.gz", lines)) == [("a",)]


def test_parquet_and_tables_in_memory_are_read(tmp_path: Path) -> None:
    """Parquet, Arrow and pandas give the same table."""
    data = {"text": ["a", "b", None], "score": [0.5, float("nan"), 1.0]}
    table = pa.table(data)
    pq.write_table(table, tmp_path / "data.parquet")
    for source in (tmp_path / "data.parquet", table):
        loaded = read(source)
        assert loaded.table["text"].to_pylist() == ["a", "b", None]
        assert loaded.rows.tolist() == [1, 2, 3]
    frame = pd.DataFrame({"text": ["a", "b"], "mixed": ["x", 2]}, index=[7, 9])
    assert read(frame).table.to_pydict() == {"text": ["a", "b"], "mixed": ["x", "2"]}
    chunked = pa.concat_tables([table.slice(0, 1), table.slice(1)])
    assert read(chunked).digest == read(table).digest


def test_periods_and_intervals_of_pandas_are_as_pandas_writes_them() -> None:
    """Arrow has them as numbers without a unit, or as objects."""
    months = pd.Series(pd.PeriodIndex(["2024-01", "2024-02", pd.NaT], freq="M"))
    groups = pd.Series(pd.cut([1, 7, float("nan")], [0, 5, 10]))
    loaded = read(pd.DataFrame({"month": months, "group": groups}))
    assert loaded.table.to_pydict() == {
        "month": ["2024-01", "2024-02", None],
        "group": ["(0, 5]", "(5, 10]", None],
    }


def test_a_hugging_face_dataset_is_read_with_its_class_names() -> None:
    """Class numbers become class names, -1 becomes null, and a selection is preserved."""
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["bad", "good"])}
    )
    data = {"text": ["a", "b", "c"], "label": [1, 0, -1]}
    dataset = datasets.Dataset.from_dict(data, features=features)
    assert read(dataset).table["label"].to_pylist() == ["good", "bad", None]
    assert read(dataset.select([2, 0])).table["text"].to_pylist() == ["c", "a"]


def test_class_names_within_lists_and_objects() -> None:
    """Several labels of a text, and labels of an annotator, are names too."""
    names = datasets.ClassLabel(names=["bad", "good"])
    features = datasets.Features(
        {
            "text": datasets.Value("string"),
            "labels": datasets.List(names),
            "by": {"user": datasets.Value("string"), "label": names},
            "spans": datasets.List({"label": names, "start": datasets.Value("int64")}),
        }
    )
    rows = [
        {
            "text": "a",
            "labels": [1, 0],
            "by": {"user": "x", "label": 1},
            "spans": [{"label": 0, "start": 3}],
        },
        {"text": "b", "labels": [-1], "by": {"user": "y", "label": -1}, "spans": []},
        {"text": "c", "labels": None, "by": None, "spans": None},
    ]
    table = read(datasets.Dataset.from_list(rows, features=features)).table
    assert table["labels"].to_pylist() == [["good", "bad"], [None], None]
    assert table["by.label"].to_pylist() == ["good", None, None]
    assert table["spans"].to_pylist()[0] == [{"label": "bad", "start": 3}]


def test_a_beir_folder_is_read(tmp_path: Path) -> None:
    """Corpus, queries and all judgement files are read; ids stay strings."""
    (tmp_path / "qrels").mkdir()
    write(tmp_path / "corpus.jsonl", '{"_id": "01", "title": "T", "text": "body"}\n')
    write(tmp_path / "queries.jsonl", '{"_id": "7", "text": "what"}\n')
    for split in ("train", "test"):
        write(tmp_path / "qrels" / f"{split}.tsv", "query-id\tcorpus-id\tscore\n7\t01\t1\n")
    loaded = read(tmp_path)
    assert loaded.retrieval is not None
    assert loaded.retrieval.corpus.to_pylist() == [{"id": "01", "title": "T", "text": "body"}]
    assert loaded.table["split"].to_pylist() == ["test", "train"]
    assert loaded.table["corpus-id"].to_pylist() == ["01", "01"]


def test_the_digest_depends_on_the_content_only(tmp_path: Path) -> None:
    """Equal files have the same digest under any name; one changed byte changes it."""
    first = read(write(tmp_path / "a.csv", "text,label\na,b\n"))
    assert read(write(tmp_path / "b.csv", "text,label\na,b\n")).digest == first.digest
    assert read(write(tmp_path / "c.csv", "text,label\na,c\n")).digest != first.digest
    assert len(first.digest) == 64


@pytest.mark.parametrize("name", ["a*b[1]?.csv", "it's; drop table x.csv", "s3__x=1.csv"])
def test_special_characters_in_file_names_are_harmless(tmp_path: Path, name: str) -> None:
    """Characters special to SQL or to a shell have no effect in a file name."""
    write(tmp_path / "axb1y.csv", "text,label\nwrong,file\n")
    assert rows(write(tmp_path / name, "text,label\nright,file\n")) == [("right", "file")]


def test_reading_imports_no_heavy_library() -> None:
    """The reader and the detector import no torch, pandas, datasets or DuckDB."""
    heavy = ("torch", "pandas", "datasets", "duckdb", "sklearn", "transformers")
    code = (
        "import sys, tunesmith.data.reading.read, tunesmith.data.detection.detect;"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_ten_thousand_real_rows_are_read_as_the_csv_module_reads_them(shared_data: Path) -> None:
    """All cells of Banking77's training file are read in order, and nothing is rejected."""
    path = shared_data / "banking77" / "train.csv"
    with path.open(encoding="utf-8", newline="") as file:
        header, *expected = map(tuple, csv.reader(file))
    loaded = read(path)
    assert (loaded.table.num_rows, loaded.rejected) == (10_003, ())
    assert tuple(loaded.table.column_names) == header
    assert [tuple(row.values()) for row in loaded.table.to_pylist()] == expected
