"""What happened in a fit, as lines of text."""

from tunesmith.events import (
    CandidateFinished,
    CandidateStarted,
    Event,
    Inspected,
    Note,
    Planned,
    Split,
    event_from_dict,
)
from tunesmith.results.summary import Rung
from tunesmith.server.fits import StoredEvent
from tunesmith.wording import capitalised, count, duration, number, plural


def log_text(stored: StoredEvent) -> str:
    """Return the line of an event; empty for progress, which would fill the log.

    Examples
    --------
    >>> log_text(StoredEvent(1, 0.0, {"event": "status", "status": "training"}))
    'Status: training'
    """
    if stored.event["event"] == "status":
        error = stored.event.get("error")
        return f"Status: {stored.event['status']}" + (f", {error['message']}" if error else "")
    if stored.event["event"] == "extended":
        return f"{duration(stored.event['seconds'])} added to the budget"
    event = event_from_dict(stored.event)
    return "" if event is None else _text(event)


def _text(event: Event) -> str:
    text = ""
    match event:
        case Inspected():
            rows, findings = plural(event.rows, "row"), plural(len(event.findings), "finding")
            text = f"Data checked: {rows}, {findings}"
        case Split():
            text = f"Data split: {_sizes(event)}"
        case Planned():
            text = f"{plural(len(event.candidates), 'candidate')} planned"
        case CandidateStarted():
            text = f"{event.candidate.title}: started"
        case CandidateFinished():
            text = f"{event.candidate.title}: {_result(event.candidate)}"
        case Note():
            text = capitalised(event.text)
    return text


def _result(rung: Rung) -> str:
    if rung.score is None:
        return f"{rung.status}, {rung.reason}" if rung.reason else str(rung.status)
    error = "" if rung.standard_error is None else f" ± {number(rung.standard_error)}"
    return f"{number(rung.score)}{error} in {duration(rung.seconds)}"


def _sizes(split: Split) -> str:
    if split.folds:
        return f"{plural(split.train, 'row')} in {split.folds} folds"
    sizes = f"{count(split.train)} training, {count(split.validation)} validation"
    return f"{sizes}, {count(split.test)} test rows"
