"""Base and choice on the held-out test set of labelled text."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.labels.label_scores import LabelScores
from tunesmith.evaluation.labels.predictions import Vectors, predict
from tunesmith.evaluation.labels.probe import fit_probe
from tunesmith.fitting.labels.task import LabelCandidate, LabelledSet, refitted
from tunesmith.fitting.outcome import Final
from tunesmith.vectors.linear_classifier import LinearClassifier


@dataclass(frozen=True, eq=False)
class LabelFinal(Final):
    """A candidate for labelled texts made ready, with the vectors that it was fitted on."""

    classifier: LinearClassifier
    training: Vectors
    texts: list[str]


@dataclass(frozen=True, eq=False)
class Tested:
    """A final candidate on the sealed test."""

    vectors: NDArray[np.float32]
    scores: LabelScores


def finalise(candidate: LabelCandidate, side: LabelledSet) -> LabelFinal:
    """Fit the candidate's tuner and probe on training and validation rows together.

    The strength of the probe and the thresholds stay as validation chose them; weights that a
    recipe trained stay as they are.
    """
    space = refitted(candidate.space, side)
    vectors = space.encode(side.texts)
    probe = fit_probe(vectors, side.targets, candidate.probe.C)
    thresholds = candidate.probe.classifier.thresholds
    classifier = replace(probe.classifier, thresholds=thresholds)
    return LabelFinal(candidate.name, space, classifier, Vectors(vectors, side.targets), side.texts)


def score_test(final: LabelFinal, side: LabelledSet) -> Tested:
    """Encode the test texts and score what is predicted for them."""
    vectors = final.space.encode(side.texts)
    predictions = predict(final.classifier, vectors, side.targets, final.training)
    return Tested(vectors, LabelScores(predictions, side.targets))
