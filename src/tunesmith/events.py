"""The steps of a fit as events: for a terminal, a page or a log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tunesmith.results.summary import Finding, Rung


@dataclass(frozen=True)
class Inspected:
    """A file after reading, detection and checks; it can be written as JSON.

    Parameters
    ----------
    name
        The file's name.
    kind, reason
        The kind of training data, and why it was detected.
    rows, classes
        The number of examples and of labels; 0 classes for kinds without labels.
    columns
        The column for each role.
    notes
        How the file was read where that was a guess.
    rejected
        The number of lines that could not be read.
    findings
        Results of the checks, errors first.
    """

    name: str
    kind: str
    reason: str
    rows: int
    classes: int
    columns: Mapping[str, str]
    notes: tuple[str, ...]
    rejected: int
    findings: tuple[Finding, ...]


class Events(Protocol):
    """Hears each step of a fit as it happens."""

    def inspected(self, file: Inspected) -> None:
        """Hear what the data is and what is wrong with it, before any model is loaded."""

    def divided(self, train: int, validation: int, test: int) -> None:
        """Hear how many examples stand on each side."""

    def planned(self, rungs: Sequence[Rung], budget: float | None) -> None:
        """Hear the rungs with the estimate of each, and the seconds there are (or None)."""

    def started(self, rung: Rung) -> None:
        """Hear that a rung begins."""

    def finished(self, rung: Rung) -> None:
        """Hear how a rung ended."""

    def note(self, sentence: str) -> None:
        """Hear anything else worth a line."""


class NullEvents:
    """A listener that ignores everything."""

    def inspected(self, file: Inspected) -> None:
        """Ignore it."""

    def divided(self, train: int, validation: int, test: int) -> None:
        """Ignore it."""

    def planned(self, rungs: Sequence[Rung], budget: float | None) -> None:
        """Ignore it."""

    def started(self, rung: Rung) -> None:
        """Ignore it."""

    def finished(self, rung: Rung) -> None:
        """Ignore it."""

    def note(self, sentence: str) -> None:
        """Ignore it."""
