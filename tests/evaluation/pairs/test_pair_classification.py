"""Pair classification: results equal those of scikit-learn and sentence-transformers."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.evaluation import BinaryClassificationEvaluator
from sklearn.metrics import f1_score

from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import DataError
from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.pairs.pair_classification import (
    PairClassificationResult,
    evaluate_pair_classification,
)

LEFT = [f"order number {number} is late" for number in range(40)]
RIGHT = [f"my card {number % 7} was refused" for number in range(40)]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=2, max_size=40))
def test_the_best_threshold_is_the_best(pairs: list[tuple[int, bool]]) -> None:
    """No other threshold gives a higher F1."""
    values, positive = (np.array(column) for column in zip(*pairs, strict=True))
    if positive.all() or not positive.any():
        return
    found, threshold = PairClassificationResult(values.astype(float), positive).best_f1
    naive = [f1_score(positive, values >= limit) for limit in range(10) if (values >= limit).any()]
    assert found == pytest.approx(max(naive))
    assert f1_score(positive, values >= threshold) == pytest.approx(found)


def test_it_equals_sentence_transformers(tiny_model: Path) -> None:
    """The reference is its evaluator, on the same model and pairs."""
    encoder = SentenceEncoder(tiny_model, cache=False)
    left, right = encoder.encode(LEFT), encoder.encode(RIGHT)
    ranks = (left * right).sum(axis=1).argsort().argsort()
    # Similar pairs are mostly positive: before 6.2, its evaluator never predicts all to be.
    positive = (ranks + np.random.default_rng(0).normal(0, 8, 40) > 20).astype(int)
    theirs = BinaryClassificationEvaluator(
        LEFT, RIGHT, positive.tolist(), similarity_fn_names=["cosine"], show_progress_bar=False
    )(SentenceTransformer(str(tiny_model), device="cpu"))
    found = evaluate_pair_classification(left, right, positive)
    assert found.average_precision == pytest.approx(theirs["cosine_ap"], abs=1e-3)
    assert found.best_f1[0] == pytest.approx(theirs["cosine_f1"], abs=1e-3)


def test_the_interval_is_paired() -> None:
    """A model compared with itself has not changed; one with less noise is proven better."""
    generator = np.random.default_rng(0)
    positive = generator.random(200) < 0.5
    clear = positive + generator.normal(scale=0.3, size=200)
    noisy = positive + generator.normal(scale=2.0, size=200)
    base, tuned = (
        PairClassificationResult(noisy, positive),
        PairClassificationResult(clear, positive),
    )
    same = Comparison(base, base).change("average precision")
    assert (same.difference, same.low, same.high) == (0, 0, 0)
    change = Comparison(base, tuned).change("average precision")
    assert 0 < change.low < change.difference < change.high


def test_labels_must_differ() -> None:
    """Pairs with the same label are rejected."""
    vectors = np.eye(3, dtype=np.float32)
    with pytest.raises(DataError, match="all 3 pairs are positive"):
        evaluate_pair_classification(vectors, vectors, np.ones(3, dtype=int))
