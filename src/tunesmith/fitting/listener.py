"""What a fit tells whoever watches it: a terminal, a page, nobody."""

from collections.abc import Sequence
from typing import Protocol

from tunesmith.fitting.inspection import Inspection
from tunesmith.results import Rung


class Listener(Protocol):
    """Hears each step of a fit as it happens."""

    def inspected(self, inspection: Inspection) -> None:
        """Hear what the data is and what is wrong with it, before any model is loaded."""

    def divided(self, train: int, validation: int, test: int) -> None:
        """Hear how many examples stand on each side."""

    def planned(self, rungs: Sequence[Rung], budget: float) -> None:
        """Hear the rungs with the estimate of each, and the seconds there are."""

    def started(self, rung: Rung) -> None:
        """Hear that a rung begins."""

    def finished(self, rung: Rung) -> None:
        """Hear how a rung ended."""

    def note(self, sentence: str) -> None:
        """Hear anything else worth a line."""


class Silence:
    """A listener that ignores everything."""

    def inspected(self, inspection: Inspection) -> None:
        """Ignore it."""

    def divided(self, train: int, validation: int, test: int) -> None:
        """Ignore it."""

    def planned(self, rungs: Sequence[Rung], budget: float) -> None:
        """Ignore it."""

    def started(self, rung: Rung) -> None:
        """Ignore it."""

    def finished(self, rung: Rung) -> None:
        """Ignore it."""

    def note(self, sentence: str) -> None:
        """Ignore it."""
