"""Classes with a single text do not stop a fit, nor do rows without a text or label."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import tunesmith
from tests.fitting.fits import BRIEF, fit
from tunesmith.errors import DataError, FaultyRows
from tunesmith.events import Event, Note
from tunesmith.results.fit_result import FitResult

RARE = {
    "tax": "a first question about dues",
    "law": "another odd matter for us",
    "war": "the very last of them all",
}


@pytest.fixture(scope="module")
def rows(toy_tickets: Path) -> list[list[str]]:
    """Sixty rows of two classes."""
    lines = toy_tickets.read_text("utf-8").splitlines()[1:]
    return [row for line in lines if (row := line.split(","))[1] != "login"][:60]


@pytest.fixture(scope="module")
def long_tail(rows: list[list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """These rows and three classes of one row each, at the end."""
    path = tmp_path_factory.mktemp("tail") / "tail.csv"
    lines = [",".join(row) for row in [*rows, *([text, label] for label, text in RARE.items())]]
    path.write_text("\n".join(["text,label", *lines]) + "\n", "utf-8")
    return path


@pytest.fixture(scope="module")
def fitted(
    long_tail: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> FitResult:
    folder = tmp_path_factory.mktemp("fitted") / "model"
    return fit(long_tail, tiny_model, recipe=BRIEF, output=folder)


def test_a_class_with_one_row_is_trained_on_and_not_tested(fitted: FitResult) -> None:
    """Every candidate learns it, the model knows its label, and the results leave it out."""
    summary = fitted.summary
    assert summary.rows == summary.train + summary.validation + summary.test == 63
    assert not set(RARE.values()) & set(fitted.evidence.texts)
    assert {row.label for row in summary.classes} == {"card", "order"}
    assert {str(rung.status) for rung in summary.rungs} == {"done"}
    macro = next(change for change in summary.changes if change.metric == "macro F1")
    assert macro.base == pytest.approx(np.mean([row.f1.base for row in summary.classes]))
    assert set(tunesmith.load(fitted.path).labels) == {"card", "order", *RARE}


def test_the_finding_report_and_card_name_the_classes(fitted: FitResult) -> None:
    """A reader of the scores learns which classes they do not cover."""
    (finding,) = (item for item in fitted.summary.findings if item.code == "tiny-class")
    assert finding.rows == (61, 62, 63)
    assert finding.message == "3 classes with a single row: “law”, “tax” and “war”."
    assert fitted.summary.untested == ("law", "tax", "war")
    sentence = "3 classes without a test text, which no metric covers: "
    assert f"{sentence}law, tax, war." in (fitted.path / "README.md").read_text("utf-8")
    page = (fitted.path / "report.html").read_text("utf-8")
    assert f"{sentence}<bdi>law</bdi>, <bdi>tax</bdi>, <bdi>war</bdi>." in page
    confusions = page[page.index('<section id="confusions">') :]
    assert "law" not in confusions[: confusions.index("</section>")]


@pytest.mark.usefixtures("ticking")
def test_folds_test_every_other_row(long_tail: Path, tiny_model: Path) -> None:
    """The rows of rare classes are training rows of every fold."""
    result = fit(long_tail, tiny_model, cross_validate=3, budget="60s")
    assert len(result.evidence.texts) == result.summary.test == 60
    assert not set(RARE.values()) & set(result.evidence.texts)
    assert result.summary.train + result.summary.validation == 63
    page = (result.path / "report.html").read_text("utf-8")
    assert "except for 3 rows used for training only" in page


def test_a_strict_fit_names_the_rows(long_tail: Path, tiny_model: Path) -> None:
    """Skipping them is offered, and works."""
    with pytest.raises(FaultyRows, match=r"rows 61, 62 and 63[\s\S]*skip_invalid"):
        fit(long_tail, tiny_model, strict=True)
    data = tunesmith.read(long_tail, strict=True, skip_invalid=True)
    assert tunesmith.advise(data, base=tiny_model).rows == 60


@pytest.mark.usefixtures("ticking")
def test_rows_without_text_or_label_are_skipped(
    rows: list[list[str]], tiny_model: Path, tmp_path: Path
) -> None:
    """Five empty texts and three missing labels: the fit says that 8 rows were skipped."""
    path = tmp_path / "gaps.csv"
    gaps = [*([" ", "card"] for _ in range(5)), *([f"no label {row}", ""] for row in range(3))]
    lines = [",".join(row) for row in [*gaps, *rows]]
    path.write_text("\n".join(["text,label", *lines]) + "\n", "utf-8")
    events: list[Event] = []
    result = fit(path, tiny_model, budget="10s", on_event=events.append)
    assert result.summary.rows == 60
    notes = [event.text for event in events if isinstance(event, Note)]
    assert "gaps.csv: skipped 8 invalid rows: 1, 2, 3, 4, 5, 6, 7, 8" in notes
    assert [(item.code, item.count) for item in result.summary.findings][:2] == [
        ("empty-text", 5),
        ("missing-label", 3),
    ]
    with pytest.raises(FaultyRows, match="8 invalid rows"):
        fit(path, tiny_model, strict=True)


@pytest.mark.usefixtures("ticking")
@pytest.mark.parametrize("form", ["lists", "series", "frame", "arrow"])
def test_missing_values_in_memory(rows: list[list[str]], tiny_model: Path, form: str) -> None:
    """None and NaN are missing texts and labels in lists, series and tables."""
    texts = [None, float("nan"), "", "no label", "none", *(row[0] for row in rows)]
    labels = ["card", "card", "order", None, float("nan"), *(row[1] for row in rows)]
    frame = pd.DataFrame({"text": texts, "label": labels})
    arrow = pa.Table.from_pandas(frame)
    given = {
        "lists": (texts, labels),
        "series": (frame["text"], frame["label"]),
        "frame": (frame, "label"),
        "arrow": (arrow, "label"),
    }[form]
    result = tunesmith.fit(*given, base=tiny_model, budget="10s")
    assert result.summary.rows == 60
    assert [item.count for item in result.summary.findings[:2]] == [3, 2]


def test_data_without_a_class_that_can_be_tested(tiny_model: Path) -> None:
    """Two classes of copies of one text have no test set."""
    texts = ["where is my card please"] * 20 + ["the order is late again"] * 20
    table = pa.table({"text": texts, "label": ["card"] * 20 + ["order"] * 20})
    with pytest.raises(DataError, match="2 distinct texts, 0 of which can be tested"):
        fit(table, tiny_model)
