"""Rows of survey tools below the header are not data: they are left out, with a finding."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

import tunesmith
from tests.data.reading.test_known_formats import LABELS, TEXTS
from tunesmith.data.reading.open_rows import open_rows
from tunesmith.kinds import Kind

MONKEY = [
    "Respondent ID",
    "Collector ID",
    "Start Date",
    "IP Address",
    "What is broken?",
    "Category",
]
QUALTRICS = ["StartDate", "ResponseId", "Q1", "Q2"]
IDS = [
    f'{{"ImportId":"{name}","timeZone":"UTC"}}' for name in ("startDate", "_recordId", "Q1", "Q2")
]


def rows(width: int) -> list[list[str]]:
    return [
        [str(118_000_000 + number), *["4001"] * (width - 3), text, label]
        for number, (text, label) in enumerate(zip(TEXTS, LABELS, strict=True))
    ]


def written(
    path: Path, lines: Sequence[Sequence[str]], *, end: str = "\n", delimiter: str = ","
) -> Path:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end, delimiter=delimiter).writerows(lines)
    path.write_bytes(out.getvalue().encode("utf-8-sig" if end == "\r\n" else "utf-8"))
    return path


EXPORTS: dict[str, list[list[str]]] = {
    "SurveyMonkey": [MONKEY, ["", "", "", "", "Open-Ended Response", "Response"]],
    "SurveyMonkey, choices only": [MONKEY, ["", "", "", "", "Other (please specify)", "Response"]],
    "SurveyMonkey, answers only": [MONKEY[-2:], ["Open-Ended Response", "Response"]],
    "SurveyMonkey, German": [MONKEY, ["", "", "", "", "Offene Antwort", "Antwort"]],
    "Qualtrics": [QUALTRICS, ["Start Date", "Response ID", "What is\nbroken?", "What is it?"], IDS],
    "Qualtrics without questions": [QUALTRICS, IDS],
}  # fmt: skip


@pytest.mark.parametrize(("end", "delimiter"), [("\n", ","), ("\r\n", ";"), ("\r\n", "\t")])
@pytest.mark.parametrize("tool", EXPORTS)
def test_second_headers(tool: str, end: str, delimiter: str, tmp_path: Path) -> None:
    """Row 1 is the first row of data, in every reader."""
    head = EXPORTS[tool]
    width = len(head[0])
    lines = [*head, *(row[-width:] for row in rows(max(width, 4)))]
    path = written(tmp_path / "export.csv", lines, end=end, delimiter=delimiter)
    data = tunesmith.read(path)
    assert (data.kind, data.examples.texts()) == (Kind.LABELLED, TEXTS)
    assert data.examples.table["label"].to_pylist() == LABELS
    assert data.examples.rows.tolist() == list(range(1, len(TEXTS) + 1))
    found = {finding.code: finding for finding in data.findings}["second-header"]
    assert head[-1][-1] in found.message.replace("”", "") or "ImportId" in found.message
    batches = open_rows(path, tmp_path)
    assert [row[-2] for row in batches.cells()] == TEXTS
    assert any("second header" in note for note in batches.notes)


def test_only_one_second_header_is_left_out(tmp_path: Path) -> None:
    """A row of data that looks like another one is kept, by every reader."""
    head = EXPORTS["SurveyMonkey"]
    path = written(tmp_path / "export.csv", [*head, head[-1], *rows(len(MONKEY))])
    data = tunesmith.read(path, skip_invalid=True)
    assert data.examples.texts() == ["Open-Ended Response", *TEXTS]
    assert next(row[-2] for row in open_rows(path, tmp_path).cells()) == "Open-Ended Response"


def test_tables_in_memory_keep_their_row_numbers() -> None:
    """So that rows can be looked up in the table."""
    head = EXPORTS["SurveyMonkey"]
    cells = [[cell or None for cell in row] for row in [*head[1:], *rows(len(MONKEY))]]
    data = tunesmith.read(pd.DataFrame(cells, columns=MONKEY))
    assert data.examples.texts() == TEXTS
    assert data.examples.rows.tolist() == list(range(2, len(TEXTS) + 2))


def test_a_first_row_of_data_is_kept(tmp_path: Path) -> None:
    """Answers may be called responses, and cells may be empty."""
    lines = [["id", "text", "label"], ["7", "Response", "lift"], *rows(3)]
    data = tunesmith.read(written(tmp_path / "a.csv", lines))
    assert len(data) == len(TEXTS) + 1
    lines = [["id", "text", "label"], ["", TEXTS[0], "lift"], *rows(3)]
    assert len(tunesmith.read(written(tmp_path / "a.csv", lines))) == len(TEXTS) + 1
