"""Events are frozen values that JSON can hold."""

import json
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

import tunesmith
from tunesmith.events import (
    CandidateFinished,
    CandidateStarted,
    Event,
    Inspected,
    Note,
    Planned,
    Split,
    event_to_dict,
)
from tunesmith.watching import Progress


@pytest.fixture(scope="module")
def events(tiny_model: Path, few_tickets: Path) -> list[Event]:
    """The events of a small fit."""
    seen: list[Event] = []
    tunesmith.fit(few_tickets, base=tiny_model, budget=None, test=2, on_event=seen.append)
    return seen


def test_a_fit_reports_its_steps_in_order(events: list[Event]) -> None:
    """The file, the split, the plan, then each candidate with its progress."""
    kinds = [type(event) for event in events if not isinstance(event, Progress)]
    assert kinds[:4] == [Inspected, Note, Split, Planned]
    pairs = [kind for kind in kinds if kind in {CandidateStarted, CandidateFinished}]
    assert pairs == [CandidateStarted, CandidateFinished] * 5
    titles = {event.title for event in events if isinstance(event, Progress)}
    assert titles >= {"Training", "Encoding"}


def test_events_are_json_without_loss(events: list[Event]) -> None:
    """Each has its name, and its fields by name."""
    written = [json.loads(json.dumps(event_to_dict(event))) for event in events]
    assert {each["event"] for each in written} == {
        *("inspected", "note", "split", "planned", "candidate-started", "candidate-finished"),
        "progress",
    }
    split = next(each for each in written if each["event"] == "split")
    assert (split["train"], split["validation"], split["test"], split["folds"]) == (75, 0, 75, 2)
    finished = [each["candidate"] for each in written if each["event"] == "candidate-finished"]
    assert len(finished) == 5
    assert {each["status"] for each in finished} <= {"done", "dropped"}


def test_events_are_frozen() -> None:
    """Two subscribers see the same."""
    note = Note("a sentence")
    with pytest.raises(FrozenInstanceError):
        note.text = "another"  # type: ignore[misc]  # what the test is about
