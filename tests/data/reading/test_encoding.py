"""Files that are neither UTF-8 nor marked: the encoding is guessed, and a warning says so."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.error_fields import about
from tunesmith.bulk.stream import stream_texts
from tunesmith.data.checks.check import check
from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.datasets import read as read_data
from tunesmith.errors import DataError, UnreadableFile, UsageError
from tunesmith.events import Event, Note

TEXTS = {
    "gb18030": ["电梯又停在三楼了", "厨房天花板在滴水", "夜里暖气一直响", "我的卡在哪里"],
    "big5": ["電梯又停在三樓了", "廚房天花板在滴水", "夜裡暖氣一直響", "我的卡在哪裡"],
    "shift_jis": ["エレベーターが止まりました", "水が漏れています", "私のカードはどこですか"],
    "euc_kr": ["엘리베이터가 또 멈췄습니다", "천장에서 물이 떨어집니다", "내 카드는 어디에 있나요"],
    "cp1251": ["лифт снова застрял на этаже", "с потолка капает вода", "где моя карта"],
    "koi8_r": ["лифт снова застрял на этаже", "с потолка капает вода", "где моя карта"],
    "cp1252": ["der Aufzug hält nicht", "Wasser tropft von der Küchendecke", "zu spät für mich"],
}  # fmt: skip


def table(encoding: str, rows: int) -> str:
    texts = TEXTS[encoding]
    lines = (f'"{texts[row % len(texts)]}, {row}",{"abc"[row % 3]}\n' for row in range(rows))
    return "text,label\n" + "".join(lines)


@pytest.mark.parametrize("rows", [12, 48, 3000])
@pytest.mark.parametrize("encoding", TEXTS)
def test_common_encodings_are_recognised(tmp_path: Path, encoding: str, rows: int) -> None:
    """The texts are right, and there is one warning for the file with a way out."""
    content = table(encoding, rows)
    path = tmp_path / "old.csv"
    path.write_bytes(content.encode(encoding))
    data = read_data(path)
    assert data.loaded.table["text"][0].as_py() == f"{TEXTS[encoding][0]}, 0"
    assert data.loaded.guessed_encoding is not None
    found = [finding for finding in data.findings if finding.code == "guessed-encoding"]
    assert len(found) == 1
    assert "`encoding`" in found[0].advice


@pytest.mark.parametrize("encoding", TEXTS)
def test_a_given_encoding_is_used_without_a_warning(tmp_path: Path, encoding: str) -> None:
    """By every reader, in a file of one row too."""
    path = tmp_path / "old.csv"
    path.write_bytes(table(encoding, 1).encode(encoding))
    expected = f"{TEXTS[encoding][0]}, 0"
    data = read_data(path, encoding=encoding)
    assert data.loaded.table["text"].to_pylist() == [expected]
    assert data.loaded.guessed_encoding is None
    assert list(stream_texts(path, "text", encoding=encoding)) == [[expected]]


def test_commands_that_stream_say_that_the_encoding_is_a_guess(tmp_path: Path) -> None:
    """In a note before the first text."""
    path = tmp_path / "old.csv"
    path.write_bytes(table("cp1251", 12).encode("cp1251"))
    events: list[Event] = []
    list(stream_texts(path, "text", on_event=events.append))
    assert len(events) == 1
    assert isinstance(events[0], Note)
    assert "`encoding`" in events[0].text


@pytest.mark.parametrize("encoding", ["klingon", "base64", "rot13"])
def test_an_unknown_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    """Also the codecs of Python that are not of texts."""
    (tmp_path / "a.csv").write_text("text,label\na,b\n")
    with pytest.raises(UsageError, check=about(option="encoding")):
        read(tmp_path / "a.csv", encoding=encoding)


def test_a_file_that_has_another_encoding_is_refused(tmp_path: Path) -> None:
    """The error names the line; UTF-8 in another encoding would be garbled in silence."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,label\na,b\nc\x81\x20d,e\n")
    with pytest.raises(UnreadableFile, check=about(file="a.csv", line=3, option="encoding")):
        read(path, encoding="gb18030")
    path.write_text("text,label\nschöne Grüße für Zoë, größer,b\näöü,a\n", encoding="utf-8")
    with pytest.raises(UnreadableFile, check=about(file="a.csv", option="encoding")):
        read(path, encoding="gb18030")


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.txt"])
@pytest.mark.parametrize(
    ("broken", "shown"),
    [([10], "line 10"), ([3, 7], "lines 3 and 7"), ([2, 3, 4, 5, 6, 8], "lines 2, 3, 4, 5, 6 and")],
)
@pytest.mark.parametrize("odd", [b"\xff", b"\xe9", b"\x93\x94"])
def test_odd_bytes_in_a_file_of_ascii_are_found_by_line(
    tmp_path: Path, name: str, broken: list[int], shown: str, odd: bytes
) -> None:
    """The warning about the guess names the lines that depend on it."""
    rows = [
        {"text": f"the lift number {row} is stuck", "label": "ab"[row % 2]} for row in range(50)
    ]
    lines = ["text,label", *(f"{row['text']},{row['label']}" for row in rows)]
    if name == "a.jsonl":
        lines = [json.dumps(row) for row in rows]
    content = [line.encode() for line in lines]
    for number in broken:
        content[number - 1] = content[number - 1].replace(b"stuck", b"st" + odd + b"ck")
    (tmp_path / name).write_bytes(b"\n".join(content) + b"\n")
    loaded = read(tmp_path / name)
    message = next(
        finding.message
        for finding in check(detect(loaded), loaded)
        if finding.code == "guessed-encoding"
    )
    assert f"which is a guess for {shown}" in message


def test_utf8_needs_no_guess(tmp_path: Path) -> None:
    """Nor does a file with a byte-order mark, whatever encoding is given."""
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path = tmp_path / f"{encoding}.csv"
        path.write_bytes(table("koi8_r", 3).encode(encoding))
        assert read(path).guessed_encoding is None
        assert read(path, encoding="utf-8").table["text"][0].as_py() == f"{TEXTS['koi8_r'][0]}, 0"


@pytest.mark.parametrize("name", ["texts.txt", "rows.jsonl"])
def test_lines_of_old_macs_are_lines(tmp_path: Path, name: str) -> None:
    """In every format, not only in tables."""
    lines = [
        f"text {row}" if name == "texts.txt" else f'{{"text": "text {row}"}}' for row in range(9)
    ]
    path = tmp_path / name
    path.write_bytes("\r".join([*lines, ""]).encode())
    assert read(path).table["text"].to_pylist() == [f"text {row}" for row in range(9)]


UNMARKED = {
    "NUL bytes": b"text,label\n" + b"\x00\x00a\x00b,c\n" * 20,
    "a mark after the header": b"text,label\n" + b"\xff\xfea\x00,\x00b\x00\n\x00" * 9,
    "a big-endian mark after it": b"text,label\n" + b"\xfe\xff\x00a\x00,\x00b\x00\n" * 9,
    "a mark of UTF-32 after it": b"text,label\n" + b"\xff\xfe\x00\x00a\x00\x00\x00" * 9,
}


@pytest.mark.parametrize("content", UNMARKED.values(), ids=UNMARKED)
def test_bytes_that_look_like_utf16_are_refused_by_line(tmp_path: Path, content: bytes) -> None:
    """The error of Python's decoder says nothing of the file or of what to do."""
    path = tmp_path / "odd.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=r"line 2 of odd\.csv contains a NUL byte") as caught:
        read_data(path)
    assert "UTF-8" in caught.value.hint


def test_a_mark_after_the_header_without_nul_bytes_is_text(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(b"text,label\n" + b"\xff\xfe\xe9t\xe9,b\n" * 9)
    assert read_data(path).loaded.table["text"][0].as_py() == "ÿþété"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_read(tmp_path: Path, encoding: str) -> None:
    """Its bytes are not split into lines before it is decoded."""
    path = tmp_path / "unmarked.csv"
    path.write_bytes(("text,label\n" + "café zoé,a\nüber,b\n" * 20).encode(encoding))
    assert read_data(path).loaded.table["text"].to_pylist()[:2] == ["café zoé", "über"]


_LINES = st.lists(st.sampled_from(["a", "é", "中", ",", "\n", "\r", "\x00"]), min_size=1)
_BYTES = st.one_of(
    st.binary(max_size=200),
    st.builds(
        lambda text, name: "".join(text).encode(name),
        _LINES,
        st.sampled_from(["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-8"]),
    ),
)


def _message(path: Path) -> str:
    """Return why a file is refused, or nothing if it is read."""
    try:
        read_data(path)
    except DataError as error:
        return str(error)
    return ""


@given(head=st.sampled_from([b"", b"text,label\n", b"a,b\n1,2\n"]), body=_BYTES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, head: bytes, body: bytes
) -> None:
    """No error of a decoder or of a parser passes through."""
    path = tmp_path_factory.mktemp("bytes") / "any.csv"
    path.write_bytes(head + body)
    assert "Error" not in _message(path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_a_file_of_blank_lines_is_empty(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "blank.csv"
    path.write_bytes(" \n\n".encode(encoding))
    assert "blank.csv is empty" in _message(path)


GARBAGE: dict[str, Callable[[random.Random], int]] = {
    "any byte": lambda source: source.randrange(256),
    "without NUL": lambda source: source.randrange(1, 256),
    "many NULs": lambda source: source.choice([0, 0, source.randrange(256)]),
    "half ASCII": lambda source: source.choice([0, *range(32, 256, 7)]),
}


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("header", [b"text,label\n", b"label;review\r\n", b'"text"\t"intent"\n'])
@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_below_a_header_is_refused(
    kind: str, header: bytes, seed: int, tmp_path: Path
) -> None:
    """It is never taken for UTF-16, and the error names a line."""
    source = random.Random(seed)
    width, rows = source.choice([20, 40, 41]), source.choice([5, 50, 100])
    cells = (bytes(GARBAGE[kind](source) for _ in range(width)) for _ in range(rows))
    (tmp_path / "a.csv").write_bytes(header + b"".join(cell + b",a\n" for cell in cells))
    with pytest.raises(UnreadableFile) as raised:
        read(tmp_path / "a.csv")
    assert raised.value.line
    assert raised.value.line >= 2


@pytest.mark.parametrize(
    "text", ["\x1b[31mred\x1b[0m text", "one\x1ftwo three", "a\x01b\x01c d e", "emoji 🎉 \u200d ok"]
)
def test_other_rare_characters_are_text(text: str, tmp_path: Path) -> None:
    """Colours of terminals, separators of fields and joiners are kept."""
    (tmp_path / "a.txt").write_text(f"{text}\n" * 20, encoding="utf-8")
    assert read(tmp_path / "a.txt").table.num_rows == 20
