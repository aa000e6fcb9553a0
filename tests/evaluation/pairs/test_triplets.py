"""Triplet accuracy equals that of a naive version and of sentence-transformers."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer import evaluation as peer

from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.evaluation.item_scores import value
from tunesmith.evaluation.pairs.evaluators import TripletEvaluator
from tunesmith.evaluation.pairs.triplets import TRIPLET_ACCURACY, evaluate_triplets

ANCHORS = [f"order number {number} is late" for number in range(40)]
POSITIVES = [f"late is my order {number}" for number in range(40)]
NEGATIVES = [f"my card {number % 7} was refused" for number in range(40)]


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 4), min_size=1, max_size=8))
def test_it_equals_a_naive_version(seed: int, counts: list[int]) -> None:
    """It holds for any number of negatives per anchor."""
    generator = np.random.default_rng(seed)
    anchors, positives = generator.normal(size=(2, len(counts), 5)).astype(np.float32)
    negatives = generator.normal(size=(sum(counts), 5)).astype(np.float32)
    rows = np.repeat(np.arange(len(counts)), counts)
    found = evaluate_triplets(anchors, positives, negatives, rows).items[TRIPLET_ACCURACY]
    for index, (anchor, positive) in enumerate(zip(anchors, positives, strict=True)):
        nearer = [
            _cosine(anchor, positive) > _cosine(anchor, negative)
            for negative in negatives[rows == index]
        ]
        assert found[index] == pytest.approx(np.mean(nearer))


def test_it_equals_sentence_transformers(tiny_model: Path) -> None:
    """The reference is its evaluator, on the same model, with one negative per anchor."""
    theirs = peer.TripletEvaluator(ANCHORS, POSITIVES, NEGATIVES, similarity_fn_names=["cosine"])(
        SentenceTransformer(str(tiny_model), device="cpu")
    )
    evaluator = TripletEvaluator(ANCHORS, POSITIVES, [[text] for text in NEGATIVES])
    found = evaluator.evaluate(SentenceEncoder(tiny_model, cache=False, backend="torch").encode)
    assert value(found, TRIPLET_ACCURACY) == pytest.approx(theirs["cosine_accuracy"], abs=1e-6)
    assert 0 < theirs["cosine_accuracy"] < 1
