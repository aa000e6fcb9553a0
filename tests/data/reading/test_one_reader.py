"""What is read whole, as by fit and inspect, is read alike in batches, as by embed and search."""

import gzip
import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.data.reading.test_read_hostile import FILES as HOSTILE
from tunesmith.bulk.stream import open_stream
from tunesmith.data.reading.read import read
from tunesmith.errors import UnreadableFile

BODY = "".join(f'"text {row}, and more";l{row % 3}\n' for row in range(9))
OBJECTS = [{"text": f"text {row}", "label": "ab"[row % 2]} for row in range(9)]
LINES = "".join(json.dumps(row) + "\n" for row in OBJECTS)
FILES: dict[str, tuple[str, str]] = {
    "plain": ("a.csv", f"text;label\n{BODY}"),
    "spaces before quotes": ("a.csv", 'id, text\n0, "one, two"\n1, "three"\n2, four\n'),
    "spaces around cells": ("a.tsv", "text\tlabel\n  a \tb\n c\t d\n"),
    "declared delimiter": ("a.csv", f"sep=;\ntext;label\n{BODY}"),
    "title": ("a.csv", f"Tickets of May\n\ntext;label\n{BODY}"),
    "second header": ("a.csv", f"text;label\nOpen-Ended Response;Response\n{BODY}"),
    "delimiter at the end": ("a.csv", f"text;label;\n{BODY}"),
    "no header": ("a.csv", "where is my card,card\nwhere is my loan,loan\nwhere is it,card\n"),
    "unnamed": ("a.csv", ",text\n0,hello there\n1,good bye\n"),
    "escapes": ("a.csv", 'text,label\n"say \\"a\\", then",x\n"say \\"b\\"",y\n'),
    "single quotes": ("a.csv", "'text','label'\n'it''s, so','a'\n'no','b'\n"),
    "row names": ("a.csv", '"text","label"\n"1","a b","x"\n"2","c d","y"\n'),
    "colons": ("a.dat", "text::label\na, b::x\nc d::y\n"),
    "one column": ("a.csv", "text\na, b\n\nc\n"),
    "blank lines": ("a.csv", f"text;label\n\n{BODY}\n\n"),
    "line breaks": ("a.csv", 'text,label\n"two\n\nlines",a\nb,c\n'),
    "mixed line ends": ("a.csv", 'text,label\r\na,b\nc,d\r\n"e, f",g\rh,i\n'),
    "quotes in tabs": ("a.tsv", 'text\tlabel\n"Hello" she said\tx\nbye\ty\n'),
    "blank cells": ("a.csv", 'text,label\n,a\n" ",b\n"",c\nd,\n'),
    "table in text": ("a.txt", f"text;label\n{BODY}"),
    "lines of text": ("a.txt", "first, with comma\n\n  \nsecond\r\nthird"),
    "JSON lines": ("a.jsonl", LINES),
    "JSON lines in text": ("a.txt", LINES),
    "JSON lines in JSON": ("a.json", LINES),
    "JSON": ("a.json", json.dumps(OBJECTS)),
    "JSON columns": ("a.json", json.dumps({"text": ["a", "b"], "label": ["x", None]})),
    "JSON keyed": ("a.json", json.dumps({"text": {"0": "a", "1": "b"}, "label": {"1": "x"}})),
    "JSON list in lines": ("a.jsonl", json.dumps(OBJECTS)),
    "JSON arrays": ("a.jsonl", '["a b", "c d"]\n["e f", "g h"]\n\n["i j", null]\n'),
    "JSON triplets": ("a.jsonl", '["a b", "c d", "e f"]\n["g h", "i j", "k l"]\n'),
    "JSON with a header": ("a.jsonl", '["text", "label"]\n["a b", "x"]\n["c d", "y"]\n'),
    "JSON texts": ("a.jsonl", '"a b"\n"c d"\n'),
    "JSON with gaps": ("a.jsonl", '{"text": NaN}\n{"text": " "}\n{"text": "a", "label": null}\n'),
    "rejected row": ("a.csv", "text,label\na,b\nlonely\nc,d,e\nf,g\n"),
    "rejected JSON": ("a.jsonl", '{"text": "a"}\n{"text": \n[1, 2]\n'),
    "broken bytes": ("a.txt", "a\nb\n\udcff\nc\n"),
    "broken bytes in JSON": ("a.jsonl", '{"text": "aé"}\n{"text": "é\udcff"}\n'),
    "unclosed quote": ("a.csv", 'text,label\na,b\n"c,d\nd,e\nf,g\n'),
}


def check(path: Path) -> None:
    """Check that both readers give the same columns and rows, or refuse the same line."""
    whole = read(path)
    if whole.rejected:
        with (
            pytest.raises(UnreadableFile) as caught,
            open_stream(path, whole.table.column_names[0]) as stream,
        ):
            list(stream.batches)
        assert caught.value.line == whole.rejected[0].line
        assert whole.rejected[0].reason in str(caught.value)
        return
    with open_stream(path, whole.table.column_names[0], batch_size=4) as stream:
        rows = [row[1:] for batch in stream.batches for row in batch]
    assert list(stream.columns) == whole.table.column_names
    expected = [tuple(row.values()) for row in whole.table.to_pylist()]
    assert [rows[number - 1] for number in whole.rows] == expected
    left_out = set(range(1, len(rows) + 1)) - set(whole.rows.tolist())
    assert all(set(rows[number - 1]) == {None} for number in left_out)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("case", FILES)
def test_both_readers_agree(tmp_path: Path, case: str, packed: bool) -> None:
    """On columns, rows, row numbers and the first line that cannot be read."""
    name, text = FILES[case]
    content = text.encode("utf-8", "surrogateescape")
    path = tmp_path / (f"{name}.gz" if packed else name)
    path.write_bytes(gzip.compress(content) if packed else content)
    check(path)


def test_both_readers_agree_on_parquet(tmp_path: Path) -> None:
    """Categories, blank and missing texts."""
    frame = pl.DataFrame({"text": ["a", " ", None, "b"], "label": ["x", "y", None, "x"]})
    frame = frame.with_columns(pl.col("label").cast(pl.Categorical))
    frame.write_parquet(tmp_path / "a.parquet")
    check(tmp_path / "a.parquet")


@pytest.mark.parametrize("case", HOSTILE)
def test_both_readers_refuse_the_same_files(tmp_path: Path, case: str) -> None:
    """With the same file and line in the error."""
    name, content, _ = HOSTILE[case]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnreadableFile) as whole:
        read(path)
    if case == "blank texts":
        return  # in batches, a blank line is a row without a text, and the command refuses
    with pytest.raises(UnreadableFile) as batches, open_stream(path, "text") as stream:
        list(stream.batches)
    assert (batches.value.file, batches.value.line) == (whole.value.file, whole.value.line)


scraps = st.lists(
    st.sampled_from(
        ["a", "b c", '"', ",", "\n", '""', "\r\n", " ", "x y z,lab\n", '"q, r",s\n', "\\"]
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(scraps=scraps)
@example(scraps=['"', '"', "a", "\r\n", "\n"])
@example(scraps=["\\", '"q, r",s\n', '"', "\n", '""', '""', "\\"])
def test_both_readers_agree_on_any_file(
    tmp_path_factory: pytest.TempPathFactory, scraps: list[str]
) -> None:
    """Whatever is broken in it."""
    path = tmp_path_factory.mktemp("scraps") / "scraps.csv"
    path.write_bytes(("text,label\nfirst,row\n" + "".join(scraps)).encode())
    check(path)
