"""nDCG of rankings."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from tunesmith.evaluation.pairs.retrieval import ndcg
from tunesmith.vectors.similarity import Hits


@given(
    order=st.permutations(range(8)),
    relevant=st.sets(st.integers(0, 7), min_size=1),
    k=st.integers(1, 8),
)
def test_it_equals_scikit_learn(order: list[int], relevant: set[int], k: int) -> None:
    """It holds for any order, relevant documents and cut-off."""
    hits = Hits(np.array([order[:k]]), np.zeros((1, k), dtype=np.float32))
    truth, scores = np.zeros((1, 8)), np.zeros((1, 8))
    truth[0, list(relevant)] = 1
    scores[0, order] = np.arange(8, 0, -1)
    found = ndcg(hits, [np.array(sorted(relevant))])
    np.testing.assert_allclose(found, ndcg_score(truth, scores, k=k))


def test_a_query_without_relevant_documents_scores_0() -> None:
    """Its score is not NaN."""
    hits = Hits(np.array([[0, 1]]), np.zeros((1, 2), dtype=np.float32))
    assert ndcg(hits, [np.array([], dtype=np.int64)]).tolist() == [0.0]
