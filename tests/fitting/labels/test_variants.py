"""Compressed variants are evaluated on the held-out test set and used only if it allows it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import tunesmith
from tunesmith.encoders.text_encoder import TextEncoder
from tunesmith.errors import UsageError
from tunesmith.results.summary import Change, CompressedVariant, FitResult


def _fit(source: Path, base: Path, out: Path, **words: Any) -> FitResult:
    """Fit with the candidates that cost next to nothing: the clock must be the ticking one."""
    return tunesmith.fit(source, base=base, budget="10s", output=out, **words)


def test_a_static_model_is_tried_on_the_sealed_test(toy_fit: FitResult) -> None:
    """From the score of the model that is kept to that of the static one, on the same texts."""
    (form,) = toy_fit.summary.variants
    assert form.name == "static"
    assert form.change is not None
    headline = toy_fit.verdict.headline
    kept = headline.tuned if toy_fit.summary.kept != "base" else headline.base
    assert form.change.base == pytest.approx(kept)
    assert form.change.metric == headline.metric


def test_what_was_measured_is_what_is_distilled(
    toy_fit: FitResult, toy_tickets: Path, tmp_path: Path
) -> None:
    """Distilled from the fit's own texts, the whole static model scores what the fit said."""
    test = set(toy_fit.evidence.texts)
    lines = toy_tickets.read_text("utf-8").splitlines()[1:]
    rows = [line.rpartition(",")[::2] for line in lines]
    static = tunesmith.distill(
        toy_fit.path, [text for text, _ in rows if text not in test], output=tmp_path / "static"
    )
    model = tunesmith.load(static.path)
    truth = dict(rows)
    given = [item.label for item in model.classify(toy_fit.evidence.texts)]
    right = np.mean(
        [label == truth[text] for label, text in zip(given, toy_fit.evidence.texts, strict=True)]
    )
    change = toy_fit.summary.variants[0].change
    assert change is not None
    assert right == pytest.approx(change.tuned, abs=0.1)  # the order of the texts differs


@pytest.mark.usefixtures("ticking")
def test_8_bits_are_served_where_the_test_allows_it(
    tiny_model: Path, toy_tickets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder then carries them, and the loaded model uses them."""
    monkeypatch.setattr(
        "tunesmith.encoders.backends.onnx_export.LEAST_COSINE", 0.5
    )  # the tiny model is random
    result = _fit(toy_tickets, tiny_model, tmp_path / "model", int8=True)
    form = result.summary.variants[1]
    assert form.name == "int8"
    assert form.fits, form
    model = tunesmith.load(result.path)
    assert model.precision == "int8"
    texts = ["my card", "a late order"]
    quantized = TextEncoder(result.path, precision="int8", cache=False).encode(texts)
    whole = TextEncoder(result.path, cache=False).encode(texts)
    np.testing.assert_array_equal(model.encode(texts), quantized)
    assert np.abs(quantized - whole).max() > 1e-6


@pytest.mark.usefixtures("ticking")
def test_8_bits_that_turn_vectors_too_far_are_refused(
    tiny_model: Path, toy_tickets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model is served whole, and the fit says why."""
    monkeypatch.setattr("tunesmith.encoders.backends.onnx_export.LEAST_COSINE", 1.1)
    result = _fit(toy_tickets, tiny_model, tmp_path / "model", int8=True)
    form = result.summary.variants[1]
    assert form.change is None
    assert "turn too far" in form.reason
    assert not form.fits
    assert tunesmith.load(result.path).precision == "float32"


@pytest.mark.usefixtures("ticking")
def test_8_bits_that_lose_the_sealed_test_are_removed(
    tiny_model: Path, toy_tickets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Near vectors are not enough."""
    monkeypatch.setattr("tunesmith.encoders.backends.onnx_export.LEAST_COSINE", 0.5)

    class Opposite(TextEncoder):
        def encode(self, texts: Any, **words: Any) -> NDArray[np.float32]:
            return -super().encode(texts, **words)

    monkeypatch.setattr("tunesmith.fitting.labels.variants.TextEncoder", Opposite)
    result = _fit(toy_tickets, tiny_model, tmp_path / "model", int8=True)
    assert not result.summary.variants[1].fits
    assert not (result.path / "onnx" / "int8").exists()
    assert tunesmith.load(result.path).precision == "float32"


@pytest.mark.usefixtures("ticking")
def test_an_interruption_costs_only_what_was_to_come(
    tiny_model: Path, toy_tickets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while a static model is tried leaves the fit whole."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tunesmith.fitting.labels.variants.teach", interrupted)
    result = _fit(toy_tickets, tiny_model, tmp_path / "model")
    assert result.summary.variants == ()
    assert tunesmith.load(result.path).labels


def test_folds_have_no_sealed_test_for_it(tiny_model: Path, toy_tickets: Path) -> None:
    """Said before anything is computed."""
    with pytest.raises(UsageError, match="folds have none"):
        tunesmith.fit(toy_tickets, base=tiny_model, folds=3, int8=True)


@pytest.mark.parametrize(
    ("low", "high", "least", "fits"),
    [
        (-0.1, 0.01, 0.95, True),  # not proven worse
        (-0.1, -0.01, 0.85, False),  # proven, and below the model's own interval
        (-0.1, -0.01, 0.75, True),  # proven, and within it
        (0.01, 0.1, 0.95, True),
    ],
)
def test_the_rule_by_which_a_form_is_offered(
    low: float, high: float, least: float, fits: bool
) -> None:
    """Not proven worse, or by less than the test can tell of the model itself."""
    form = CompressedVariant("static", "", Change("accuracy", 0.9, 0.8, low, high), least)
    assert form.fits is fits
    assert form.finding.startswith("worse") is (high < 0)
    assert not CompressedVariant("static", "", reason="impossible").fits
