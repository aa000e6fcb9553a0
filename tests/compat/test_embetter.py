"""Code written for embetter works after changing the import."""

from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np
import pytest
from scipy.sparse import coo_matrix, csr_array, csr_matrix
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from tunesmith.compat import embetter
from tunesmith.errors import DataError


def _data(rows: int = 120) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    labels = np.arange(rows) % 3
    return (rng.normal(size=(rows, 12)) + 2 * np.eye(12)[labels]).astype(np.float32), labels


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("FeedForwardTuner", (50, 500, 0.01, 32)),
        ("ContrastiveTuner", (50, 3, 20, 0.001)),
        ("ContrastiveLearner", (300, 16, 1, 2e-5)),
    ],
)
def test_defaults_and_order_of_arguments(name: str, arguments: tuple[Any, ...]) -> None:
    """Positional arguments have the same order and defaults."""
    kind = getattr(embetter, name)
    assert kind(*arguments).get_params() == kind().get_params()


def test_keywords_of_embetter() -> None:
    """Every keyword of embetter's classes is accepted."""
    embetter.FeedForwardTuner(hidden_dim=5, epochs=2, learning_rate=0.1, batch_size=8)
    embetter.ContrastiveTuner(hidden_dim=5, n_neg=1, epochs=2, learning_rate=0.1)
    embetter.ContrastiveLearner(shape_out=5, batch_size=8, epochs=2, learning_rate=0.1)
    embetter.SbertLearner(sent_tfm="all-MiniLM-L6-v2", batch_size=8, epochs=2, warmup_steps=5)


def test_tuners_as_in_the_guide() -> None:
    """fit, partial_fit with classes, transform, and a pipeline."""
    X, y = _data()
    for kind in (embetter.FeedForwardTuner, embetter.ContrastiveTuner):
        tuner = kind(hidden_dim=7)
        assert tuner.fit(X, y).transform(X).shape == (120, 7)
        assert tuner.partial_fit(X, y, classes=np.unique(y)).transform(X).shape == (120, 7)
        pipeline = make_pipeline(kind(), LogisticRegression()).fit(X, y)
        assert pipeline.score(X, y) > 0.9


def test_the_learner_as_in_the_guide() -> None:
    """fit with columns of pairs, transform, and predict, which always raised in embetter."""
    X, y = _data()
    learner = embetter.ContrastiveLearner(shape_out=6)
    learner.fit(X, X[::-1], (y == y[::-1]).astype(float))
    assert learner.transform(X).shape == (120, 6)
    np.testing.assert_allclose(learner.predict(X, X), 1, atol=1e-5)


class Shapes:
    """A custom encoder that records its inputs."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def transform(self, X: list[str]) -> Any:
        self.seen += list(X)
        return np.array([[len(text), text.count("e"), 1.0] for text in X])


def test_cached_encodes_each_text_once() -> None:
    """Repeated texts are read from the cache, within a call and later."""
    shapes = Shapes()
    encoder = embetter.cached("shapes", shapes)
    expected = Shapes().transform(["one", "three", "one"])
    np.testing.assert_array_equal(encoder.transform(["one", "three", "one"]), expected)
    np.testing.assert_array_equal(encoder.transform(["three", "two"])[0], expected[1])
    assert shapes.seen == ["one", "three", "two"]


def test_calc_distances() -> None:
    """The default aggregate over anchors is the maximum, as in embetter."""
    encoder = embetter.cached("distances", Shapes())
    far, near = (
        embetter.calc_distances(
            ["one", "eleven"], ["one", "two"], encoder, metric="cityblock", aggregate=aggregate
        )
        for aggregate in (np.max, np.min)
    )
    np.testing.assert_allclose(far, [1, 6])
    np.testing.assert_allclose(near, [0, 5])


def test_difference_classifier() -> None:
    """``enc`` and ``clf_head`` are the names of its parameters."""
    texts, others = ["one", "seven", "two", "eleven"], ["one", "one", "two", "two"]
    classifier = embetter.DifferenceClassifier(enc=Shapes(), clf_head=LogisticRegression())
    classifier = clone(classifier, safe=False).fit(X1=texts, X2=others, y=[1, 0, 1, 0])
    assert classifier.predict(X1=texts, X2=others).tolist() == [1, 0, 1, 0]
    assert set(classifier.get_params(deep=False)) == {"enc", "clf_head"}


@pytest.mark.slow
def test_the_real_encoder_in_a_pipeline() -> None:
    """In a pipeline with a tuner, on texts."""
    texts = ["my card is lost", "lost my card", "parcel is late", "where is my parcel"] * 5
    labels = ["card", "card", "parcel", "parcel"] * 5
    pipeline = make_pipeline(
        embetter.SentenceEncoder("all-MiniLM-L6-v2"),
        embetter.FeedForwardTuner(),
        LogisticRegression(),
    )
    assert pipeline.fit(texts, labels).predict(["my card was stolen"]).tolist() == ["card"]


MATRICES: dict[str, Callable[[Any], Any]] = {
    "matrix": np.matrix,
    "csr matrix": csr_matrix,
    "csr array": csr_array,
    "coo matrix": coo_matrix,
}


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("case", MATRICES)
@pytest.mark.parametrize("name", ["FeedForwardTuner", "ContrastiveTuner"])
def test_matrices_of_any_kind_give_the_same_vectors(name: str, case: str) -> None:
    """As the array that they hold, for fit, partial_fit and transform."""
    X, y = _data()
    tuner = getattr(embetter, name)
    other = MATRICES[case](X)
    expected = tuner(epochs=2, random_state=0).fit(X, y).transform(X)
    found = tuner(epochs=2, random_state=0).fit(other, y).transform(other)
    np.testing.assert_array_equal(found, expected)
    assert tuner().partial_fit(other, y, classes=np.unique(y)).transform(other).shape == (120, 50)


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("case", MATRICES)
def test_learners_take_matrices_of_any_kind(case: str) -> None:
    """So do classifiers of differences, and distances."""
    X, y = _data()
    other = MATRICES[case](X)
    learner = embetter.ContrastiveLearner(shape_out=6, epochs=1)
    learner.fit(other, MATRICES[case](X[::-1]), (y == y[::-1]).astype(float))
    np.testing.assert_allclose(learner.predict(other, other), 1, atol=1e-5)

    class Encoder:
        def transform(self, texts: list[int]) -> Any:
            return MATRICES[case](X[texts])

    classifier = embetter.DifferenceClassifier(Encoder())
    classifier.fit([0, 1, 3, 4], [3, 5, 6, 8], [1, 0, 1, 0])
    assert classifier.predict([0, 1], [0, 2]).shape == (2,)
    assert embetter.calc_distances([0, 1, 2], [0, 3], Encoder()).argmin() == 0


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("hidden_dim", [25, 50])
@pytest.mark.parametrize("name", ["FeedForwardTuner", "ContrastiveTuner"])
def test_one_example_of_each_class(name: str, hidden_dim: int) -> None:
    """Counts of words as a matrix, three texts and three labels, as in embetter's own tests."""
    texts = ["i am positive", "i am negative", "this is neutral"]
    counts = CountVectorizer().fit_transform(texts)
    tuner = getattr(embetter, name)(hidden_dim=hidden_dim)
    with pytest.warns(UserWarning, match="no two rows of y share a label"):
        tuner.fit(counts.todense(), ["pos", "neg", "neu"])
    assert tuner.transform(counts.todense()).shape == (3, hidden_dim)


@pytest.mark.parametrize("name", ["FeedForwardTuner", "ContrastiveTuner"])
def test_a_missing_label_is_no_class(name: str) -> None:
    """It is refused before it could make the labels all different."""
    with pytest.raises(DataError, match="no label in row 2"):
        getattr(embetter, name)().fit(np.eye(3), ["a", "b", float("nan")])


def test_batches_are_tuples() -> None:
    """The last one may be shorter; a size below one makes no sense."""
    assert list(embetter.batched(range(10), n=3)) == [(0, 1, 2), (3, 4, 5), (6, 7, 8), (9,)]
    assert list(embetter.batched(iter(()), n=3)) == []
    assert [*chain.from_iterable(embetter.batched(iter(range(250))))] == [*range(250)]
    with pytest.raises(ValueError, match="choose 1 or more"):
        list(embetter.batched(range(5), n=0))
