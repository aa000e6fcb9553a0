"""Tuners in pipelines, in streams and as a saved model, mostly with the real encoder."""

import csv
import json
import pickle
from collections.abc import Callable
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from tunesmith import SentenceEncoder
from tunesmith.models import attach
from tunesmith.tuners import ContrastiveTuner, FeedForwardTuner, LinearTuner

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("common_home")]
INTENT = itemgetter("category")
TUNERS: list[Any] = [
    LinearTuner(),
    FeedForwardTuner(random_state=0),
    ContrastiveTuner(random_state=0),
]
EACH = pytest.mark.parametrize("tuner", TUNERS, ids=["linear", "feed forward", "contrastive"])


@pytest.fixture(scope="module")
def tickets() -> tuple[list[str], Any]:
    """Half of the example tickets: texts and labels."""
    path = Path(__file__).resolve().parents[2] / "examples" / "tickets.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows[::2]], np.array([row["intent"] for row in rows[::2]])


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vector cache shared by the tests of this file."""
    return tmp_path_factory.mktemp("cache")


Banking = Callable[[int, int, int], list[tuple[Any, Any]]]


@pytest.fixture(scope="module")
def banking(shared_data: Path, cache: Path) -> Banking:
    """Banking77: vectors and intents of the first training and test texts of some intents."""

    def part(name: str, intents: int, each: int) -> tuple[Any, Any]:
        path = shared_data / "banking77" / f"{name}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            groups = groupby(sorted(csv.DictReader(file), key=INTENT), key=INTENT)
            rows = [row for _, own in islice(groups, intents) for row in islice(own, each)]
        vectors = SentenceEncoder(cache=cache).encode([row["text"] for row in rows])
        return vectors, np.array([row["category"] for row in rows])

    return lambda intents, train, test: [
        part("train", intents, train),
        part("test", intents, test),
    ]


@EACH
def test_in_a_pipeline(tuner: Any, tickets: tuple[list[str], Any], cache: Path) -> None:
    """It fits, predicts, cross-validates, clones and pickles."""
    texts, labels = tickets
    steps = SentenceEncoder(cache=cache), clone(tuner), LogisticRegression(max_iter=1000)
    pipeline = make_pipeline(*steps).fit(texts, labels)
    predicted = pipeline.predict(texts)
    assert (predicted == labels).mean() > 0.9
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(pipeline)).predict(texts), predicted)
    np.testing.assert_array_equal(clone(pipeline).fit(texts, labels).predict(texts), predicted)
    assert cross_val_score(pipeline, texts, labels, cv=3).mean() > 0.75


@EACH
def test_as_a_plain_model(
    tuner: Any, tickets: tuple[list[str], Any], tiny_model: Path, tmp_path: Path
) -> None:
    """The folder gives the tuned vectors through sentence-transformers alone."""
    texts, labels = (column[:200] for column in tickets)
    encoder = SentenceEncoder(tiny_model)
    fitted = clone(tuner).fit(encoder.encode(texts), labels)
    tuned = attach(encoder, fitted, tmp_path / "model")
    expected = fitted.transform(encoder.encode(texts[:20]))
    np.testing.assert_allclose(tuned.encode(texts[:20]), expected, atol=1e-5)
    plain = SentenceTransformer(str(tmp_path / "model"), device="cpu")
    np.testing.assert_allclose(plain.encode(texts[:20]), expected, atol=1e-5)


def test_a_hundred_batches_come_close_to_fit(banking: Banking) -> None:
    """One pass over 15 intents in 100 batches: a classifier on top is within 0.04 of ``fit``."""
    train, test = banking(15, 40, 20)
    classes = np.unique(train[1])
    streamed = FeedForwardTuner(random_state=0)
    order = np.random.default_rng(0).permutation(len(train[1]))
    for part in np.array_split(order, 100):
        streamed.partial_fit(train[0][part], train[1][part], classes=classes)
    fitted = FeedForwardTuner(random_state=0).fit(*train)
    scores = [_probe(tuner, train, test) for tuner in (fitted, streamed)]
    assert scores[1] > scores[0] - 0.04


@EACH
def test_neighbours_of_unseen_texts_get_better(tuner: Any, banking: Banking) -> None:
    """15 intents with 16 texts each: 5-NN on the test texts rises by at least 0.01."""
    train, test = banking(15, 16, 20)
    neighbours = KNeighborsClassifier(5, metric="cosine")
    before = neighbours.fit(*train).score(*test)
    fitted = clone(tuner).fit(*train)
    neighbours.fit(fitted.transform(train[0]), train[1])
    assert neighbours.score(fitted.transform(test[0]), test[1]) > before + 0.01


@EACH
def test_partly_unknown_labels_of_real_data(tuner: Any, shared_data: Path, cache: Path) -> None:
    """Tuners can be trained on the nested labels of arXiv sentences, many of which are missing."""
    path = shared_data / "embetter" / "new-dataset.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()][:300]
    names = sorted({name for row in rows for name in row["cats"]})
    known = np.array([[row["cats"].get(name, np.nan) for name in names] for row in rows], float)
    vectors = SentenceEncoder(cache=cache).encode([row["text"] for row in rows])
    fitted = clone(tuner).fit(vectors, known)
    column = int(np.isfinite(known).sum(axis=0).argmax())
    ask = np.flatnonzero(np.isfinite(known[:, column]))
    found, truth = fitted.transform(vectors[ask]), known[ask, column]
    nearest = np.argsort(-(found @ found.T), axis=1)[:, 1:6]
    assert ((truth[nearest].mean(axis=1) > 0.5) == (truth == 1)).mean() > 0.85


def _probe(tuner: Any, train: Any, test: Any) -> float:
    probe = LogisticRegression(C=10, max_iter=200).fit(tuner.transform(train[0]), train[1])
    return float(probe.score(tuner.transform(test[0]), test[1]))
