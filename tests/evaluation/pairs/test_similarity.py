"""Correlations of similarities with scores equal those of scipy and sentence-transformers."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr, spearmanr
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.evaluation import EmbeddingSimilarityEvaluator

from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import DataError
from tunesmith.evaluation.pairs.similarity import compare_similarity, evaluate_similarity
from tunesmith.vectors.similarity import pairwise_similarity

LEFT = [f"order number {number} is late" for number in range(30)]
RIGHT = [f"my card {number % 7} was refused" for number in range(30)]


def _vectors(seed: int, rows: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    left, right = generator.normal(size=(2, rows, 8)).astype(np.float32)
    return left, right, generator.random(rows)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 40))
def test_it_equals_scipy(seed: int, rows: int) -> None:
    """It holds for every measure, also with ties among the scores."""
    left, right, scores = _vectors(seed, rows)
    scores = np.round(scores * 4)
    if (scores == scores[0]).all():
        return
    found = evaluate_similarity(left, right, scores)
    for measure, values in found.similarities.items():
        np.testing.assert_allclose(values, pairwise_similarity(left, right, measure), rtol=1e-6)
        assert found.pearson(measure) == pytest.approx(pearsonr(values, scores)[0])
        assert found.spearman(measure) == pytest.approx(spearmanr(values, scores)[0])


def test_it_equals_sentence_transformers(tiny_model: Path) -> None:
    """The reference is its evaluator, on the same model and pairs."""
    scores = np.random.default_rng(0).random(30)
    functions = ["cosine", "dot", "euclidean", "manhattan"]
    theirs = EmbeddingSimilarityEvaluator(
        LEFT, RIGHT, scores.tolist(), similarity_fn_names=functions, show_progress_bar=False
    )(SentenceTransformer(str(tiny_model), device="cpu"))
    encoder = SentenceEncoder(tiny_model, cache=False)
    found = evaluate_similarity(encoder.encode(LEFT), encoder.encode(RIGHT), scores)
    for name in found.similarities:
        assert found.spearman(name) == pytest.approx(theirs[f"spearman_{name}"], abs=1e-3)
        assert found.pearson(name) == pytest.approx(theirs[f"pearson_{name}"], abs=1e-3)


def test_the_interval_is_paired() -> None:
    """A model compared with itself has not changed; a better one is proven better."""
    left, right, _ = _vectors(0, 200)
    scores = pairwise_similarity(left, right).astype(float)
    noisy = right + np.random.default_rng(1).normal(size=right.shape).astype(np.float32)
    base, tuned = (evaluate_similarity(left, vectors, scores) for vectors in (noisy, right))
    same = compare_similarity(base, base)
    assert (same.difference, same.low, same.high) == (0, 0, 0)
    change = compare_similarity(base, tuned, correlation="Pearson")
    assert change.tuned == pytest.approx(1)
    assert 0 < change.low < change.difference < change.high
    assert change.metric == "Pearson, cosine"


def test_scores_that_cannot_be_correlated_are_rejected() -> None:
    """Examples are too few, equal or missing scores."""
    left, right, scores = _vectors(0, 4)
    with pytest.raises(DataError, match="2 scored pairs are too few"):
        evaluate_similarity(left[:2], right[:2], scores[:2])
    with pytest.raises(DataError, match=r"all 4 pairs have the score 0\.5"):
        evaluate_similarity(left, right, np.full(4, 0.5))
    scores[2] = np.nan
    with pytest.raises(DataError, match="pair 3"):
        evaluate_similarity(left, right, scores)
