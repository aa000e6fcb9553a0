"""Compressed variants are evaluated on the held-out test set and used only if it allows it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import tunesmith
from tests.error_fields import about
from tests.fitting.fits import fit
from tunesmith.encoders.text_encoder import TextEncoder
from tunesmith.errors import UsageError
from tunesmith.events import Event, Note
from tunesmith.results.fit_result import FitResult
from tunesmith.results.summary import Change, CompressedVariant
from tunesmith.stop import Stop, check_stop


def _fit(source: Path, base: Path, out: Path, **options: Any) -> FitResult:
    """Fit with the cheapest candidates only; the clock must be the ticking one."""
    return fit(source, base, output=out, **{"budget": "10s", **options})


def test_a_static_model_is_evaluated_on_the_test_set(toy_fit: FitResult) -> None:
    """The change goes from the kept model to the static one, on the same texts."""
    (variant,) = toy_fit.summary.variants
    assert variant.name == "static"
    assert variant.change is not None
    headline = toy_fit.verdict.headline
    kept = headline.tuned if toy_fit.summary.kept != "base" else headline.base
    assert variant.change.base == pytest.approx(kept)
    assert variant.change.metric == headline.metric


def test_distill_reproduces_the_measured_static_model(
    toy_fit: FitResult, toy_tickets: Path, tmp_path: Path
) -> None:
    """A static model distilled on the same texts has the score measured by the fit."""
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
def test_int8_is_served_if_test_accuracy_holds(
    tiny_model: Path, few_tickets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder then contains the int8 weights, and the loaded model uses them."""
    monkeypatch.setattr(
        "tunesmith.encoders.backends.onnx_export.LEAST_COSINE", 0.5
    )  # the tiny model is random
    result = _fit(few_tickets, tiny_model, tmp_path / "model", int8=True)
    variant = result.summary.variants[-1]
    assert variant.name == "int8"
    assert variant.acceptable, variant
    model = tunesmith.load(result.path)
    assert model.precision == "int8"
    texts = ["my card", "a late order"]
    quantized = TextEncoder(result.path, precision="int8", cache=False).encode(texts)
    whole = TextEncoder(result.path, cache=False).encode(texts)
    np.testing.assert_array_equal(model.encode(texts), quantized)
    assert np.abs(quantized - whole).max() > 1e-6


@pytest.mark.usefixtures("ticking")
def test_int8_that_changes_vectors_too_much_is_rejected(
    tiny_model: Path, few_tickets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model is served in float32, and the variant gives the reason."""
    monkeypatch.setattr("tunesmith.encoders.backends.onnx_export.LEAST_COSINE", 1.1)
    result = _fit(few_tickets, tiny_model, tmp_path / "model", int8=True)
    variant = result.summary.variants[-1]
    assert variant.change is None
    assert "cosine" in variant.reason
    assert not variant.acceptable
    assert tunesmith.load(result.path).precision == "float32"


@pytest.mark.usefixtures("ticking")
def test_int8_with_a_worse_test_score_is_removed(
    tiny_model: Path, toy_tickets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Similar vectors are not enough."""
    monkeypatch.setattr("tunesmith.encoders.backends.onnx_export.LEAST_COSINE", 0.5)

    class Opposite(TextEncoder):
        def encode(self, texts: Any, **options: Any) -> NDArray[np.float32]:
            return -super().encode(texts, **options)

    monkeypatch.setattr("tunesmith.fitting.labels.variants.TextEncoder", Opposite)
    result = _fit(toy_tickets, tiny_model, tmp_path / "model", int8=True)
    assert not result.summary.variants[-1].acceptable
    assert not (result.path / "onnx" / "int8").exists()
    assert tunesmith.load(result.path).precision == "float32"


@pytest.mark.usefixtures("ticking")
def test_an_interruption_skips_only_the_remaining_variants(
    tiny_model: Path, few_tickets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token set while a static model is evaluated does not stop the fit."""
    stop, events = Stop(), list[Event]()

    def stopped(*_: object, **__: object) -> None:
        stop.set()
        check_stop()

    monkeypatch.setattr("tunesmith.fitting.labels.variants.teach", stopped)
    result = _fit(
        few_tickets,
        tiny_model,
        tmp_path / "model",
        budget=None,
        stop=stop,
        on_event=events.append,
    )
    assert result.summary.variants == ()
    assert events[-1] == Note("stopped: not evaluated: Static: one vector per token")
    assert tunesmith.load(result.path).labels


@pytest.mark.usefixtures("ticking")
def test_a_static_model_is_left_out_without_time(
    tiny_model: Path, few_tickets: Path, tmp_path: Path
) -> None:
    """The fit says so, and does not go beyond its budget."""
    events = list[Event]()
    result = _fit(few_tickets, tiny_model, tmp_path / "model", on_event=events.append)
    assert result.summary.variants == ()
    assert events[-1] == Note("the budget is used up: not evaluated: Static: one vector per token")


def test_int8_cannot_be_combined_with_folds(tiny_model: Path, few_tickets: Path) -> None:
    """The error comes before any computation."""
    with pytest.raises(UsageError, check=about(option="int8")):
        fit(few_tickets, tiny_model, cross_validate=3, int8=True)


@pytest.mark.parametrize(
    ("low", "high", "least", "fits"),
    [
        (-0.1, 0.01, 0.95, True),  # not proven worse
        (-0.1, -0.01, 0.85, False),  # proven, and below the model's own interval
        (-0.1, -0.01, 0.75, True),  # proven, and within it
        (0.01, 0.1, 0.95, True),
    ],
)
def test_the_rule_by_which_a_variant_is_accepted(
    low: float, high: float, least: float, fits: bool
) -> None:
    """It must not be proven worse, or be within the model's own confidence interval."""
    variant = CompressedVariant("static", "", Change("accuracy", 0.9, 0.8, low, high), least)
    assert variant.acceptable is fits
    assert variant.finding.startswith("worse") is (high < 0)
    assert not CompressedVariant("static", "", reason="impossible").acceptable
