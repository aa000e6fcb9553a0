"""Suggestions: different from each other, and worth more than labelling in random order."""

from pathlib import Path

import numpy as np
import pytest

import tunesmith
from tunesmith.encoders import SentenceEncoder
from tunesmith.errors import UsageError
from tunesmith.evaluation.labels.probe import fit_probe
from tunesmith.evaluation.labels.targets import Targets
from tunesmith.labelling import Reason, guess_labels, suggest

ROUNDS, BATCH = 5, 20


def load(source: str | Path, rows: int = 1_200) -> tuple[np.ndarray, np.ndarray]:
    data = tunesmith.read(str(source)).examples
    chosen = data.take(np.random.default_rng(0).permutation(len(data))[:rows])
    labels = np.array(chosen.table["label"].to_pylist())
    return SentenceEncoder().encode(chosen.texts()), labels


def labelled_by(order: str, vectors: np.ndarray, labels: np.ndarray, seed: int) -> float:
    """Return the accuracy on a third of the texts after labelling some of the others."""
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    test, pool = np.split(shuffled, [len(labels) // 3])
    given: list[str | None] = [None] * len(labels)
    for round_ in range(ROUNDS):
        if order == "random":
            chosen = pool[round_ * BATCH : (round_ + 1) * BATCH]
        else:
            known = len({label for label in given if label is not None}) > 1
            guesses = guess_labels(vectors, given) if known else None
            found = suggest(vectors, given, guesses, reviewed=test.tolist(), count=BATCH, seed=seed)
            chosen = np.array([each.position for each in found if given[each.position] is None])
        for position in chosen.tolist():
            given[position] = str(labels[position])
    trained = np.flatnonzero([label is not None for label in given])
    names, codes = np.unique(labels, return_inverse=True)
    targets = Targets(np.eye(len(names), dtype=np.float32)[codes], tuple(names), multilabel=False)
    probe = fit_probe(vectors[trained], targets.take(trained), 25.0).classifier
    return float((probe.probabilities(vectors[test]).argmax(axis=1) == codes[test]).mean())


def gain(vectors: np.ndarray, labels: np.ndarray) -> float:
    """Return how much more accurate 100 suggested labels are than 100 random ones."""
    return float(
        np.mean(
            [
                labelled_by("suggested", vectors, labels, seed)
                - labelled_by("random", vectors, labels, seed)
                for seed in range(3)
            ]
        )
    )


def test_suggestions_beat_a_random_order_on_the_example() -> None:
    assert gain(*load(tunesmith.example("tickets.csv"))) > 0.01


@pytest.mark.long
def test_suggestions_beat_a_random_order(shared_data: Path) -> None:
    assert gain(*load(shared_data / "banking77" / "train.csv")) > 0.04


def test_without_labels_each_group_has_a_suggestion() -> None:
    vectors = np.repeat(np.eye(5, dtype=np.float32), [9, 7, 5, 3, 1], axis=0)
    found = suggest(vectors, [None] * 25, None, count=5)
    assert sorted(np.argmax(vectors[[each.position for each in found]], axis=1)) == [0, 1, 2, 3, 4]
    assert found[0].position < 9  # the largest group comes first
    assert {each.reason for each in found} == {Reason.TYPICAL}
    assert {each.likely for each in found} == {None}


def test_suspects_take_turns_with_uncertain_texts_and_none_comes_twice() -> None:
    random = np.random.default_rng(0)
    centres = np.repeat(np.eye(3, 8, dtype=np.float32), 60, axis=0)
    vectors = centres + 0.1 * random.normal(size=centres.shape).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels: list[str | None] = [f"class {row // 60}" if row % 3 else None for row in range(180)]
    for row in (1, 70, 130):
        labels[row] = f"class {(row // 60 + 1) % 3}"
    guesses = guess_labels(vectors, labels)
    found = suggest(vectors, labels, guesses, count=12)
    assert [each.position for each in found if each.reason is Reason.SUSPECTED] != []
    assert found[2].reason is Reason.SUSPECTED
    assert found[2].likely == f"class {found[2].position // 60}"
    assert len({each.position for each in found}) == 12
    reviewed = [each.position for each in found]
    again = suggest(vectors, labels, guesses, reviewed=reviewed, count=12)
    assert not {each.position for each in again} & set(reviewed)


def test_when_all_is_reviewed_there_is_nothing_left() -> None:
    vectors = np.eye(3, dtype=np.float32)
    assert suggest(vectors, [None] * 3, None, reviewed=range(3)) == ()
    assert suggest(vectors[:0], [], None) == ()


def test_wrong_arguments() -> None:
    vectors = np.eye(3, dtype=np.float32)
    with pytest.raises(UsageError, match="count"):
        suggest(vectors, [None] * 3, None, count=0)
    with pytest.raises(UsageError, match="one label for each"):
        suggest(vectors, [None], None)
