"""Scores written as percentages are read as 0 to 1, and a note says so."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

import tunesmith
from tests.data.checks.checked import sentences
from tunesmith.kinds import Kind

ROWS = 40


def read(cells: Sequence[Any], name: str = "similarity") -> tuple[list[Any], dict[str, Any]]:
    texts = sentences(2 * ROWS)
    columns = {"sentence1": texts[:ROWS], "sentence2": texts[ROWS:], name: list(cells)}
    data = tunesmith.read(columns)
    assert data.kind is Kind.SCORED_PAIRS
    scores = data.examples.table["score"].to_pylist()
    return scores, {finding.code: finding for finding in data.findings}


@pytest.mark.parametrize("name", ["similarity", "score", "match", "Übereinstimmung"])
@pytest.mark.parametrize(
    "write",
    [
        "{}%",
        "{} %",
        "{}\N{NO-BREAK SPACE}%",
        "{},0 %",
        " {}.0%",
        "%{}",
        "% {}",
        "{}\N{ARABIC PERCENT SIGN}",
    ],
)
def test_percentages_are_shares(write: str, name: str) -> None:
    """However low the highest one is; and the file's own figures are named."""
    for step in (0.1, 1, 2.5):
        whole = [round(row * step) for row in range(ROWS)]
        scores, found = read([write.format(number) for number in whole], name)
        assert scores == pytest.approx([number / 100 for number in whole])
        assert found["percent-score"].count == ROWS
        assert not {"score-range", "missing-score"} & found.keys()


@pytest.mark.parametrize("odd", ["45", "0.45", "high", ""])
def test_an_odd_score_among_percentages(odd: str) -> None:
    """It is not guessed, but named."""
    cells = [f"{row}%" for row in range(ROWS)]
    cells[6] = odd
    scores, found = read(cells)
    assert scores[6] is None
    assert found["missing-score"].rows == (7,)
    assert not odd or f"“{odd}”" in found["missing-score"].message


def test_half_of_the_scores_are_percentages() -> None:
    """They are errors that say what to do, with their rows."""
    _, found = read([f"{row}%" if row % 2 else f"{row / 100}" for row in range(ROWS)])
    assert found["missing-score"].count == ROWS // 2
    assert "percent sign" in found["missing-score"].advice
    assert "percent-score" not in found


def test_above_100_percent() -> None:
    """Such scores are out of range as usual."""
    _, found = read([f"{row * 3}%" for row in range(ROWS)])
    assert "from 0 to 1.17" in found["score-range"].message


@pytest.mark.parametrize("label", [str, "{}%".format])
def test_percentages_as_labels(label: Callable[[int], str]) -> None:
    """Labels keep their names."""
    columns = {
        "text": sentences(ROWS),
        "discount": [label(10 * (row % 4)) for row in range(ROWS)],
    }
    data = tunesmith.read(columns)
    assert data.kind is Kind.LABELLED
    assert {count.label for count in data.counts} == {label(10 * row) for row in range(4)}
