"""What every rung of a ladder is given, and what it gives back."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from tunesmith.encoders.attach import Layer
from tunesmith.encoders.sentence import SentenceEncoder
from tunesmith.evaluation.metrics import METRICS, Metric
from tunesmith.evaluation.predictions import Predictions
from tunesmith.evaluation.probe import Probe
from tunesmith.evaluation.targets import Targets
from tunesmith.fitting.budget import Clock
from tunesmith.fitting.workspace import Workspace
from tunesmith.kinds import Labelled, Multilabel
from tunesmith.tuners.base import Tuner


@dataclass(frozen=True, eq=False)
class Side:
    """The texts of one side of the split and their labels."""

    texts: list[str]
    targets: Targets

    @classmethod
    def of(cls, examples: Labelled | Multilabel, labels: Sequence[str]) -> "Side":
        """Return the side that these examples make, over these labels."""
        return cls(examples.texts(), Targets.of(examples, labels))

    def __len__(self) -> int:
        return len(self.texts)

    def join(self, other: "Side") -> "Side":
        """Return this side followed by the other."""
        return Side(self.texts + other.texts, self.targets.join(other.targets))


@dataclass(frozen=True, eq=False)
class Task:
    """One climb of the ladder: data, base, goal, time."""

    train: Side
    validation: Side
    base: Path
    goal: str
    seed: int
    clock: Clock
    workspace: Workspace

    @property
    def metric(self) -> Metric:
        """The metric by which rungs are compared."""
        return headline(self.goal, multilabel=self.train.targets.multilabel)


def headline(goal: str, *, multilabel: bool) -> Metric:
    """Return the metric that decides: for search the neighbours', else the classifier's."""
    by_name = {metric.name: metric for metric in METRICS}
    if goal == "search":
        return by_name["5-NN accuracy"]
    return by_name["macro F1" if multilabel else "accuracy"]


@dataclass(frozen=True, eq=False)
class Space:
    """A way from texts to vectors: an encoder, and a tuner behind it or none."""

    encoder: SentenceEncoder
    folder: Path
    tuner: Tuner | None = None

    @property
    def layers(self) -> tuple[Layer, ...]:
        """What is saved behind the encoder."""
        return () if self.tuner is None else self.tuner.as_layers()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of the texts, float32, shape (n, d)."""
        vectors = self.encoder.encode(texts)
        return vectors if self.tuner is None else self.tuner.transform(vectors)

    def refitted(self, side: Side) -> "Space":
        """Return the space with its tuner, if it has one, fitted anew on this side."""
        if self.tuner is None:
            return self
        vectors = self.encoder.encode(side.texts)
        tuner = clone(self.tuner).fit(vectors, side.targets.training_labels())
        return Space(self.encoder, self.folder, tuner)


@dataclass(frozen=True, eq=False)
class Candidate:
    """A finished rung: its space, its probe, and what it predicts on validation."""

    name: str
    space: Space
    probe: Probe
    predictions: Predictions
    score: float
