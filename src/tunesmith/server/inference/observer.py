"""What an inference reports about itself, for metrics and logs."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True)
class BatchStats:
    """One batch that was computed.

    Parameters
    ----------
    model
        Id of the model.
    requests, texts, tokens
        What it contained; tokens as read by the model.
    waiting
        Seconds that its oldest text waited for a worker.
    computing
        Seconds that a worker took.

    Examples
    --------
    >>> batch = BatchStats("tune-3f2a", requests=3, texts=5, tokens=60, waiting=0.0, computing=0.01)
    >>> batch.tokens / batch.texts
    12.0
    """

    model: str
    requests: int
    texts: int
    tokens: int
    waiting: float
    computing: float


@runtime_checkable
class Observer(Protocol):
    """Receives what an inference does, on the event loop; its methods must return at once.

    Examples
    --------
    >>> isinstance(quiet, Observer)
    True
    """

    def queue_changed(self, tokens: int) -> None:
        """Receive the number of tokens that are admitted and not computed yet, estimated."""
        ...

    def batch_computed(self, batch: BatchStats) -> None:
        """Receive the figures of a batch."""
        ...

    def request_refused(self, tokens: int) -> None:
        """Receive the estimated tokens of a request that was refused because of overload."""
        ...

    def model_loaded(self, model: str, seconds: float, size: int) -> None:
        """Receive the id of a model that is ready, its time to load and its size in bytes."""
        ...

    def model_unloaded(self, model: str) -> None:
        """Receive the id of a model that takes no new requests."""
        ...


class Quiet:
    """An observer that ignores everything."""

    def queue_changed(self, tokens: int) -> None:
        """Ignore it."""

    def batch_computed(self, batch: BatchStats) -> None:
        """Ignore it."""

    def request_refused(self, tokens: int) -> None:
        """Ignore it."""

    def model_loaded(self, model: str, seconds: float, size: int) -> None:
        """Ignore it."""

    def model_unloaded(self, model: str) -> None:
        """Ignore it."""


quiet = Quiet()
