"""Hostile input gives one clear Tunesmith error that names the file and a remedy."""

import gzip
import json
import os
import re
import resource
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import datasets
import pandas as pd
import pyarrow as pa
import pytest

import tunesmith
from tests.error_fields import about
from tunesmith.data.reading import encoding
from tunesmith.data.reading.read import read
from tunesmith.errors import DataError, TunesmithError, UnreadableFile, UsageError

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(64))
ZIP = b"PK\x03\x04\x14\x00\x06\x00" + bytes(range(64))
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PICKLE = b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00]\x94(\x8c\x01a\x94e."

FILES = {
    "nothing": ("empty.csv", b"", "is empty"),
    "blank": ("blank.csv", b" \n\n", "is empty"),
    "only a byte-order mark": ("mark.csv", b"\xef\xbb\xbf", "is empty"),
    "only a mark of utf-16": ("mark16.csv", b"\xff\xfe", "is empty"),
    "only a header": ("header.csv", b"text,label\n", "no rows"),
    "image": ("image.csv", PNG, "image"),
    "archive": ("archive.csv", ZIP, "ZIP archive"),
    "damaged workbook": ("book.xlsx", ZIP, "damaged or encrypted workbook"),
    "damaged old workbook": ("book.xls", OLD_OFFICE + bytes(99), "damaged or encrypted workbook"),
    "old Word document": ("letter.doc", OLD_OFFICE + bytes(99), "old Office document"),
    "no workbook": ("book.xlsx", b"text,label\na,b\n", "not a workbook"),
    "pickle": ("data.csv", PICKLE, "pickle"),
    "PDF": ("paper.txt", b"%PDF-1.7 ...", "PDF"),
    "YAML": ("nlu.yml", b'version: "3.1"\nnlu:\n- intent: greet\n', "YAML, which is not read"),
    "XML": ("posts.xml", b"<posts><row/></posts>", "XML, which is not read"),
    "SQL": ("dump.sql", b"INSERT INTO t (text,label) VALUES\n('a','b');\n", "SQL, which is not"),
    "JSON in a row": ("jq.json", b'{\n"text": "a"\n}\n{\n"text": "b"\n}', "or JSON Lines"),
    "NUL": ("nul.csv", b"text,label\na,b\nc\0d,e\n", "line 3 of nul.csv contains a NUL byte"),
    "UTF-16 unmarked": ("wide.csv", "text,label\n".encode("utf-16-le"), "NUL byte"),
    "wrong byte-order mark": (
        "mark.csv",
        b"\xff\xfea\x00b\x00\x00\xd8a\x00",
        "byte-order mark of utf-16",
    ),
    "truncated gzip": ("cut.csv.gz", gzip.compress(os.urandom(9000))[:-3000], "truncated gzip"),
    "short gzip": ("cut.csv.gz", b"\x1f\x8b\x08\x00", "truncated gzip"),
    "gzip of nothing": ("none.csv.gz", gzip.compress(b""), "is empty"),
    "broken JSON": ("bad.json", b'[\n{"text": "a"},\n{"text": \n]', "line 4 of bad.json"),
    "cut JSON": ("cut.json", b'[{"text": "a"}, {"te', "line 1 of cut.json"),
    "JSON number": ("number.json", b"3", "a number"),
    "JSON empty list": ("list.json", b"[]", "an empty list"),
    "JSON of numbers": ("list.json", b"[1, 2]", "item 1"),
    "JSON uneven": ("cols.json", b'{"a": ["x"], "b": ["x", "y"]}', "same length"),
    "JSON deep": ("deep.json", b"[" * 200_000, "nested too deep"),
    "JSON no list": ("cols.json", b'{"a": 1, "b": ["x", "y"]}', "'a' in cols.json is not a list"),
    "JSON broken bytes": ("bytes.json", b'[{"text": "\xc3\xa9\xc3\xa9 \xff"}]', "not UTF-8"),
    "Python's lines": ("rows.jsonl", b"{'text': 'a'}\n{'text': 'b'}\n", "use json.dumps"),
    "no good line": ("bad.jsonl", b"one\ntwo\n", "line 1: not valid JSON"),
    "no Parquet": ("data.parquet", b"text,label\na,b\n", "not a Parquet file"),
    "damaged Parquet": ("data.parquet", b"PAR1" + b"x" * 50 + b"PAR1", "damaged Parquet"),
    "twice": ("twice.csv", b"text,label,text\na,b,c\n", "two columns named 'text'"),
    "all ragged": ("ragged.csv", b"text,label\na,b,c\nd,e,f\n", "none of the 2 rows"),
    "blank texts": ("blank.txt", b"x".replace(b"x", b"\x0b\n \n"), "no text"),
}


def message(source: object) -> str:
    """Return the message of the error raised by reading, which is short and Tunesmith's own."""
    with pytest.raises(TunesmithError) as caught:
        read(source)
    text = str(caught.value)
    assert "Traceback" not in text
    assert "duckdb" not in text.lower()
    assert len(text) < 600
    return text


@pytest.mark.parametrize("case", FILES)
def test_every_hostile_file_gets_one_clear_message(tmp_path: Path, case: str) -> None:
    """It is an UnreadableFile that names the file and the problem."""
    name, content, expected = FILES[case]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnreadableFile) as caught:
        read(path)
    text = message(path)
    assert caught.value.file == name
    if found := re.search(r"\bline (\d+)", text):
        assert caught.value.line == int(found[1])
    assert expected in text
    assert name in text


@pytest.mark.parametrize("name", ["long.csv", "long.txt", "long.jsonl", "long.json"])
def test_a_line_of_200_megabytes_is_rejected_in_constant_memory(tmp_path: Path, name: str) -> None:
    """The error names the file and the limit, and the line is never loaded whole."""
    path = tmp_path / name
    with path.open("wb") as file:
        file.write(b'text,label\n{"text": "' if name.endswith("csv") else b'{"text": "')
        for _ in range(200):
            file.write(b"x" * 2**20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    text = message(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024
    assert name in text
    assert "MiB" in text


def test_a_small_gzip_of_a_huge_line_is_not_decompressed(tmp_path: Path) -> None:
    """Decompression stops as soon as the line is too long."""
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"text\n" + b"x" * 60 * 2**20, 1))
    assert "line 2 of bomb.csv.gz is longer than 16 MiB" in message(path)


def test_a_mistyped_path_gets_suggestions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing path is not treated as a name on the Hub; similar names are suggested."""
    (tmp_path / "tickets.csv").write_text("text,label\na,b\n")
    monkeypatch.chdir(tmp_path)
    for source in ("tickts.csv", tmp_path / "tickts.csv", "./tickets", "tickets.tsv"):
        text = message(source)
        assert "no file" in text
        assert "tickets.csv" in text
        assert "Hub" not in text
    assert "the folder missing/folder does not exist" in message("missing/folder/x.csv")


@pytest.mark.parametrize("name", ["mteb/banking77", "imdb"])
def test_a_hub_name_offline_says_so(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offline, a name that is not a file is rejected without using the network."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    text = message(name)
    assert f"{name} is not a local file" in text
    assert "HF_HUB_OFFLINE" in text


def test_an_unreachable_hub_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a network, there is one attempt and the same message."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert message("owner/name").endswith("cannot be reached offline")


def test_errors_of_the_hub_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dataset does not exist on the Hub, or the connection fails."""

    def fail(error: Exception) -> None:
        raise error

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setattr("tunesmith.data.reading.hub.urlopen", lambda *_, **__: BytesIO())
    for error, expected in (
        (FileNotFoundError("Dataset 'x/y' doesn't exist\nmore"), "Dataset 'x/y' doesn't exist"),
        (ConnectionError("Couldn't reach it"), "cannot be reached offline"),
    ):
        monkeypatch.setattr(datasets, "load_dataset", lambda _, error=error: fail(error))
        assert message("x/y").endswith(expected)


def test_the_train_split_of_a_hub_dataset_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If there are several splits, the one named train is loaded."""
    splits = {
        split: datasets.Dataset.from_dict({"text": [split], "label": ["a"]})
        for split in ("test", "train")
    }
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setattr("tunesmith.data.reading.hub.urlopen", lambda *_, **__: BytesIO())
    monkeypatch.setattr(datasets, "load_dataset", lambda _: datasets.DatasetDict(splits))
    loaded = read("x/y")
    assert loaded.table["text"].to_pylist() == ["train"]
    assert loaded.name == "x/y"


def test_a_text_passed_as_a_path_is_rejected() -> None:
    """A long text, or one with a NUL character, is rejected like any other missing file."""
    assert len(message("please help me " * 900)) < 400
    message("a\0b")
    message("")


def test_a_folder_that_is_not_a_beir_folder_lists_missing_files(tmp_path: Path) -> None:
    """The files in the folder are listed too."""
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "corpus.jsonl").write_text('{"_id": "1", "text": "a"}\n')
    text = message(tmp_path)
    assert "lacks queries.jsonl and qrels/*.tsv" in text
    assert "notes.txt" in text


def test_a_broken_beir_folder_names_the_file(tmp_path: Path) -> None:
    """A corpus without texts and judgements without three columns are reported."""
    (tmp_path / "qrels").mkdir()
    (tmp_path / "queries.jsonl").write_text('{"_id": "1", "text": "a"}\n')
    (tmp_path / "corpus.jsonl").write_text('{"_id": "1", "body": "a"}\n')
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\n1\t1\n")
    assert "corpus.jsonl must have the fields '_id' and 'text'" in message(tmp_path)
    (tmp_path / "corpus.jsonl").write_text('{"_id": "1", "text": "a"}\n')
    assert "test.tsv has 2 columns" in message(tmp_path)


def test_a_file_without_permission_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message has the file name and the reason given by the operating system."""
    path = tmp_path / "secret.csv"
    path.write_text("text,label\na,b\n")

    def fail(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", fail)
    text = message(path)
    assert "secret.csv cannot be read: Permission denied" in text


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    """Reading a named pipe would block forever."""
    os.mkfifo(tmp_path / "pipe.csv")
    assert "not a regular file" in message(tmp_path / "pipe.csv")


@pytest.mark.parametrize(
    ("make", "error", "expected"),
    [
        (lambda: ["a", 3], UsageError, {"option": "source"}),
        (list, DataError, {}),
        (lambda: {"text": ["a"], "label": []}, UsageError, {"option": "source"}),
        (lambda: {"text": "a"}, UsageError, {"option": "source"}),
        (lambda: None, UsageError, {"option": "source"}),
        (lambda: pa.table({"x": pa.array([], pa.string())}), DataError, {"file": "the Table"}),
        (lambda: pa.table([["a"], ["b"]], names=["x", "x"]), DataError, {"column": "x"}),
        (lambda: pd.DataFrame([["a", "b"]], columns=["x", "x"]), DataError, {"column": "x"}),
        (lambda: pd.DataFrame({"x": []}), DataError, {"file": "the DataFrame", "column": None}),
    ],
)
def test_unusable_tables_are_rejected(
    make: Callable[[], object], error: type[Exception], expected: dict[str, str | None]
) -> None:
    """Odd lists, empty tables and duplicate column names: the error says where."""
    with pytest.raises(error, check=about(**expected)):
        read(make())


def test_a_dataset_dict_is_rejected() -> None:
    """The message lists its splits; a single one is read."""
    split = datasets.Dataset.from_dict({"text": ["a"]})
    with pytest.raises(UsageError, match="2 splits: train and test"):
        tunesmith.read(datasets.DatasetDict({"train": split, "test": split}))
    single = datasets.DatasetDict({"train": split})
    assert read(single).table.to_pydict() == tunesmith.read(single).loaded.table.to_pydict()


def test_a_json_document_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message for a document that is too large suggests JSON Lines."""
    monkeypatch.setattr("tunesmith.data.reading.json_document.MAX_DOCUMENT_BYTES", 2**20)
    path = tmp_path / "big.json"
    path.write_text(json.dumps([{"text": "x" * 2**20}], indent=1))
    assert "JSON Lines" in message(path)


def test_reading_many_unclosed_quotes_terminates(tmp_path: Path) -> None:
    """In a file with an unclosed quote on every second line, the valid rows are kept."""
    path = tmp_path / "quotes.csv"
    path.write_text("text,label\n" + 'a,b\n"c,d\n' * 200)
    loaded = read(path)
    assert loaded.rejected
    assert len(loaded.rows) == loaded.table.num_rows


def test_temporary_files_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Temporary copies are removed, even after an error."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    path = tmp_path / "wide.csv"
    path.write_bytes("text,label\na,b\n".encode("utf-16"))
    read(path)
    path.write_bytes("text,label\na\0,b\n".encode("utf-16"))
    message(path)
    assert list(folder.iterdir()) == []
    assert encoding.MAX_LINE_BYTES == 16 * 2**20


@pytest.mark.parametrize(
    "address", ["https://example.com/a.csv", "s3://bucket/a.parquet", "hf://datasets/a/b"]
)
def test_addresses_are_not_opened(address: str) -> None:
    """The error says so, instead of naming a folder that does not exist."""
    assert "is an address, which is not opened" in message(address)
