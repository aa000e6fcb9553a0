"""Retrieval metrics equal those of sentence-transformers, a naive version and scikit-learn."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.evaluation import InformationRetrievalEvaluator
from sklearn.metrics import ndcg_score

from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import DataError
from tunesmith.evaluation.item_scores import value
from tunesmith.evaluation.pairs.evaluators import RetrievalEvaluator, build_evaluator
from tunesmith.evaluation.pairs.retrieval import evaluate_retrieval, first_answers
from tunesmith.kinds import Retrieval

DOCUMENTS = [f"order number {number} is {word}" for number in range(60) for word in ("late", "ok")]
QUERIES = [f"where is number {number}" for number in range(30)]
RELEVANT = [np.array(sorted({7 * query % 120, 3 * query, 119 - query})) for query in range(30)]
THEIRS = {
    "nDCG@10": "cosine_ndcg@10",
    "MRR@10": "cosine_mrr@10",
    "recall@1": "cosine_recall@1",
    "recall@10": "cosine_recall@10",
    "recall@100": "cosine_recall@100",
    "MAP@100": "cosine_map@100",
}


def naive(ranking: Sequence[int], relevant: set[int]) -> dict[str, float]:
    """Return each metric of one query by its definition."""
    gains = [1 / np.log2(rank + 1) for rank, one in enumerate(ranking[:10], 1) if one in relevant]
    best = [1 / np.log2(rank + 1) for rank in range(1, min(10, len(relevant)) + 1)]
    first = next((rank for rank, one in enumerate(ranking[:10], 1) if one in relevant), None)
    precisions = [
        len(relevant.intersection(ranking[:rank])) / rank
        for rank, one in enumerate(ranking[:100], 1)
        if one in relevant
    ]
    return {
        "nDCG@10": sum(gains) / sum(best),
        "MRR@10": 1 / first if first else 0.0,
        **{
            f"recall@{k}": len(relevant.intersection(ranking[:k])) / len(relevant)
            for k in (1, 10, 100)
        },
        "MAP@100": sum(precisions) / min(len(relevant), 100),
    }


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 130), st.data())
def test_it_equals_a_naive_version(seed: int, documents: int, data: st.DataObject) -> None:
    """It holds for any number of documents and of relevant ones."""
    generator = np.random.default_rng(seed)
    queries = generator.normal(size=(3, 6)).astype(np.float32)
    corpus = generator.normal(size=(documents, 6)).astype(np.float32)
    some = st.sets(st.integers(0, documents - 1), min_size=1)
    relevant = [np.array(sorted(data.draw(some))) for _ in queries]
    found = evaluate_retrieval(queries, corpus, relevant)
    cosines = queries @ (corpus / np.linalg.norm(corpus, axis=1)[:, None]).T
    first = first_answers(queries, corpus, relevant)
    for row, own in enumerate(relevant):
        ranking = np.argsort(-cosines[row], kind="stable").tolist()
        for metric, expected in naive(ranking, set(own.tolist())).items():
            assert found.items[metric][row] == pytest.approx(expected)
        assert first.ranks[row] == min(ranking.index(one) for one in own.tolist()) + 1
        assert first.documents[row] == ranking[first.ranks[row] - 1]


def test_it_equals_sentence_transformers(tiny_model: Path) -> None:
    """The reference is its evaluator, on the same model, queries and documents."""
    theirs = InformationRetrievalEvaluator(
        {str(index): text for index, text in enumerate(QUERIES)},
        {str(index): text for index, text in enumerate(DOCUMENTS)},
        {str(index): {str(one) for one in own} for index, own in enumerate(RELEVANT)},
        precision_recall_at_k=[1, 10, 100],
    )(SentenceTransformer(str(tiny_model), device="cpu"))
    encoder = SentenceEncoder(tiny_model, cache=False, backend="torch")
    found = RetrievalEvaluator(QUERIES, DOCUMENTS, tuple(RELEVANT)).evaluate(encoder.encode)
    for ours, name in THEIRS.items():
        assert value(found, ours) == pytest.approx(theirs[name], abs=1e-3), ours


def test_data_that_cannot_be_evaluated_is_rejected() -> None:
    """Examples are no queries, and a query without a relevant document."""
    vectors = np.eye(3, dtype=np.float32)
    with pytest.raises(DataError, match="there is no query"):
        evaluate_retrieval(vectors[:0], vectors, [])
    with pytest.raises(DataError, match="query 2 has no relevant document"):
        evaluate_retrieval(vectors[:2], vectors, [np.array([0]), np.array([], dtype=np.int64)])


@pytest.mark.slow
def test_scifact_equals_scikit_learn(shared_data: Path, home: Path) -> None:
    """A twelfth of the queries, a reduced corpus and the real model."""
    examples = detect(read(shared_data / "scifact")).examples
    assert isinstance(examples, Retrieval)
    test = np.flatnonzero(np.array(examples.table["split"].to_pylist()) == "test")
    whole = build_evaluator(examples.take(test[::12]))
    assert isinstance(whole, RetrievalEvaluator)
    kept = np.union1d(np.arange(0, len(whole.documents), 100), np.concatenate(whole.relevant))
    documents = [whole.documents[index] for index in kept]
    relevant = tuple(np.searchsorted(kept, own) for own in whole.relevant)
    encode = SentenceEncoder(backend="torch").encode  # an export costs more than it gives
    found = replace(whole, documents=documents, relevant=relevant).evaluate(encode)
    truth = np.zeros((len(relevant), len(kept)))
    for row, own in enumerate(relevant):
        truth[row, own] = 1
    cosines = encode(whole.queries, prompt="query") @ encode(documents, prompt="document").T
    assert value(found, "nDCG@10") == pytest.approx(ndcg_score(truth, cosines, k=10), abs=1e-4)
    assert value(found, "nDCG@10") > 0.645  # among all documents
