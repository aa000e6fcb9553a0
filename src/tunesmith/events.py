"""Events of a fit, for a terminal, a page or a log: frozen, and serialisable as JSON."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, get_args

import msgspec

from tunesmith.results.finding import Finding
from tunesmith.results.summary import Rung
from tunesmith.results.to_json import plain
from tunesmith.watching import Progress


@dataclass(frozen=True)
class Inspected:
    """A file was read, detected and checked, before any model is loaded.

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


@dataclass(frozen=True)
class Split:
    """The examples were split: the number in each part.

    With ``folds``, the test rows are training rows too, each tested by models of other folds.
    """

    train: int
    validation: int
    test: int
    folds: int = 0


@dataclass(frozen=True)
class Planned:
    """The candidates were planned, with their estimates.

    Parameters
    ----------
    candidates
        The candidates, cheapest first, with estimated seconds.
    budget
        Time budget in seconds; None for no limit.
    """

    candidates: tuple[Rung, ...]
    budget: float | None


@dataclass(frozen=True)
class CandidateStarted:
    """A candidate starts."""

    candidate: Rung


@dataclass(frozen=True)
class CandidateFinished:
    """A candidate has ended, or was skipped; its status says which."""

    candidate: Rung


@dataclass(frozen=True)
class Note:
    """Any other message for the user, in one sentence."""

    text: str


Event: TypeAlias = (
    Inspected | Split | Planned | CandidateStarted | CandidateFinished | Progress | Note
)
OnEvent = Callable[[Event], None]
"""Function that receives each event as it happens; an exception in it ends the run."""


def ignore(event: Event) -> None:
    """Do nothing with an event."""
    del event


def event_to_dict(event: Event) -> dict[str, Any]:
    """Return an event as JSON values, with its name under ``"event"``.

    Examples
    --------
    >>> event_to_dict(Split(train=70, validation=10, test=20))
    {'event': 'split', 'train': 70, 'validation': 10, 'test': 20, 'folds': 0}
    >>> event_to_dict(Note("a sentence"))["event"]
    'note'
    """
    return {"event": _name(type(event)), **plain(event)}


def _name(kind: type) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind.__name__).lower()


_NAMES = {_name(kind): kind for kind in get_args(Event)}


def event_from_dict(values: Mapping[str, Any]) -> Event | None:
    """Return the event that :func:`event_to_dict` gave these values; None for any other name.

    Examples
    --------
    >>> event_from_dict({"event": "note", "text": "a sentence"})
    Note(text='a sentence')
    """
    kind = _NAMES.get(values["event"])
    if kind is None:
        return None
    fields = {name: value for name, value in values.items() if name != "event"}
    event: Event = msgspec.convert(fields, kind)
    return event
