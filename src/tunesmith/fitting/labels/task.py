"""The ladder's task for labelled text, scored by a linear probe on the vectors."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.base import clone

from tunesmith.evaluation.item_scores import value
from tunesmith.evaluation.labels.label_scores import LabelScores
from tunesmith.evaluation.labels.predictions import Predictions, Vectors, predict
from tunesmith.evaluation.labels.probe import Probe, choose_probe, choose_thresholds
from tunesmith.evaluation.labels.targets import Targets
from tunesmith.evaluation.labels.tfidf import reference_labels, reference_seconds
from tunesmith.fitting.ladder import choose_cheapest, too_little_time
from tunesmith.fitting.task import Candidate, Space, Task, TrainedCandidate
from tunesmith.kinds import Examples, Labelled, Multilabel
from tunesmith.recipes.contrastive import ContrastiveRecipe
from tunesmith.results.summary import Rung, RungStatus
from tunesmith.stop import Stop

WithLabels: TypeAlias = Labelled | Multilabel


def with_labels(examples: Examples) -> WithLabels:
    """Return examples that are known to have labels, narrowing their type."""
    assert isinstance(examples, Labelled | Multilabel)
    return examples


@dataclass(frozen=True, eq=False)
class LabelledSet:
    """The texts of one split and their labels."""

    texts: list[str]
    targets: Targets
    examples: WithLabels

    @classmethod
    def of(cls, examples: WithLabels, labels: Sequence[str]) -> "LabelledSet":
        """Return the texts and labels of these examples, over the given label names."""
        return cls(examples.texts(), Targets.of(examples, labels), examples)

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: NDArray[np.int64]) -> "LabelledSet":
        """Return some rows of this set."""
        texts = [self.texts[row] for row in rows]
        return LabelledSet(texts, self.targets.take(rows), self.examples.take(rows))

    def join(self, other: "LabelledSet") -> "LabelledSet":
        """Return this set followed by the other."""
        table = pa.concat_tables([self.examples.table, other.examples.table])
        return LabelledSet(
            self.texts + other.texts,
            self.targets.join(other.targets),
            replace(self.examples, table=table),
        )


@dataclass(frozen=True, eq=False)
class LabelCandidate(TrainedCandidate):
    """A finished rung with its probe."""

    probe: Probe


@dataclass(frozen=True, eq=False)
class LabelTask(Task):
    """A task with labelled text.

    Parameters
    ----------
    train, validation
        Training and validation set.
    goal
        Metric to optimise.
    recipe
        The caller's recipe, or None.
    fold
        Whether this is one fold of several. A trained encoder is then used once: neither an ONNX
        export nor cached vectors are worth their cost.
    """

    train: LabelledSet
    validation: LabelledSet
    goal: str
    recipe: ContrastiveRecipe | None = None
    fold: bool = False

    @property
    def metric(self) -> str:
        """The metric by which rungs are compared."""
        return headline(self.goal, multilabel=self.train.targets.multilabel)

    @property
    def texts(self) -> list[str]:
        """The training texts."""
        return self.train.texts

    def evaluate(
        self, rung: Rung, make: Callable[[Any], Space], finished: Sequence[Candidate]
    ) -> Candidate:
        """Train on the training set, fit a probe there, and score it on validation."""
        del finished
        space = make(self)
        probe, predictions = probe_space(self, space)
        scores = LabelScores(predictions, self.validation.targets)
        return LabelCandidate(rung.name, scores, value(scores, self.metric), space, probe)

    def choose(self, candidates: Sequence[Candidate]) -> Candidate:
        """Return the cheapest candidate within one standard error of the best."""
        return choose_cheapest(candidates, self.metric, self.seed)

    def reference(self) -> Rung:
        """Return the baseline: TF-IDF with logistic regression."""
        estimate = reference_seconds(self.train.texts, len(self.train.targets.labels))
        return reference_rung(self.stop, self.metric, estimate, self.reference_scores)

    def reference_scores(self) -> LabelScores:
        """Return the scores of TF-IDF with logistic regression on validation."""
        targets = self.validation.targets
        given = reference_labels(self.train.texts, self.train.targets, self.validation.texts)
        return LabelScores(Predictions.of_labels(given, targets), targets)


def reference_rung(
    stop: Stop, metric: str, estimate: float, scores: Callable[[], LabelScores]
) -> Rung:
    """Return the baseline as a rung, skipped if there is too little time left."""
    rung = Rung("tfidf", "TF-IDF with logistic regression", RungStatus.SKIPPED, estimate=estimate)
    if reason := too_little_time(estimate, stop.left):
        return replace(rung, reason=reason)
    start = time.monotonic()
    score = value(scores(), metric)
    return replace(
        rung,
        status=RungStatus.DONE,
        seconds=time.monotonic() - start,
        score=score,
        reason="baseline, never chosen",
    )


def headline(goal: str, *, multilabel: bool) -> str:
    """Return the headline metric: 5-NN accuracy for search, else that of the classifier."""
    if goal == "search":
        return "5-NN accuracy"
    return "macro F1" if multilabel else "accuracy"


def refit_tuner(space: Space, data: LabelledSet) -> Space:
    """Return the space with its tuner, if it has one, refitted on this data."""
    if space.tuner is None:
        return space
    vectors = space.encoder.encode(data.texts)
    tuner = clone(space.tuner).fit(vectors, data.targets.training_labels())
    return Space(space.encoder, space.folder, tuner)


def probe_space(task: LabelTask, space: Space) -> tuple[Probe, Predictions]:
    """Fit a probe on the training set and predict the validation set."""
    train, validation = space.encode(task.train.texts), space.encode(task.validation.texts)
    probe = choose_probe(train, task.train.targets, validation, task.validation.targets)
    if task.train.targets.multilabel:
        probabilities = probe.classifier.probabilities(validation)
        thresholds = choose_thresholds(probabilities, task.validation.targets)
        probe = replace(probe, classifier=replace(probe.classifier, thresholds=thresholds))
    training = Vectors(train, task.train.targets)
    return probe, predict(probe.classifier, validation, task.validation.targets, training)
