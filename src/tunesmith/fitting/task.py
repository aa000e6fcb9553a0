"""What every rung of a ladder is given, and what it gives back."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.evaluation.item_scores import ItemScores
from tunesmith.fitting.budget import Clock
from tunesmith.fitting.workspace import Workspace
from tunesmith.models.model import LayersFromVectors
from tunesmith.results.summary import Rung
from tunesmith.vectors.layers import Layer


@dataclass(frozen=True, eq=False)
class Space:
    """A way from texts to vectors: an encoder, and a tuner behind it or none."""

    encoder: SentenceEncoder
    folder: Path
    tuner: LayersFromVectors | None = None

    @property
    def layers(self) -> tuple[Layer, ...]:
        """What is saved behind the encoder."""
        return () if self.tuner is None else self.tuner.as_layers()

    @property
    def query_route(self) -> tuple[Layer, ...]:
        """What is saved behind the encoder for queries only."""
        return ()

    def encode(self, texts: Sequence[str], *, prompt: str | None = None) -> NDArray[np.float32]:
        """Return the vectors of the texts, float32, shape (n, d)."""
        vectors = self.encoder.encode(texts, prompt=prompt)
        return vectors if self.tuner is None else self.tuner.transform(vectors)


@dataclass(frozen=True, eq=False)
class Candidate:
    """A finished rung: its space, and how it does on validation."""

    name: str
    space: Space
    scores: ItemScores
    score: float


@dataclass(frozen=True, eq=False)
class Task(ABC):
    """One climb of the ladder: where it starts, what decides, and how much time there is."""

    base: Path
    seed: int
    clock: Clock
    workspace: Workspace

    @property
    @abstractmethod
    def metric(self) -> str:
        """The metric by which rungs are compared."""

    @property
    @abstractmethod
    def texts(self) -> list[str]:
        """The texts that are learned from."""

    @abstractmethod
    def candidate(self, name: str, space: Space) -> Candidate:
        """Try a space on validation."""

    @abstractmethod
    def reference(self) -> Rung | None:
        """Return what can be had without any embedding, if that is known."""

    def admits(self, candidate: Candidate, base: Candidate) -> bool:
        """Return whether a candidate may be chosen at all."""
        del candidate, base
        return True
