"""The tuners for retrieval, and the choice of their strength."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from tunesmith.evaluation.pairs.retrieval import ndcg
from tunesmith.tuners.nudge import NudgeTuner
from tunesmith.tuners.query import QueryTuner
from tunesmith.tuners.relevance import Trial, choose
from tunesmith.vectors.similarity import search

TUNERS: list[Any] = [NudgeTuner(random_state=0), QueryTuner(random_state=0)]
EACH = pytest.mark.parametrize("tuner", TUNERS, ids=["nudge", "query"])


def _data() -> tuple[Any, Any, Any]:
    """Return documents, and three shifted queries for each of the first hundred."""
    rng = np.random.default_rng(0)
    documents = rng.normal(size=(200, 16))
    asked = np.repeat(np.arange(100), 3)
    way = np.eye(16)[[*range(8, 16), *range(8)]] * 0.6 + np.eye(16) * 0.6
    queries = documents[asked] @ way + 0.8 * rng.normal(size=(300, 16))
    return queries, documents, np.column_stack([np.arange(300), asked])


def _score(queries: Any, documents: Any, pairs: Any) -> float:
    lists = [pairs[pairs[:, 0] == query, 1] for query in range(len(queries))]
    return float(ndcg(search(queries, documents, k=10), lists).mean())


def test_moves_improve_retrieval() -> None:
    """Held-out queries about seen documents rank them better, whichever side moves."""
    queries, documents, pairs = _data()
    learn, held = pairs[pairs[:, 0] % 3 > 0], np.column_stack([np.arange(100), pairs[::3, 1]])
    asked = queries[::3]
    before = _score(asked, documents, held)
    nudged = NudgeTuner(corpus_type="closed", random_state=0).fit(queries, documents, learn)
    mapped = QueryTuner(random_state=0, alpha=1.0).fit(queries, documents, learn)
    assert _score(asked, nudged.transform(documents), held) > before + 0.02
    assert _score(mapped.transform(asked), documents, held) > before + 0.02


def test_documents_without_queries_do_not_move() -> None:
    """Their vectors do not change, and additional documents are passed through."""
    queries, documents, pairs = _data()
    tuner = NudgeTuner(max_change=0.3).fit(queries, documents, pairs)
    unit = documents / np.linalg.norm(documents, axis=1, keepdims=True)
    more = np.concatenate([documents, documents[:5]])
    moved = tuner.transform(more)
    np.testing.assert_allclose(moved[100:200], unit[100:], atol=1e-6)
    np.testing.assert_allclose(moved[200:], unit[:5], atol=1e-6)
    distances = np.linalg.norm(moved[:100] - unit[:100], axis=1)
    assert distances.max() <= 0.3 + 1e-5
    np.testing.assert_allclose(np.linalg.norm(moved, axis=1), 1, atol=1e-5)


@EACH
def test_strength_zero_changes_nothing(tuner: Any) -> None:
    """With strength 0 the vectors are only normalised."""
    queries, documents, pairs = _data()
    name = "max_change" if isinstance(tuner, NudgeTuner) else "strength"
    fitted = clone(tuner).set_params(**{name: 0.0}).fit(queries, documents, pairs)
    X = documents if isinstance(tuner, NudgeTuner) else queries
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    np.testing.assert_allclose(fitted.transform(X), unit, atol=1e-6)


@EACH
def test_saved_and_pickled(tuner: Any, tmp_path: Path) -> None:
    """Both give the same vectors and keep the trials."""
    queries, documents, pairs = _data()
    fitted = clone(tuner).fit(queries, documents, pairs)
    X = documents if isinstance(tuner, NudgeTuner) else queries
    loaded = type(tuner).load(fitted.save(tmp_path / "tuner"))
    assert loaded.trials_ == fitted.trials_
    for other in (loaded, pickle.loads(pickle.dumps(fitted))):
        np.testing.assert_array_equal(other.transform(X), fitted.transform(X))


@EACH
def test_random_relevance_gives_strength_zero(tuner: Any) -> None:
    """With random relevance, cross-validation chooses strength 0."""
    rng = np.random.default_rng(1)
    queries, documents = rng.normal(size=(200, 16)), rng.normal(size=(100, 16))
    pairs = np.column_stack([np.arange(200), rng.integers(100, size=200)])
    fitted = clone(tuner).fit(queries, documents, pairs)
    gains = {trial.strength: trial.known + trial.new for trial in fitted.trials_}
    chosen = fitted.max_change_ if isinstance(tuner, NudgeTuner) else fitted.strength_
    assert gains[chosen] < 0.05


def test_harm_to_new_documents_is_not_chosen() -> None:
    """In an open corpus a harmful strength is excluded; in a closed one only the gain counts."""
    found = (
        Trial(0.0, 0.0, 0.0, 0.0),
        Trial(1.0, 0.1, -0.001, 0.002),
        Trial(2.0, 0.3, -0.05, 0.01),
    )
    assert choose(found, "open") == 1.0
    assert choose(found, "closed") == 2.0


@EACH
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"relevant": [[0, 200]]}, "row 0 of relevant has document 200"),
        ({"relevant": [[-1, 2]]}, "row 0 of relevant has query -1"),
        ({"relevant": [0, 1]}, r"shape \(k, 2\)"),
        ({"relevant": [[0.5, 1.0]]}, "integers"),
        ({"relevant": np.empty((0, 2), dtype=int)}, "no query has a relevant document"),
        ({"documents": np.ones((200, 3))}, "16 dimensions but documents have 3"),
        ({"queries": np.full((300, 16), np.nan)}, "queries contains NaN in row 0"),
    ],
)
def test_invalid_relevance_is_refused(tuner: Any, change: dict[str, Any], message: str) -> None:
    """The message names the row."""
    queries, documents, pairs = _data()
    given = {"queries": queries, "documents": documents, "relevant": pairs, **change}
    with pytest.raises(ValueError, match=message):
        clone(tuner).fit(**given)


def test_too_few_documents_are_refused() -> None:
    """Documents are identified by index."""
    queries, documents, pairs = _data()
    with pytest.raises(ValueError, match="there are 199 documents, but fit saw 200"):
        NudgeTuner(max_change=0.1).fit(queries, documents, pairs).transform(documents[:199])


@pytest.mark.parametrize(
    "tuner",
    [
        NudgeTuner(max_change=3),
        NudgeTuner(corpus_type="other"),  # type: ignore[arg-type]  # wrong on purpose
        QueryTuner(temperature=0.0),
        QueryTuner(alpha=-1.0),
        QueryTuner(strength=-1.0),
    ],
)
def test_parameters_out_of_range_are_refused(tuner: Any) -> None:
    """The message says what to choose."""
    with pytest.raises(ValueError, match="choose"):
        tuner.fit(*_data())
