"""Predictions of a model, kept per item so that two models can be paired."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.labels.neighbours import neighbour_votes
from tunesmith.evaluation.labels.targets import Targets
from tunesmith.vectors.linear_classifier import LinearClassifier

Entry = TypeVar("Entry", bound=np.generic)

# Keeps the loss finite for a label that cannot be predicted.
SMALLEST_PROBABILITY = 1e-7


@dataclass(frozen=True, eq=False)
class Predictions:
    """One model's predictions on n items.

    Parameters
    ----------
    given
        Predicted labels, shape (n, labels).
    correct
        Number of correct entries of each item, shape (n,): 0 or 1 for single-label data, else the
        number of known labels predicted correctly.
    entries
        Number of scored entries of each item, shape (n,): 1, or the number of known labels.
    loss
        Sum of the negative log-likelihood over the entries of each item, shape (n,).
    neighbours_correct
        As ``correct``, for the vote of the five nearest training vectors.
    """

    given: NDArray[np.bool_]
    correct: NDArray[np.float64]
    entries: NDArray[np.float64]
    loss: NDArray[np.float64]
    neighbours_correct: NDArray[np.float64]

    @classmethod
    def of_labels(cls, given: NDArray[np.bool_], targets: Targets) -> "Predictions":
        """Return the predictions of a model without probabilities.

        Its loss is 0, and its labels are used for the neighbours' vote as well.
        """
        correct, entries = _count_correct(given, targets)
        return cls(given, correct, entries, np.zeros(len(correct)), correct)

    @classmethod
    def of_probabilities(
        cls,
        probabilities: NDArray[np.float32],
        given: NDArray[np.bool_],
        votes: NDArray[np.bool_],
        targets: Targets,
    ) -> "Predictions":
        """Return predictions scored against the targets.

        Parameters
        ----------
        probabilities
            Probability of each label, shape (n, labels).
        given, votes
            Labels predicted by the classifier and by the nearest neighbours, same shape.
        targets
            True labels of the items.
        """
        correct, entries = _count_correct(given, targets)
        return cls(
            given=given,
            correct=correct,
            entries=entries,
            loss=_loss(probabilities, targets),
            neighbours_correct=_count_correct(votes, targets)[0],
        )

    @classmethod
    def join(cls, parts: "list[Predictions]") -> "Predictions":
        """Return the concatenated predictions."""
        return cls(
            given=np.concatenate([part.given for part in parts]),
            correct=np.concatenate([part.correct for part in parts]),
            entries=np.concatenate([part.entries for part in parts]),
            loss=np.concatenate([part.loss for part in parts]),
            neighbours_correct=np.concatenate([part.neighbours_correct for part in parts]),
        )

    def take(self, rows: NDArray[np.int64]) -> "Predictions":
        """Return the predictions for some rows."""
        return Predictions(
            self.given[rows],
            self.correct[rows],
            self.entries[rows],
            self.loss[rows],
            self.neighbours_correct[rows],
        )

    def swapped(self, other: "Predictions", rows: NDArray[np.bool_]) -> "Predictions":
        """Return these predictions with another model's in some rows, shape (n,)."""
        return Predictions(
            given=np.where(rows[:, None], other.given, self.given),
            correct=np.where(rows, other.correct, self.correct),
            entries=self.entries,
            loss=np.where(rows, other.loss, self.loss),
            neighbours_correct=np.where(rows, other.neighbours_correct, self.neighbours_correct),
        )


@dataclass(frozen=True, eq=False)
class Vectors:
    """Training vectors and their targets, in which nearest neighbours are searched."""

    vectors: NDArray[np.float32]
    targets: Targets


def predict(
    classifier: LinearClassifier,
    vectors: NDArray[np.float32],
    targets: Targets,
    training: Vectors,
) -> Predictions:
    """Return the predictions of a classifier and of nearest neighbours, scored against targets.

    Parameters
    ----------
    classifier
        Classifier for the first columns of ``targets``; it cannot predict further columns.
    vectors
        Vectors of the items, float32, shape (n, d).
    targets
        True labels of the items.
    training
        Training vectors and labels for the nearest neighbours.
    """
    probabilities = _widen(classifier.probabilities(vectors), len(targets.labels))
    given = _widen(
        classifier.given(probabilities[:, : len(classifier.labels)]), len(targets.labels)
    )
    votes = _widen(
        neighbour_votes(vectors, training.vectors, training.targets), len(targets.labels)
    )
    return Predictions.of_probabilities(probabilities, given, votes, targets)


def _widen(matrix: NDArray[Entry], columns: int) -> NDArray[Entry]:
    return np.pad(matrix, ((0, 0), (0, columns - matrix.shape[1])))


def _count_correct(
    given: NDArray[np.bool_], targets: Targets
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if not targets.multilabel:
        right = np.any(given & targets.positive, axis=1)
        return np.asarray(right, dtype=np.float64), np.ones(len(targets))
    known = targets.known
    right = (given == targets.positive) & known
    return right.sum(axis=1).astype(np.float64), known.sum(axis=1).astype(np.float64)


def _loss(probabilities: NDArray[np.float32], targets: Targets) -> NDArray[np.float64]:
    likely = np.clip(probabilities.astype(np.float64), SMALLEST_PROBABILITY, 1)
    if not targets.multilabel:
        return np.asarray(-np.log(likely[targets.positive]))
    unlikely = np.clip(1 - probabilities.astype(np.float64), SMALLEST_PROBABILITY, 1)
    entry = np.where(targets.positive, -np.log(likely), -np.log(unlikely))
    return np.asarray(np.where(targets.known, entry, 0).sum(axis=1))
