"""Evaluate embeddings on labelled text with classifiers that never saw the scored texts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tunesmith.data.splits.near_duplicates import groups
from tunesmith.data.splits.split import folds, split
from tunesmith.errors import DataError
from tunesmith.evaluation.evaluator import Encode
from tunesmith.evaluation.item_scores import ItemScores, JointScores
from tunesmith.evaluation.labels.clustering import evaluate_clusters
from tunesmith.evaluation.labels.label_scores import LabelScores
from tunesmith.evaluation.labels.predictions import Predictions, Vectors, predict
from tunesmith.evaluation.labels.probe import Probe, choose_probe, choose_thresholds, fit_probe
from tunesmith.evaluation.labels.targets import Targets
from tunesmith.kinds import Labelled, Multilabel

FOLDS = 5
HOLDOUT_SHARE = 0.15


@dataclass(frozen=True, eq=False)
class Fold:
    """Indices of the texts for one classifier, int64, sorted.

    Parameters
    ----------
    train
        Training texts.
    holdout
        Those of the training texts held out to choose ``C`` and thresholds.
    test
        Test texts.
    """

    train: NDArray[np.int64]
    holdout: NDArray[np.int64]
    test: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LabelEvaluator:
    """Labelled texts; each is scored at most once, by a classifier that never saw it.

    The classifiers are a logistic probe and the vote of the five nearest training texts. For
    single-label data, k-means clusters of all test texts are compared with the labels as well.

    Parameters
    ----------
    pool
        All texts, for training and testing.
    targets
        Labels of the texts.
    parts
        Training and test indices of each classifier.
    seed
        Random seed for clustering.
    """

    pool: list[str]
    targets: Targets
    parts: tuple[Fold, ...]
    seed: int = 0

    @classmethod
    def cross_validated(
        cls, examples: Labelled | Multilabel, *, count: int = FOLDS, seed: int = 0
    ) -> Self:
        """Return an evaluator with k folds that scores each text once.

        Nearly equal texts are in one fold. Classes with a single text are used for training only.

        Raises
        ------
        DataError
            There are fewer distinct texts that can be tested than folds.
        """
        tests = folds(examples, count, seed=seed, groups=groups(examples.texts()))
        every = np.arange(len(examples))
        parts = tuple(
            Fold(np.setdiff1d(every, test), tests[(number + 1) % count], test)
            for number, test in enumerate(tests)
        )
        return cls(examples.texts(), Targets.of(examples), parts, seed)

    @classmethod
    def trained(
        cls, training: Labelled | Multilabel, test: Labelled | Multilabel, *, seed: int = 0
    ) -> Self:
        """Return an evaluator that trains its classifiers on one data set and scores another.

        Labels that occur only in the scored examples count as errors for every model.

        Raises
        ------
        DataError
            There are too few distinct texts to train on.
        """
        labels = _all_labels((training, test))
        targets = Targets.of(training, labels).join(Targets.of(test, labels))
        division = split(training, seed=seed, test=0.0, validation=HOLDOUT_SHARE)
        train = np.arange(len(training))
        part = Fold(train, division.validation, len(training) + np.arange(len(test)))
        return cls(training.texts() + test.texts(), targets, (part,), seed)

    @property
    def headline(self) -> str:
        """The headline metric: accuracy, or macro F1 for multi-label data."""
        return "macro F1" if self.targets.multilabel else "accuracy"

    @property
    def evaluated(self) -> NDArray[np.int64]:
        """The indices of the scored texts in the pool, in order, shape (n,)."""
        return np.concatenate([part.test for part in self.parts])

    @property
    def texts(self) -> list[str]:
        """The distinct texts."""
        return list(dict.fromkeys(self.pool))

    def __len__(self) -> int:
        return len(self.evaluated)

    def evaluate(self, encode: Encode) -> ItemScores:
        """Return the scores of the classifiers, and of clustering, on the test texts."""
        vectors = encode(self.pool)
        given = Predictions.join([self._predictions(part, vectors) for part in self.parts])
        targets = self.targets.take(self.evaluated)
        scores = LabelScores(given, targets)
        if targets.multilabel or len(np.unique(targets.codes)) < 2:
            return scores
        clusters = evaluate_clusters(vectors[self.evaluated], targets.codes, seed=self.seed)
        return JointScores((scores, clusters))

    def _predictions(self, part: Fold, vectors: NDArray[np.float32]) -> Predictions:
        training = Vectors(vectors[part.train], self.targets.take(part.train))
        classifier = self._probe(part, vectors, training).classifier
        test = self.targets.take(part.test)
        return predict(classifier, vectors[part.test], test, training)

    def _probe(self, part: Fold, vectors: NDArray[np.float32], training: Vectors) -> Probe:
        """Choose ``C`` and thresholds on the holdout, then fit on all training texts."""
        rest = np.setdiff1d(part.train, part.holdout)
        if not self.targets.multilabel and len(np.unique(self.targets.codes[rest])) < 2:
            raise DataError("too few texts of each label are left for training", hint="add rows")
        holdout = vectors[part.holdout], self.targets.take(part.holdout)
        chosen = choose_probe(vectors[rest], self.targets.take(rest), *holdout)
        probe = fit_probe(training.vectors, training.targets, chosen.C)
        if not self.targets.multilabel:
            return probe
        probabilities = chosen.classifier.probabilities(holdout[0])
        thresholds = choose_thresholds(probabilities, holdout[1])
        return replace(probe, classifier=replace(probe.classifier, thresholds=thresholds))


def _all_labels(parts: Sequence[Labelled | Multilabel]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for part in parts for name in part.classes))
