"""The events of a fit in the words and numbers that OpenAI's clients show."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from tunesmith.server.dialects.openai_pages import Item
from tunesmith.server.fits import StoredEvent

_Event = Mapping[str, Any]


class JobEvent(Item):
    """An event of a fine-tuning job; ``data`` is the event as Tunesmith reports it."""

    object: Literal["fine_tuning.job.event"] = "fine_tuning.job.event"
    created_at: int
    level: Literal["info", "error"]
    message: str
    type: Literal["message", "metrics"]
    data: dict[str, Any]


def job_event(ident: str, stored: StoredEvent) -> JobEvent:
    """Return an event of a fit.

    Examples
    --------
    >>> note = StoredEvent(3, 1.5, {"event": "note", "text": "half of it is done"})
    >>> found = job_event("tune-1", note)
    >>> found.id, found.message, found.type, found.level
    ('ftevent-tune-1-3', 'half of it is done', 'message', 'info')
    """
    event = stored.event
    name = str(event["event"])
    return JobEvent(
        id=f"ftevent-{ident}-{stored.number}",
        created_at=int(stored.created_at),
        level="error" if event.get("error") else "info",
        message=_WORDS[name](event) if name in _WORDS else name,
        type="metrics" if name == "candidate-finished" else "message",
        data=dict(event),
    )


def _inspected(event: _Event) -> str:
    return f"{event['name']}: {event['rows']} examples, kind {event['kind']}"


def _split(event: _Event) -> str:
    return (
        f"{event['train']} examples for training, {event['validation']} for validation, "
        f"{event['test']} for the test"
    )


def _planned(event: _Event) -> str:
    titles = ", ".join(str(each["title"]) for each in event["candidates"])
    return f"candidates: {titles}"


def _finished(event: _Event) -> str:
    candidate = event["candidate"]
    score = candidate.get("score")
    found = f", validation score {score:.3f}" if score is not None else ""
    return f"{candidate['title']}: {candidate['status']}{found}"


def _progress(event: _Event) -> str:
    total = f" of {event['total']}" if event.get("total") else ""
    return f"{event['title']}: {event['done']}{total}"


def _status(event: _Event) -> str:
    error = event.get("error") or {}
    words = f": {error['message']}" if error else ""
    return f"the fit is {event['status']}{words}"


_WORDS: dict[str, Callable[[_Event], str]] = {
    "inspected": _inspected,
    "split": _split,
    "planned": _planned,
    "candidate-started": lambda event: f"{event['candidate']['title']}: started",
    "candidate-finished": _finished,
    "progress": _progress,
    "note": lambda event: str(event["text"]),
    "status": _status,
    "finished": lambda _: "training has finished",
    "failed": lambda event: str(event["error"]["message"]),
    "cancelled": lambda _: "training was cancelled",
}
