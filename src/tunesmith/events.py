"""Events of a fit, for a terminal, a page or a log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tunesmith.results.summary import Finding, Rung


@dataclass(frozen=True)
class Inspected:
    """A file after reading, detection and checks, serialisable as JSON.

    Parameters
    ----------
    name
        File name.
    kind, reason
        Kind of training data, and why it was detected.
    rows, classes
        Number of examples and of labels; 0 classes for kinds without labels.
    columns
        Column name for each role.
    notes
        Assumptions made while reading the file.
    rejected
        Number of lines that could not be read.
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
    """Callbacks for the steps of a fit."""

    def inspected(self, file: Inspected) -> None:
        """Receive the checked file, before any model is loaded."""

    def divided(self, train: int, validation: int, test: int) -> None:
        """Receive the number of examples in each split."""

    def planned(self, rungs: Sequence[Rung], budget: float | None) -> None:
        """Receive the planned rungs, their estimates, and the budget in seconds or None."""

    def started(self, rung: Rung) -> None:
        """Receive a rung that starts."""

    def finished(self, rung: Rung) -> None:
        """Receive a rung that has ended."""

    def note(self, sentence: str) -> None:
        """Receive any other message for the user."""


class NullEvents:
    """Events that are all ignored."""

    def inspected(self, file: Inspected) -> None:
        """Do nothing."""

    def divided(self, train: int, validation: int, test: int) -> None:
        """Do nothing."""

    def planned(self, rungs: Sequence[Rung], budget: float | None) -> None:
        """Do nothing."""

    def started(self, rung: Rung) -> None:
        """Do nothing."""

    def finished(self, rung: Rung) -> None:
        """Do nothing."""

    def note(self, sentence: str) -> None:
        """Do nothing."""
