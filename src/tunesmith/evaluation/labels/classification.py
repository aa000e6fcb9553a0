"""Texts with labels as an exam: what classifiers over the vectors say of texts they never saw."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tunesmith.data.splits.near_duplicates import groups
from tunesmith.data.splits.split import folds, split
from tunesmith.errors import DataError
from tunesmith.evaluation.evaluator import Encode
from tunesmith.evaluation.item_scores import ItemScores, Joint
from tunesmith.evaluation.labels.clustering import evaluate_clusters
from tunesmith.evaluation.labels.label_scores import LabelScores
from tunesmith.evaluation.labels.predictions import Predictions, Vectors, predict
from tunesmith.evaluation.labels.probe import Probe, choose_probe, choose_thresholds, fit_probe
from tunesmith.evaluation.labels.targets import Targets
from tunesmith.kinds import Labelled, Multilabel

FOLDS = 5
HELD_SHARE = 0.15


@dataclass(frozen=True, eq=False)
class Part:
    """What one classifier learns from, and what it is judged on: positions, int64, sorted.

    Parameters
    ----------
    learned
        The texts it may learn from.
    held
        Those of them on which its strength and thresholds are chosen.
    judged
        The texts it is judged on.
    """

    learned: NDArray[np.int64]
    held: NDArray[np.int64]
    judged: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LabelEvaluator:
    """Texts and their labels; each text is judged at most once, by a classifier that never saw it.

    The classifiers are the logistic probe and the vote of the five nearest learned texts; where
    texts have one label each, of several, k-means over all judged texts is compared with the
    labels as well.

    Parameters
    ----------
    pool
        All texts, learned and judged.
    targets
        Their labels.
    parts
        Who learns from what, and is judged on what.
    seed
        Of the clusters.
    """

    pool: list[str]
    targets: Targets
    parts: tuple[Part, ...]
    seed: int = 0

    @classmethod
    def cross_validated(
        cls, examples: Labelled | Multilabel, *, count: int = FOLDS, seed: int = 0
    ) -> Self:
        """Return an exam in which each text is judged once, near-equal texts in one fold.

        Raises
        ------
        DataError
            There are fewer different texts than folds, or a class with a single one.
        """
        sides = folds(examples, count, seed=seed, groups=groups(examples.texts()))
        every = np.arange(len(examples))
        parts = tuple(
            Part(np.setdiff1d(every, side), sides[(place + 1) % count], side)
            for place, side in enumerate(sides)
        )
        return cls(examples.texts(), Targets.of(examples), parts, seed)

    @classmethod
    def trained(
        cls, training: Labelled | Multilabel, judged: Labelled | Multilabel, *, seed: int = 0
    ) -> Self:
        """Return an exam on some examples whose classifiers learn from others.

        Labels that only the judged examples have count as errors of every model.

        Raises
        ------
        DataError
            There are too few different texts to learn from.
        """
        labels = _all_labels((training, judged))
        targets = Targets.of(training, labels).join(Targets.of(judged, labels))
        division = split(training, seed=seed, test=0.0, validation=HELD_SHARE)
        learned = np.arange(len(training))
        part = Part(learned, division.validation, len(training) + np.arange(len(judged)))
        return cls(training.texts() + judged.texts(), targets, (part,), seed)

    @property
    def headline(self) -> str:
        """Accuracy; macro F1 where a text may have several labels."""
        return "macro F1" if self.targets.multilabel else "accuracy"

    @property
    def judged(self) -> NDArray[np.int64]:
        """The positions of the items in the pool, in their order, shape (n,)."""
        return np.concatenate([part.judged for part in self.parts])

    @property
    def texts(self) -> list[str]:
        """The distinct texts."""
        return list(dict.fromkeys(self.pool))

    def __len__(self) -> int:
        return len(self.judged)

    def evaluate(self, encode: Encode) -> ItemScores:
        """Return what the classifiers say of the judged texts, and how these cluster."""
        vectors = encode(self.pool)
        given = Predictions.join([self._predictions(part, vectors) for part in self.parts])
        targets = self.targets.take(self.judged)
        scores = LabelScores(given, targets)
        if targets.multilabel or len(np.unique(targets.codes)) < 2:
            return scores
        clusters = evaluate_clusters(vectors[self.judged], targets.codes, seed=self.seed)
        return Joint((scores, clusters))

    def _predictions(self, part: Part, vectors: NDArray[np.float32]) -> Predictions:
        learned = Vectors(vectors[part.learned], self.targets.take(part.learned))
        classifier = self._probe(part, vectors, learned).classifier
        judged = self.targets.take(part.judged)
        return predict(classifier, vectors[part.judged], judged, learned)

    def _probe(self, part: Part, vectors: NDArray[np.float32], learned: Vectors) -> Probe:
        """Choose strength and thresholds on what is held, then learn from all."""
        rest = np.setdiff1d(part.learned, part.held)
        if not self.targets.multilabel and len(np.unique(self.targets.codes[rest])) < 2:
            raise DataError("too few texts of each label are left to learn from: add rows")
        held = vectors[part.held], self.targets.take(part.held)
        chosen = choose_probe(vectors[rest], self.targets.take(rest), *held)
        probe = fit_probe(learned.vectors, learned.targets, chosen.C)
        if not self.targets.multilabel:
            return probe
        thresholds = choose_thresholds(chosen.classifier, *held)
        return replace(probe, classifier=replace(probe.classifier, thresholds=thresholds))


def _all_labels(parts: Sequence[Labelled | Multilabel]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for part in parts for name in part.classes))
