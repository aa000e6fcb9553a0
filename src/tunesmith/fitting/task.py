"""Input and output of every rung of a ladder: a task and a candidate."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.evaluation.item_scores import ItemScores
from tunesmith.fitting.workspace import Workspace
from tunesmith.models.attach import LayersFromVectors
from tunesmith.results.summary import Rung
from tunesmith.stop import Stop
from tunesmith.vectors.layers import Layer


@dataclass(frozen=True, eq=False)
class Space:
    """An embedding space: an encoder, optionally followed by a tuner."""

    encoder: SentenceEncoder
    folder: Path
    tuner: LayersFromVectors | None = None

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Layers saved after the encoder."""
        return () if self.tuner is None else self.tuner.as_layers()

    @property
    def query_route(self) -> tuple[Layer, ...]:
        """Layers saved after the encoder, applied to queries only."""
        return ()

    def encode(self, texts: Sequence[str], *, prompt: str | None = None) -> NDArray[np.float32]:
        """Return the vectors of the texts, float32, shape (n, d)."""
        vectors = self.encoder.encode(texts, prompt=prompt)
        return vectors if self.tuner is None else self.tuner.transform(vectors)


@dataclass(frozen=True, eq=False)
class Candidate:
    """A finished rung: its embedding space and its validation scores."""

    name: str
    space: Space
    scores: ItemScores
    score: float


@dataclass(frozen=True, eq=False)
class Task(ABC):
    """Everything one run of the ladder needs: base, data, metric and time."""

    base: Path
    seed: int
    stop: Stop
    workspace: Workspace

    @property
    @abstractmethod
    def metric(self) -> str:
        """The metric by which rungs are compared."""

    @property
    @abstractmethod
    def texts(self) -> list[str]:
        """The training texts."""

    @abstractmethod
    def candidate(self, name: str, space: Space) -> Candidate:
        """Evaluate an embedding space on validation."""

    @abstractmethod
    def reference(self) -> Rung | None:
        """Return a baseline without embeddings, or None."""

    def admits(self, candidate: Candidate, base: Candidate) -> bool:
        """Return whether a candidate may be chosen at all."""
        del candidate, base
        return True
