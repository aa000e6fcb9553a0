"""Predictions for every row by a model that was not trained on it, as files that a fit resumes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from tunesmith.evaluation.labels.calibration import (
    calibrated_predictions,
    calibrated_probabilities,
)
from tunesmith.evaluation.labels.label_scores import LabelScores
from tunesmith.evaluation.labels.neighbours import NEIGHBOURS, neighbour_votes
from tunesmith.evaluation.labels.predictions import Predictions
from tunesmith.evaluation.labels.probe import STRENGTHS, fit_probe
from tunesmith.evaluation.labels.targets import Targets
from tunesmith.fitting.labels.task import LabelTask
from tunesmith.fitting.task import Space
from tunesmith.models.familiar import evenly_drawn, nearest_similarity
from tunesmith.threads import one_thread
from tunesmith.vectors.similarity import search


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """Predictions of one candidate for n rows.

    Parameters
    ----------
    rows
        Positions of the rows among all, shape (n,).
    fold
        Number of the fold of each row, shape (n,).
    logits
        Logit of each label with each strength of the probe, float32, shape (strengths, n, labels).
    votes
        Labels by the vote of the nearest training vectors, shape (n, labels).
    neighbours
        Positions of these nearest training texts among all rows, shape (n, neighbours).
    similarities
        Cosine to the nearest training text, float32, shape (n,).
    """

    rows: NDArray[np.int64]
    fold: NDArray[np.int64]
    logits: NDArray[np.float32]
    votes: NDArray[np.bool_]
    neighbours: NDArray[np.int64]
    similarities: NDArray[np.float32]

    @classmethod
    def join(cls, parts: "Sequence[OutOfFold]") -> "OutOfFold":
        """Return the predictions of several folds, in the order of the rows."""
        rows = np.concatenate([part.rows for part in parts])
        order = np.argsort(rows)
        nearest = min(part.neighbours.shape[1] for part in parts)
        return cls(
            rows[order],
            np.concatenate([part.fold for part in parts])[order],
            np.concatenate([part.logits for part in parts], axis=1)[:, order],
            np.concatenate([part.votes for part in parts])[order],
            np.concatenate([part.neighbours[:, :nearest] for part in parts])[order],
            np.concatenate([part.similarities for part in parts])[order],
        )

    def strength(self, targets: Targets) -> int:
        """Return the number of the strength with the lowest log loss on these true labels.

        The probabilities are calibrated first, so that only the ranking of the labels counts.
        """
        given = np.zeros_like(self.votes)
        losses = [
            Predictions.of_probabilities(
                calibrated_probabilities(logits, targets, self.fold), given, given, targets
            ).loss.sum()
            for logits in self.logits
        ]
        return int(np.argmin(losses))

    def scores(self, targets: Targets, strength: int) -> LabelScores:
        """Return the scores against the true labels of these rows.

        Probabilities and thresholds are calibrated on the other folds' rows.
        """
        logits = self.logits[strength]
        predictions = Predictions.of_probabilities(
            calibrated_probabilities(logits, targets, self.fold),
            calibrated_predictions(logits, targets, self.fold),
            self.votes,
            targets,
        )
        return LabelScores(predictions, targets)


def predict_fold(
    task: LabelTask, space: Space, rows: tuple[NDArray[np.int64], NDArray[np.int64]], number: int
) -> OutOfFold:
    """Fit a probe of each strength on the training rows, and predict the held-out rows.

    Parameters
    ----------
    task
        Training rows, and held-out rows in place of a validation set.
    space
        Embedding space trained on the training rows.
    rows
        Positions of the training and of the held-out rows among all.
    number
        Number of the fold.
    """
    train, held_out = (space.encode(part.texts) for part in (task.train, task.validation))
    targets = task.train.targets
    with one_thread():
        classifiers = [fit_probe(train, targets, strength).classifier for strength in STRENGTHS]
    nearest = search(held_out, train, k=min(NEIGHBOURS, len(train))).indices
    return OutOfFold(
        rows[1],
        np.full(len(rows[1]), number),
        np.stack([classifier.logits(held_out) for classifier in classifiers]),
        neighbour_votes(held_out, train, targets),
        rows[0][nearest],
        nearest_similarity(held_out, evenly_drawn(train)),
    )


def write_fold(path: Path, fold: OutOfFold) -> None:
    """Write the predictions of a fold, completely or not at all."""
    tensors = {name: np.ascontiguousarray(tensor) for name, tensor in vars(fold).items()}
    unfinished = path.with_suffix(".unfinished")
    save_file(tensors, str(unfinished))
    unfinished.replace(path)


def read_fold(path: Path) -> OutOfFold | None:
    """Return predictions that an earlier run of the fit has written, or None."""
    return OutOfFold(**load_file(str(path))) if path.is_file() else None
