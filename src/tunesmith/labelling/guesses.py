"""Guess the labels of all texts from those of some, and find labels that may be wrong."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tunesmith.errors import DataError, UsageError
from tunesmith.evaluation.labels.calibration import calibrated_probabilities, logits_of
from tunesmith.evaluation.labels.label_errors import suspected_labels
from tunesmith.evaluation.labels.probe import fit_probe
from tunesmith.evaluation.labels.targets import Targets
from tunesmith.labelling.label_guesses import LabelGuesses
from tunesmith.threads import one_thread
from tunesmith.vectors.linear_classifier import LinearClassifier

FEWEST_LABELS: Final = 2
"""Minimum number of different labels for a guess."""
LEARNED_FROM: Final = 5_000
"""Maximum number of labelled texts that the classifier is trained on, from all labels in turn."""

_FOLDS = 5
_FEWEST_FOR_SUSPECTS = 40
_STRENGTH = 25.0
_BLOCK = 20_000  # texts whose probabilities are held at a time

Vectors = NDArray[np.float32]


def guess_labels(vectors: Vectors, labels: Sequence[str | None], *, seed: int = 0) -> LabelGuesses:
    """Train a linear classifier on the labelled texts and predict all of them.

    Parameters
    ----------
    vectors
        Vectors of the texts, of length 1, float32, shape (n, d).
    labels
        The label of each text; None without one.
    seed
        Random seed of the folds, and of the sample of more than :data:`LEARNED_FROM` labels.

    Returns
    -------
    LabelGuesses
        The likely label of each text, its probability, the doubt, and suspected labels.

    Raises
    ------
    UsageError
        The numbers of vectors and labels differ.
    DataError
        There are fewer than :data:`FEWEST_LABELS` different labels.

    Examples
    --------
    >>> vectors = np.repeat(np.eye(2, dtype=np.float32), 5, axis=0)
    >>> guesses = guess_labels(vectors, ["card", None, None, None, None, "order", *[None] * 4])
    >>> [guesses.names[number] for number in guesses.likely[[1, 6]]]
    ['card', 'order']
    """
    if len(vectors) != len(labels):
        raise UsageError("there is not one label for each vector", option="labels")
    names, codes = _numbered(labels)
    if len(names) < FEWEST_LABELS:
        raise DataError(
            "a guess needs texts with 2 different labels", hint="label a text of another class"
        )
    learned, folds = _sample(codes, np.random.default_rng(seed))
    known = Targets(np.eye(len(names), dtype=np.float32)[codes[learned]], names, multilabel=False)
    with one_thread():
        own = _out_of_fold(vectors[learned], known, folds)
        classifier = fit_probe(vectors[learned], known, _STRENGTH).classifier
    guesses = _predicted(classifier, vectors, codes, (learned, own))
    return LabelGuesses(names, *guesses, _suspects(own, known, learned))


def _numbered(labels: Sequence[str | None]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    names = tuple(sorted({label for label in labels if label is not None}))
    numbers: dict[str | None, int] = {name: number for number, name in enumerate(names)}
    return names, np.array([numbers.get(label, -1) for label in labels], dtype=np.int64)


def _sample(
    codes: NDArray[np.int64], random: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the positions to learn from and the fold of each; labels take turns in both."""
    shuffled = random.permutation(np.flatnonzero(codes >= 0))
    order = np.argsort(codes[shuffled], kind="stable")
    starts = np.searchsorted(codes[shuffled][order], codes[shuffled][order])
    turns = np.arange(len(order)) - starts
    chosen = np.argsort(turns, kind="stable")[:LEARNED_FROM]
    return shuffled[order[chosen]], turns[chosen] % _FOLDS


def _out_of_fold(vectors: Vectors, known: Targets, folds: NDArray[np.int64]) -> Vectors:
    """Return the probabilities of texts by classifiers that were not trained on them."""
    found = np.full(known.values.shape, 1 / len(known.labels), dtype=np.float32)
    for fold in np.unique(folds):
        train, test = folds != fold, folds == fold
        if train.any():
            probe = fit_probe(vectors[train], known.take(np.flatnonzero(train)), _STRENGTH)
            found[test] = probe.classifier.probabilities(vectors[test])
    if len(folds) < _FEWEST_FOR_SUSPECTS:
        return found
    return calibrated_probabilities(logits_of(found, multilabel=False), known, folds)


def _predicted(
    classifier: LinearClassifier,
    vectors: Vectors,
    codes: NDArray[np.int64],
    learned: tuple[NDArray[np.int64], Vectors],
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    likely = np.zeros(len(codes), dtype=np.int64)
    best, doubt = np.zeros((2, len(codes)), dtype=np.float32)
    places = np.full(len(codes), -1)
    places[learned[0]] = np.arange(len(learned[0]))
    for start in range(0, len(codes), _BLOCK):
        part = slice(start, start + _BLOCK)
        found = classifier.probabilities(vectors[part])
        own = places[part] >= 0
        found[own] = learned[1][places[part][own]]
        likely[part], best[part] = found.argmax(axis=1), found.max(axis=1)
        doubt[part] = _doubt(found, codes[part])
    return likely, best, doubt


def _doubt(probabilities: Vectors, codes: NDArray[np.int64]) -> NDArray[np.float32]:
    two = np.sort(probabilities, axis=1)[:, -2:]
    given = probabilities[np.arange(len(codes)), codes]
    return np.where(codes >= 0, 1 - given, 1 - (two[:, 1] - two[:, 0])).astype(np.float32)


def _suspects(own: Vectors, known: Targets, learned: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(learned) < _FEWEST_FOR_SUSPECTS:
        return np.zeros(0, dtype=np.int64)
    return np.array([each.row for each in suspected_labels(own, known, learned)], dtype=np.int64)
