"""Evaluate the base and the chosen model on the held-out test set of labelled text."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.labels.label_scores import LabelScores
from tunesmith.evaluation.labels.neighbours import NEIGHBOURS
from tunesmith.evaluation.labels.predictions import Vectors, predict
from tunesmith.evaluation.labels.probe import fit_probe
from tunesmith.fitting.labels.task import LabelCandidate, LabelledSet, refit_tuner
from tunesmith.fitting.outcome import Finalist
from tunesmith.vectors.linear_classifier import LinearClassifier
from tunesmith.vectors.similarity import search


@dataclass(frozen=True, eq=False)
class LabelFinalist(Finalist):
    """A refitted candidate for labelled text, with its classifier and training vectors."""

    classifier: LinearClassifier
    training: Vectors
    texts: list[str]


@dataclass(frozen=True, eq=False)
class Tested:
    """Results of one model on test texts.

    Parameters
    ----------
    scores
        Scores of the predictions.
    neighbours
        Positions of the nearest training texts of each text, shape (n, neighbours).
    confidence
        Probability of the most probable label of each text, shape (n,).
    vectors
        Vectors of the texts, shape (n, d); None if several models were tested, each on a part.
    """

    scores: LabelScores
    neighbours: NDArray[np.int64]
    confidence: NDArray[np.float32]
    vectors: NDArray[np.float32] | None = None


def prepare_finalist(candidate: LabelCandidate, data: LabelledSet) -> LabelFinalist:
    """Refit the candidate's tuner and probe on training and validation data together.

    The probe's ``C`` and the thresholds stay as chosen on validation. Weights trained by a recipe
    stay unchanged.
    """
    space = refit_tuner(candidate.space, data)
    vectors = space.encode(data.texts)
    probe = fit_probe(vectors, data.targets, candidate.probe.C)
    thresholds = candidate.probe.classifier.thresholds
    classifier = replace(probe.classifier, thresholds=thresholds)
    return LabelFinalist(
        candidate.name, space, classifier, Vectors(vectors, data.targets), data.texts
    )


def score_test(final: LabelFinalist, test: LabelledSet) -> Tested:
    """Encode the test texts, predict their labels and score the predictions."""
    vectors = final.space.encode(test.texts)
    predictions = predict(final.classifier, vectors, test.targets, final.training)
    training = final.training.vectors
    nearest = search(vectors, training, k=min(NEIGHBOURS, len(training))).indices
    confidence = final.classifier.probabilities(vectors).max(axis=1)
    return Tested(LabelScores(predictions, test.targets), nearest, confidence, vectors)
