"""Input and output of every rung of a ladder: a task and a candidate."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.item_scores import ItemScores
from tunesmith.fitting.workspace import Workspace
from tunesmith.models.attach import LayersFromVectors
from tunesmith.results.summary import Rung, RungStatus
from tunesmith.stop import Stop
from tunesmith.vectors.layers import Layer

if TYPE_CHECKING:
    from tunesmith.encoders.sentence_encoder import SentenceEncoder


@dataclass(frozen=True, eq=False)
class Space:
    """An embedding space: an encoder, optionally followed by a tuner."""

    encoder: "SentenceEncoder"
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
    """A finished rung and its scores, on validation or out of fold."""

    name: str
    scores: ItemScores
    score: float


@dataclass(frozen=True, eq=False)
class TrainedCandidate(Candidate):
    """A finished rung with its embedding space."""

    space: Space


class Abandoned(Exception):
    """A rung is given up before it is finished, for a reason that is not an error."""

    def __init__(self, status: RungStatus, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


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
    def reference(self) -> Rung | None:
        """Return a baseline without embeddings, or None."""

    @abstractmethod
    def evaluate(
        self, rung: Rung, make: Callable[[Any], Space], finished: Sequence[Candidate]
    ) -> Candidate:
        """Train a rung and score it; it may be abandoned in view of the finished candidates."""

    @abstractmethod
    def choose(self, candidates: Sequence[Candidate]) -> Candidate:
        """Return the candidate to be used; the first is the base."""

    def earlier(self, name: str) -> float | None:
        """Return the seconds that an earlier run spent on a rung that it finished, or None."""
        return self.workspace.seconds(name)

    def cost(self, seconds: float) -> float:
        """Return the seconds that a rung needs which takes ``seconds`` to train once."""
        return seconds

    def least(self, rung: Rung) -> float:
        """Return the least seconds that a rung needs to be worth starting."""
        return rung.estimate
