"""Results show themselves in a notebook, and print shortly and without texts."""

import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tunesmith
from tunesmith.data import detect
from tunesmith.data import read as read_rows
from tunesmith.notebook import in_notebook
from tunesmith.results.finding import FIRST_ROWS, Finding, Severity
from tunesmith.results.fit_result import FitResult
from tunesmith.results.notebook import findings_html, table

HOSTILE = "<script>alert(1)</script>"


def test_a_fit_prints_on_one_line(toy_fit: FitResult) -> None:
    """Outcome, metric and folder; no text of the data."""
    shown = repr(toy_fit)
    assert len(shown) < 400
    assert toy_fit.verdict.outcome in shown
    assert toy_fit.evidence.texts[0] not in shown + repr(toy_fit.evidence)
    assert len(repr(toy_fit.evidence)) < 100


@pytest.mark.parametrize(
    "make",
    [
        tunesmith.read,
        read_rows,
        lambda path: detect(read_rows(path)),
        lambda path: detect(read_rows(path)).examples,
        tunesmith.inspect,
    ],
    ids=["dataset", "rows", "detected", "examples", "inspection"],
)
def test_data_print_shortly(toy_tickets: Path, make: Callable[[Path], Any]) -> None:
    """Names and counts, but no text of the data."""
    shown = repr(make(toy_tickets))
    assert len(shown) < 1000
    assert toy_tickets.read_text("utf-8").splitlines()[1].split(",")[0] not in shown


def test_a_fit_shows_verdict_and_metrics(toy_fit: FitResult) -> None:
    """As HTML, with the interval of each metric."""
    page = toy_fit._repr_html_()
    assert toy_fit.verdict.outcome.capitalize() in page
    assert page.count("<tr>") > len(toy_fit.summary.changes)
    model = tunesmith.load(toy_fit.path)
    assert toy_fit.verdict.outcome.capitalize() in model._repr_html_()


def test_texts_are_escaped(tmp_path: Path) -> None:
    """Labels, columns and findings of a hostile file."""
    path = tmp_path / "hostile.csv"
    rows = "".join(f"text number {n} {HOSTILE},{HOSTILE if n % 2 else 'b'}\n" for n in range(60))
    path.write_text(f"text,label\n{rows}", "utf-8")
    page = tunesmith.read(path)._repr_html_()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    quoted = Finding("x", Severity.NOTE, 1, f"Such as {HOSTILE}", "Fix.", sample=HOSTILE)
    assert HOSTILE not in findings_html([quoted])
    assert HOSTILE not in table([HOSTILE], [[HOSTILE]])


def test_text_is_left_aligned_and_long_lists_are_marked() -> None:
    """Notebooks align cells to the right; an ellipsis marks row numbers that are left out."""
    rows = tuple(range(1, FIRST_ROWS + 1))
    page = findings_html([Finding("x", Severity.NOTE, 300, "Many.", "Fix.", rows=rows)])
    assert f", {FIRST_ROWS}, …</td>" in page
    assert '<td style="text-align: left">1, 2' in page
    assert "<td>300</td>" in page


def test_show_opens_the_report(toy_fit: FitResult, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside a notebook, in the browser."""
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    assert not in_notebook()
    toy_fit.show()
    assert opened == [toy_fit.report.resolve().as_uri()]
