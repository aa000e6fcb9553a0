"""Guessed labels: what is labelled teaches what is not, and wrong labels are found."""

import numpy as np
import pytest

import tunesmith
from tunesmith.encoders import SentenceEncoder
from tunesmith.errors import DataError, UsageError
from tunesmith.labelling import guess_labels
from tunesmith.labelling.guesses import LEARNED_FROM


@pytest.fixture(scope="module")
def tickets() -> tuple[np.ndarray, np.ndarray]:
    """Vectors of the example by the bundled model, and labels."""
    data = tunesmith.read(tunesmith.example("tickets.csv"))
    labels = np.array(data.examples.table["label"].to_pylist())
    return SentenceEncoder().encode(data.examples.texts()), labels


def test_most_guesses_from_a_few_labels_are_right(tickets: tuple[np.ndarray, np.ndarray]) -> None:
    vectors, labels = tickets
    known = np.random.default_rng(0).permutation(len(labels)) < 150
    given = [label if one else None for label, one in zip(labels, known, strict=True)]
    guesses = guess_labels(vectors, given)
    right = np.array(guesses.names)[guesses.likely] == labels
    assert right[~known].mean() > 0.7
    # the doubtful ones are wrong more often
    doubtful = guesses.doubt > np.median(guesses.doubt[~known])
    assert right[~known & ~doubtful].mean() > right[~known & doubtful].mean() + 0.15
    assert ((guesses.doubt >= 0) & (guesses.doubt <= 1)).all()


def test_wrong_labels_are_suspected(tickets: tuple[np.ndarray, np.ndarray]) -> None:
    vectors, labels = tickets
    wrong = np.random.default_rng(1).choice(len(labels), 30, replace=False)
    spoilt = labels.copy()
    spoilt[wrong] = np.roll(labels[wrong], 7)
    wrong = np.flatnonzero(spoilt != labels)
    guesses = guess_labels(vectors, spoilt.tolist())
    found = guesses.suspects[: len(wrong)]
    assert np.isin(found, wrong).mean() > 0.4
    assert (
        spoilt[guesses.suspects] != np.array(guesses.names)[guesses.likely[guesses.suspects]]
    ).all()


def test_many_labels_are_learned_from_in_turns() -> None:
    rows = LEARNED_FROM + 500
    vectors = np.eye(4, dtype=np.float32)[np.arange(rows) % 2]
    labels = ["common" if row % 2 else "other" for row in range(rows)]
    labels[0] = "rare"
    guesses = guess_labels(vectors, labels)
    assert guesses.names == ("common", "other", "rare")
    assert (np.array(guesses.names)[guesses.likely[1::2]] == "common").all()


def test_the_same_seed_gives_the_same_guesses(tickets: tuple[np.ndarray, np.ndarray]) -> None:
    vectors, labels = tickets
    one, other = (guess_labels(vectors, labels.tolist(), seed=3) for _ in range(2))
    assert np.array_equal(one.doubt, other.doubt)


def test_two_labels_are_needed() -> None:
    vectors = np.eye(3, dtype=np.float32)
    with pytest.raises(DataError, match="2 different labels"):
        guess_labels(vectors, ["a", "a", None])
    with pytest.raises(UsageError, match="one label for each"):
        guess_labels(vectors, ["a"])
    assert guess_labels(vectors, ["a", "b", None]).suspects.tolist() == []
