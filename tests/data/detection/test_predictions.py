"""Predictions of a model are never preferred to labels, and distances are no scores."""

from itertools import product

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.checks.checked import sentences
from tunesmith.data.checks.check import check
from tunesmith.data.detection.detect import Detected, detect
from tunesmith.data.reading.read import read
from tunesmith.kinds import Kind
from tunesmith.results.finding import Finding, Severity

ROWS = 48
PREDICTED = [
    "predicted_label", "prediction", "Prediction", "pred", "y_pred", "model_label", "label_pred",
    "predictedIntent", "Predicted Category", "guess", "y_hat", "preds",
]  # fmt: skip
TRUE = [
    "label", "true_label", "gold_label", "gold", "truth", "y_true", "Ground Truth", "human_label",
    "annotation", "intent", "actual", "expected", "Wahrheit", "stimmt", "actual_category",
]  # fmt: skip


def found(**columns: object) -> tuple[Detected, dict[str, Finding]]:
    loaded = read(pa.table(columns))
    detected = detect(loaded)
    return detected, {finding.code: finding for finding in check(detected, loaded)}


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(("predicted", "true"), list(product(PREDICTED, TRUE)))
def test_labels_are_preferred_to_predictions(predicted: str, true: str, first: bool) -> None:
    """Whatever their names, values and order; predictions may have fewer classes."""
    guesses, labels = ["lift", "water"] * (ROWS // 2), ["lift", "water", "door"] * (ROWS // 3)
    named = {predicted: guesses, true: labels}
    columns = named if first else dict(reversed(named.items()))
    detected, _ = found(text=sentences(ROWS), **columns)
    assert detected.columns == {"text": "text", "label": true}


@pytest.mark.parametrize("name", PREDICTED)
def test_predictions_alone_are_a_warning(name: str) -> None:
    """There may be no other labels, but a model that learns from them learns its errors."""
    detected, codes = found(text=sentences(ROWS), **{name: ["lift", "water"] * (ROWS // 2)})
    assert detected.columns["label"] == name
    assert "predictions of a model" in codes["left-aside"].message


@pytest.mark.parametrize("name", ["source", "Gender", "city", "user_name", "version", "fileName"])
def test_properties_as_labels_are_a_warning(name: str) -> None:
    """They are used only because nothing else repeats."""
    values = ["lift", "water"] * (ROWS // 2)
    detected, codes = found(text=sentences(ROWS), **{name: values})
    assert detected.columns["label"] == name
    assert "a property of the texts" in codes["left-aside"].message
    detected, codes = found(text=sentences(ROWS), topic=values[1:] + values[:1], **{name: values})
    assert detected.columns["label"] == "topic"


DISTANCES = ["distance", "Cosine Distance", "edit_distance", "dissimilarity", "dist", "wer", "rank"]


@pytest.mark.parametrize("texts", [("sentence1", "sentence2"), ("query", "document"), ("a", "b")])
@pytest.mark.parametrize("name", DISTANCES)
def test_distances_are_refused(name: str, texts: tuple[str, str]) -> None:
    """They fall with the similarity; renamed columns are read."""
    values = [row / ROWS for row in range(ROWS)]
    pairs = dict(zip(texts, (sentences(ROWS), sentences(2 * ROWS)[ROWS:]), strict=True))
    detected, codes = found(**pairs, **{name: values})
    assert detected.kind is Kind.SCORED_PAIRS
    assert codes["distance-score"].severity is Severity.ERROR
    assert codes["distance-score"].column == name
    assert "distance-score" not in found(**pairs, score=values)[1]


@pytest.mark.parametrize(
    "name", ["different", "is_different", "dissimilar", "not_duplicate", "is_negative"]
)
def test_different_texts_are_refused(name: str) -> None:
    """A yes then means a negative pair."""
    texts = {"sentence1": sentences(ROWS), "sentence2": sentences(2 * ROWS)[ROWS:]}
    detected, codes = found(**texts, **{name: [1, 0] * (ROWS // 2)})
    assert detected.kind is Kind.LABELLED_PAIRS
    assert "distance-score" in codes


@given(st.sampled_from(["score", "similarity", "relatedness", "sim", "match", "label", "district"]))
def test_scores_are_no_distances(name: str) -> None:
    """Names that only contain such a word are not refused."""
    texts = {"sentence1": sentences(ROWS), "sentence2": sentences(2 * ROWS)[ROWS:]}
    assert "distance-score" not in found(**texts, **{name: [0.5, 1.0] * (ROWS // 2)})[1]
