"""Workbooks are read as if their sheet had been saved as CSV."""

import datetime
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import tunesmith
from tunesmith.data.reading import workbook
from tunesmith.data.reading.open_rows import open_rows
from tunesmith.data.reading.read import read
from tunesmith.errors import MissingExtra, UnreadableFile

Rows = Sequence[Sequence[Any]]
TICKETS: Rows = [
    ("text", "queue", "day", "minutes", "urgent"),
    ("Where is\nmy parcel?", "delivery", datetime.datetime(2026, 5, 4), 3.0, True),
    ('I said "refund", now', "billing", datetime.datetime(2026, 5, 4, 9, 30), 2.5, False),
    ("カードが使えない", "card", None, 7, None),
]


def saved(path: Path, **sheets: Rows) -> Path:
    """Write a workbook with these sheets; one whose name begins with ``hidden`` is hidden."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.sheet_state = "hidden" if name.startswith("hidden") else "visible"
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_cells_become_text(tmp_path: Path) -> None:
    """Line breaks and quotes, dates as in ISO 8601, whole numbers without decimals."""
    table = read(saved(tmp_path / "tickets.xlsx", Tickets=TICKETS)).table
    assert table.column_names == list(TICKETS[0])
    assert [tuple(row.values()) for row in table.to_pylist()] == [
        ("Where is\nmy parcel?", "delivery", "2026-05-04", "3", "True"),
        ('I said "refund", now', "billing", "2026-05-04T09:30:00", "2.5", "False"),
        ("カードが使えない", "card", None, "7", None),
    ]


def test_it_is_read_in_batches_too(tmp_path: Path) -> None:
    """Commands that stream a file see the same rows."""
    path = saved(tmp_path / "tickets.xlsx", Tickets=TICKETS)
    rows = open_rows(path, tmp_path)
    assert list(rows.cells()) == [tuple(row.values()) for row in read(path).table.to_pylist()]


def test_the_first_visible_sheet_with_rows_is_read(tmp_path: Path) -> None:
    """The others are named."""
    sheets = {"Cover": [], "hidden lists": [("a",)], "Tickets": TICKETS, "Old": TICKETS[:2]}
    loaded = read(saved(tmp_path / "book.xlsx", **sheets))
    assert loaded.table.num_rows == 3
    assert "sheet 'Tickets'; 2 other sheets not read: “Old” and “hidden lists”" in loaded.notes


@pytest.mark.parametrize("name", ["book.csv", "book", "book.XLSX", "book.xls"])
def test_the_content_decides(tmp_path: Path, name: str) -> None:
    """A workbook is found whatever its name."""
    saved(tmp_path / "book.xlsx", Tickets=TICKETS).rename(tmp_path / name)
    assert read(tmp_path / name).table.num_rows == 3


def test_titles_gaps_and_empty_cells(tmp_path: Path) -> None:
    """Lines above the header, empty rows and columns, and formatted cells without a value."""
    rows: Rows = [
        ("Tickets of May", None, None),
        (),
        ("text", "queue", None),
        ("my card is late", "card", ""),
        (),
        ("refund please", "billing", " "),
        (None, None, None),
    ]
    loaded = read(saved(tmp_path / "book.xlsx", Tickets=rows))
    assert loaded.table.to_pydict() == {
        "text": ["my card is late", "refund please"],
        "queue": ["card", "billing"],
    }


def test_one_column_is_a_list_of_texts(tmp_path: Path) -> None:
    """Texts with delimiters stay whole."""
    texts = [f"a text, with {n}; parts" for n in range(12)]
    path = saved(tmp_path / "texts.xlsx", Texts=[("text",), *((text,) for text in texts)])
    data = tunesmith.read(path)
    assert (data.kind, data.examples.texts()) == ("texts", texts)


def test_a_workbook_is_a_data_set(tmp_path: Path) -> None:
    """Kind and labels as from CSV."""
    rows = [(f"text {n} about {n % 2}", ("card", "order")[n % 2]) for n in range(30)]
    data = tunesmith.read(saved(tmp_path / "book.xlsx", Rows=[("body", "queue"), *rows]))
    assert (data.kind, dict(data.columns)) == ("labelled", {"text": "body", "label": "queue"})
    assert {each.label: each.count for each in data.counts} == {"card": 15, "order": 15}


def test_no_rows(tmp_path: Path) -> None:
    """The workbook is named."""
    with pytest.raises(UnreadableFile, match="no sheet of"):
        read(saved(tmp_path / "book.xlsx", Empty=[]))


def test_an_archive_that_would_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused before it is unpacked."""
    monkeypatch.setattr(workbook, "_LARGEST", 1000)
    with pytest.raises(UnreadableFile, match="too large when unpacked"):
        read(saved(tmp_path / "book.xlsx", Tickets=TICKETS))


def test_another_archive_is_no_workbook(tmp_path: Path) -> None:
    """It is named as what it is."""
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.writestr("data.csv", "text,label")
    with pytest.raises(UnreadableFile, match="ZIP archive"):
        read(tmp_path / "data.zip")


def test_without_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names what to install, and another way."""
    path = saved(tmp_path / "book.xlsx", Tickets=TICKETS)
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(MissingExtra, match="tunesmith\\[excel\\]', or save the sheet as CSV"):
        read(path)
