"""Addresses and dates are never texts, and unused texts are named."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import tunesmith
from tests.data.checks.checked import sentences
from tests.data.detection.test_preferences import Make
from tests.data.detection.test_triples import chinese
from tunesmith.data.column_names import TEXT
from tunesmith.errors import TunesmithError
from tunesmith.kinds import Kind

ROWS = 48
LABELS = ["lift", "water", "heating"] * (ROWS // 3)
MONTHS = ["January", "Feb", "März", "avril"]
VALUES: dict[str, list[str]] = {
    "addresses": [f"a{row}.b@x{row}.example.com" for row in range(ROWS)],
    "mail links": [f"mailto:a{row}@x.org" for row in range(ROWS)],
    "some other": [f"a{row}@x.org" for row in range(ROWS - 1)] + ["none"],
    "URLs": [f"https://example.com/a b/{row}".replace(" ", "") for row in range(ROWS)],
    "www": [f"www.example.com/{row}" for row in range(ROWS)],
    "ISO dates": [f"2024-01-{row % 28 + 1:02} 10:{row:02}:00" for row in range(ROWS)],
    "slashes": [f"2024/1/{row % 28 + 1}" for row in range(ROWS)],
    "American": [f"{row % 12 + 1}/{row % 28 + 1}/2024 3:{row:02} PM" for row in range(ROWS)],
    "asctime": [f"Mon Apr 06 22:{row:02}:45 PDT 2009" for row in range(ROWS)],
    "RFC 2822": [f"Mon, 06 Apr 2009 22:{row:02}:45 +0200" for row in range(ROWS)],
    "months": [f"{row % 28 + 1} {MONTHS[row % 4]} 20{row:02}" for row in range(ROWS)],
    "American months": [f"April {row % 28 + 1}, 20{row:02}" for row in range(ROWS)],
    "times": [f"10:{row:02}" for row in range(ROWS)],
    "Chinese": [f"2024年{row % 12 + 1}月{row % 28 + 1}日" for row in range(ROWS)],
}


@pytest.mark.parametrize("make", [sentences, chinese])
@pytest.mark.parametrize("case", VALUES)
@pytest.mark.parametrize("name", ["Email", "Subject", "message", "text", "文本", "When"])
def test_addresses_and_dates_are_not_texts(name: str, case: str, make: Make) -> None:
    asked = "What could we do better?"
    data = tunesmith.read(pa.table({name: VALUES[case], asked: make(ROWS), "Department": LABELS}))
    assert data.detected.columns == {"text": asked, "label": "Department"}


@pytest.mark.parametrize("case", VALUES)
@pytest.mark.parametrize("name", ["Email", "text", "query", "other"])
def test_addresses_and_dates_alone_are_refused(name: str, case: str) -> None:
    with pytest.raises(TunesmithError):
        tunesmith.read(pa.table({name: VALUES[case], "label": LABELS}))


@pytest.mark.parametrize("values", ["level {}", "Ticket {}", "section {}, part 2", "1.{}", "{} pm"])
def test_words_with_numbers_are_not_dates(values: str) -> None:
    groups = [values.format(row % 3 + 1) for row in range(ROWS)]
    data = tunesmith.read(pa.table({"words": sentences(ROWS), "label": groups}))
    assert data.detected.columns == {"text": "words", "label": "label"}


@pytest.mark.parametrize("user", ["someone", "{}", "user{}"])
@pytest.mark.parametrize("case", ["asctime", "ISO dates", "RFC 2822"])
@pytest.mark.parametrize("score", [("0", "4"), ("0", "1"), ("-1", "2")])
def test_dates_and_users_without_names_are_not_pairs(
    score: tuple[str, str], case: str, user: str, tmp_path: Path
) -> None:
    """As in Sentiment140, which has no header."""
    words = ["".join(chr(97 + (row * 7 + at * at) % 26) for at in range(8)) for row in range(ROWS)]
    users = [user.format(word) for word in words]
    texts = sentences(ROWS)
    rows = [
        f'"{score[row % 2]}","{1467810369 + row}","{VALUES[case][row]}","NO_QUERY","{users[row]}"'
        f',"{texts[row]}"'
        for row in range(ROWS)
    ]
    (tmp_path / "tweets.csv").write_text("\n".join(rows), encoding="utf-8")
    data = tunesmith.read(tmp_path / "tweets.csv")
    assert data.kind is Kind.LABELLED
    assert data.detected.columns == {"text": "column6", "label": "column1"}


@pytest.mark.parametrize("make", [sentences, chinese])
@pytest.mark.parametrize("used", ["Subject", "text", "query", "文本"])
@pytest.mark.parametrize("unused", ["product_title", "What the customer wrote", "reply", "備考"])
def test_unused_texts_are_named(unused: str, used: str, make: Make) -> None:
    texts = make(2 * ROWS)
    columns: dict[str, Any] = {used: texts[:ROWS], unused: texts[ROWS:], "esci_label": LABELS}
    data = tunesmith.read(pa.table(columns))
    assert data.kind is Kind.LABELLED
    assert data.detected.columns["text"] == used
    found = {finding.code: finding for finding in data.findings}["left-aside"]
    assert f"“{unused}” (it holds texts; {used!r} is used)" in found.message
    assert f'`columns={{"text": "{unused}"}}`' in found.advice


def test_unused_texts_of_pairs_are_named() -> None:
    texts = sentences(3 * ROWS)
    columns = {"question": texts[::3], "answer": texts[1::3], "support": texts[2::3]}
    data = tunesmith.read(pa.table(columns))
    assert data.kind is Kind.PAIRS
    assert [doubt.column for doubt in data.detected.doubts] == ["support"]


def test_known_names_of_texts_are_not_checked_against_dates_only() -> None:
    """Texts that begin with a date stay texts."""
    texts = [f"2024 was good, said {text}" for text in sentences(ROWS)]
    for name in TEXT[:10]:
        assert tunesmith.read(pa.table({name: texts})).detected.columns == {"text": name}
