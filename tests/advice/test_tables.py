"""Advice shows itself in a notebook, with every text escaped."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from tunesmith.advice.advise import Advice, advise
from tunesmith.advice.class_forecast import ClassForecast
from tunesmith.advice.learning_curve import CurvePoint, Doubling, LearningCurve
from tunesmith.advice.tables import curve_html, curve_rows, forecast_sentences

HOSTILE = "<script>alert(1)</script>"
POINTS = (CurvePoint(0.4, 240, 0.81), CurvePoint(0.8, 480, 0.86))
FORECAST = ClassForecast(HOSTILE, rows=3, recall=0.8, f1=0.82, expected=0.86, gain=0.03)
CURVE = LearningCurve(
    "macro F1", 600, 600, 10.0, 4, 0, POINTS, 0.87, Doubling(1200, 0.9, 0.88, 0.92), (FORECAST,)
)


@pytest.fixture(scope="module")
def hostile(
    toy_tickets: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Advice:
    """The advice on a file whose name and labels are HTML."""
    path = tmp_path_factory.mktemp("hostile") / "<img src=x>.csv"
    path.write_text(toy_tickets.read_text("utf-8").replace(",card\n", f",{HOSTILE}\n"), "utf-8")
    return advise(path, base=tiny_model)


def test_hostile_texts_are_escaped(hostile: Advice) -> None:
    """In the name of the file, and in labels with a forecast."""
    page = hostile._repr_html_()
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;img src=x&gt;.csv" in page
    forecast = curve_html(CURVE)
    assert "<script" not in forecast
    assert "&lt;script&gt;" in forecast


def test_the_page_holds_what_the_command_shows(hostile: Advice) -> None:
    """Sentences, candidates with times, recipes, and the learning curve; the repr is one line."""
    page = hostile._repr_html_()
    for rung in hostile.rungs:
        assert rung.title in page
    assert all(f">{each.name}</td>" in page for each in hostile.recipes)
    assert hostile.curve is not None
    assert page.count("<tr>") >= len(hostile.rungs) + len(hostile.recipes) + 5
    assert f"budget {hostile.budget})" in repr(hostile)
    assert len(repr(hostile)) < 100


def test_what_cannot_be_is_explained(hostile: Advice) -> None:
    """Without candidates, the obstacle; without a curve, the reason."""
    page = replace(
        hostile, rungs=(), obstacle=f"no {HOSTILE}", curve=None, why_no_curve="It needs labels."
    )._repr_html_()
    assert "Cannot fit: no &lt;script&gt;" in page
    assert "It needs labels." in page


def test_unlabelled_texts_have_no_curve(tiny_model: Path) -> None:
    """They are shown with the reason, and without the text."""
    texts = pa.table({"text": [f"text {HOSTILE} number {n} of many" for n in range(40)]})
    advice = advise(texts, base=tiny_model)
    page = advice._repr_html_()
    assert advice.why_no_curve in page
    assert "script" not in page


def test_a_curve_of_a_sample_has_two_forecasts() -> None:
    """One for all rows, and one for twice as many; few rows of a label make it unreliable."""
    assert [row[:2] for row in curve_rows(CURVE)] == [
        ("40%", "240"),
        ("80%", "480"),
        ("160%", "960"),
    ]
    sample = replace(CURVE, rows=1200)
    notes = [note for *_, note in curve_rows(sample)]
    assert notes == ["", "", "expected", "expected, 0.880 to 0.920"]
    assert len(forecast_sentences(sample)) == 3
    assert len(forecast_sentences(replace(CURVE, metric="accuracy"))) == 1
