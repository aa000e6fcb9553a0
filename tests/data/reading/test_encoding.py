"""Files that are neither UTF-8 nor marked: the encoding is guessed, and a warning says so."""

import json
from pathlib import Path

import pytest

from tests.error_fields import about
from tunesmith.bulk.stream import stream_texts
from tunesmith.data.checks.check import check
from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.datasets import read as read_data
from tunesmith.errors import UnreadableFile, UsageError
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
