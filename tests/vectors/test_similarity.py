"""Similarities and search equal their naive versions, and never give NaN."""

from collections.abc import Callable
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sentence_transformers.util import SimilarityFunction, semantic_search

from tunesmith.errors import DataError, UsageError
from tunesmith.vectors.similarity import (
    Metric,
    cosine_similarity,
    pairwise_similarity,
    search,
    similarity,
)

BLOCKS = import_module("tunesmith.vectors.similarity")  # the package has a function of its name

METRICS = ["cosine", "dot", "euclidean", "manhattan"]
NAN = float("nan")
UNKNOWN: Any = "cosinus"
WORDS: Any = ["word"]
RAGGED: Any = [[1], [1, 2]]
WHOLE = st.integers(-3, 3).map(float)


def _naive(a: np.ndarray, b: np.ndarray, metric: str) -> float:
    a, b = a.astype(np.float64), b.astype(np.float64)
    if metric == "dot":
        return float(a @ b)
    if metric == "euclidean":
        return -float(np.sqrt(((a - b) ** 2).sum()))
    if metric == "manhattan":
        return -float(np.abs(a - b).sum())
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    return float(a @ b / lengths) if lengths else 0.0


def _draw(rows: int, width: int = 16, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, width)).astype(np.float32)


@pytest.mark.parametrize("metric", METRICS)
def test_similarities_equal_the_naive_ones(metric: Metric, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where blocks end in the middle; zeros and equal vectors included."""
    monkeypatch.setattr(BLOCKS, "QUERY_BLOCK", 3)
    monkeypatch.setattr(BLOCKS, "CORPUS_BLOCK", 5)
    monkeypatch.setattr(BLOCKS, "DIFFERENCE_BLOCK", 200)
    a, b = _draw(8), np.vstack([_draw(11, seed=1), np.zeros((1, 16)), _draw(8)])
    found = similarity(a, b, metric)
    assert found.dtype == np.float32
    np.testing.assert_allclose(
        found, [[_naive(x, y, metric) for y in b] for x in a], atol=2e-5, rtol=1e-5
    )
    np.testing.assert_allclose(
        pairwise_similarity(a, b[:8], metric), np.diag(found), atol=1e-5, rtol=1e-5
    )


@pytest.mark.parametrize("metric", METRICS)
def test_similarities_equal_those_of_sentence_transformers(metric: Metric) -> None:
    """Same sign, same scale."""
    theirs = SimilarityFunction.to_similarity_fn(metric)
    a, b = _draw(5), _draw(7, seed=1)
    np.testing.assert_allclose(similarity(a, b, metric), theirs(a, b).numpy(), atol=1e-4)


@given(
    arrays(np.float64, st.tuples(st.integers(1, 6), st.just(3)), elements=WHOLE),
    arrays(np.float64, st.tuples(st.integers(1, 12), st.just(3)), elements=WHOLE),
    st.integers(1, 14),
    st.sampled_from(METRICS),
)
def test_search_equals_a_full_stable_sort(
    queries: np.ndarray, corpus: np.ndarray, k: int, metric: Metric
) -> None:
    """Ties, frequent with small integers, are ordered by index for any block size."""
    scores = similarity(queries, corpus, metric)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BLOCKS, "QUERY_BLOCK", 4)
        patch.setattr(BLOCKS, "CORPUS_BLOCK", 5)
        hits = search(queries, corpus, k, metric)
    if metric in {"dot", "manhattan"}:
        np.testing.assert_array_equal(hits.indices, order)
    np.testing.assert_allclose(hits.scores, np.take_along_axis(scores, order, axis=1), atol=1e-6)
    assert hits.indices.shape == (len(queries), min(k, len(corpus)))
    assert hits.indices.dtype == np.int64
    assert hits.scores.dtype == np.float32


def test_search_equals_semantic_search() -> None:
    """The hits are those of sentence-transformers."""
    queries, corpus = _draw(20), _draw(500, seed=1)
    hits = search(queries, corpus, k=7)
    theirs = semantic_search(queries, corpus, top_k=7)
    assert hits.indices.tolist() == [[hit["corpus_id"] for hit in row] for row in theirs]
    np.testing.assert_allclose(
        hits.scores, [[hit["score"] for hit in row] for row in theirs], atol=1e-5
    )


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("width", [1, 7, 32, 100, 384])
def test_equal_vectors_are_ordered_by_index(metric: Metric, width: int) -> None:
    """Whatever else is in the call: the other queries, the other vectors and their number."""
    random = np.random.default_rng(width)
    for count in (2, 3, 7, 16, 31, 64):
        corpus = _draw(4, width, seed=count)[random.integers(4, size=count)]
        queries = _draw(10, width, seed=count + 1)
        hits = search(queries, corpus, 10, metric)
        for row in range(10):
            alone = search(queries[row], corpus, 10, metric)
            np.testing.assert_array_equal(alone.indices[0], hits.indices[row])
            np.testing.assert_array_equal(alone.scores[0], hits.scores[row])
            for better, worse in pairwise(hits.indices[row].tolist()):
                assert better < worse or (corpus[better] != corpus[worse]).any()


@pytest.mark.parametrize("metric", METRICS)
def test_a_score_depends_on_its_two_vectors_only(
    metric: Metric, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if other vectors are longer, and where blocks end."""
    queries = _draw(5, 48) / np.linalg.norm(_draw(5, 48), axis=1, keepdims=True)
    corpus = _draw(40, 48, seed=1)
    corpus /= np.linalg.norm(corpus, axis=1, keepdims=True)
    whole = search(queries, corpus, 40, metric)
    monkeypatch.setattr(BLOCKS, "QUERY_BLOCK", 2)
    monkeypatch.setattr(BLOCKS, "CORPUS_BLOCK", 3)
    longer = search(
        np.vstack([queries, 3 * queries]), np.vstack([corpus, 9 * corpus[:1]]), 41, metric
    )
    for row in range(5):
        kept = longer.indices[row] != 40
        np.testing.assert_array_equal(longer.indices[row][kept], whole.indices[row])
        np.testing.assert_array_equal(longer.scores[row][kept], whole.scores[row])


def test_equal_vectors_have_no_distance() -> None:
    """Squares of long, near vectors do not cancel out into a distance."""
    a = _draw(4, 384) * 100
    np.testing.assert_allclose(np.diag(similarity(a, a, "euclidean")), 0, atol=1e-3)
    np.testing.assert_allclose(
        np.diag(similarity(a, a + np.float32(0.01), "euclidean")), -0.01 * 384**0.5, rtol=1e-2
    )


def test_zero_vectors_have_similarity_0() -> None:
    """The cosine of a vector of zeros is 0."""
    assert cosine_similarity([0, 0], [[0, 0], [1, 1]]).tolist() == [[0, 0]]
    assert pairwise_similarity([[0, 0]], [[1, 1]]).tolist() == [0]
    assert search([0, 0], [[0, 0], [1, 1]]).indices.tolist() == [[0, 1]]


def test_cosines_stay_within_their_bounds() -> None:
    """Rounding never gives more than 1."""
    a = _draw(200, 384)
    assert np.abs(cosine_similarity(a, np.vstack([a, -a]))).max() <= 1


def test_a_single_vector_is_one_row() -> None:
    """On either side, and as plain lists or other floats."""
    assert cosine_similarity([1, 0], [[1, 0], [0, 1]]).tolist() == [[1, 0]]
    assert cosine_similarity(np.array([[1, 0]], np.float16), [2, 0]).tolist() == [[1]]
    assert search([1.0, 0.0], [1.0, 0.0], k=5).indices.tolist() == [[0]]


def test_no_vectors_give_no_similarities() -> None:
    """Empty on either side."""
    none, some = np.zeros((0, 4)), np.ones((2, 4))
    assert similarity(none, some).shape == (0, 2)
    assert search(some, none).indices.shape == (2, 0)
    assert search(none, some, k=1).scores.shape == (0, 1)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: similarity([1, 2], [1, 2, 3]), UsageError, "a has 2 dimensions but b has 3"),
        (lambda: search([[1, 2]], [[1]]), UsageError, "queries has 2 dimensions but corpus has 1"),
        (lambda: similarity([1], [[1.0], [NAN]]), DataError, "vector 1 of b .* NaN"),
        (lambda: search([np.inf], [1]), DataError, "vector 0 of queries"),
        (lambda: similarity([1], [1], metric=UNKNOWN), UsageError, "no metric 'cosinus'"),
        (lambda: pairwise_similarity([[1], [1]], [[1]]), UsageError, "a has 2 vectors and b 1"),
        (lambda: search([1], [1], k=0), UsageError, "k is 0"),
        (lambda: similarity(WORDS, [1]), UsageError, "a is not a matrix"),
        (lambda: similarity(RAGGED, [1]), UsageError, "a is not a matrix"),
        (lambda: similarity(np.ones((1, 1, 1)), [1]), UsageError, "a is an array with 3 axes"),
    ],
)  # fmt: skip
def test_invalid_input_is_refused(
    call: Callable[[], object], error: type[Exception], message: str
) -> None:
    """The message names the argument, the vector and what to do."""
    with pytest.raises(error, match=message):
        call()
