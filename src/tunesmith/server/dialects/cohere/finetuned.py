"""Fits as Cohere's fine-tuned models: settings, statuses, events and metrics."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from tunesmith.errors import join_hint
from tunesmith.kinds import Kind
from tunesmith.server.fits import Status, StoredEvent, StoredFit

CLASSIFICATION, RERANK = "BASE_TYPE_CLASSIFICATION", "BASE_TYPE_RERANK"
_STATUSES = {
    Status.QUEUED: "STATUS_QUEUED",
    Status.TRAINING: "STATUS_FINETUNING",
    Status.DEPLOYING: "STATUS_DEPLOYING_API",
    Status.READY: "STATUS_READY",
    Status.FAILED: "STATUS_FAILED",
    Status.CANCELLED: "STATUS_FAILED",
}
_LABELLED = {Kind.LABELLED, Kind.MULTILABEL}


class FinetunedModel(BaseModel):
    """A fit. ``failure_reason`` and ``notes`` are additions to Cohere's fields."""

    id: str
    name: str
    settings: dict[str, Any]
    status: str
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    creator_id: str | None
    organization_id: str | None
    failure_reason: str | None
    notes: list[str]


class Event(BaseModel):
    """A change of status; ``message`` is an addition to Cohere's fields."""

    status: str
    created_at: datetime
    user_id: str
    message: str | None


class StepMetrics(BaseModel):
    """Metrics of a candidate, or of the chosen model on the held-out test set."""

    step_number: int
    created_at: datetime
    metrics: dict[str, float]


def finetuned_model(fit: StoredFit) -> FinetunedModel:
    """Return a fit as Cohere shows it."""
    origin = fit.origin.get("cohere", {})
    return FinetunedModel(
        id=fit.id,
        name=fit.name,
        settings=origin.get("settings") or _settings(fit),
        status=_STATUSES[fit.status],
        created_at=_time(fit.created_at),
        updated_at=_time(fit.finished_at or fit.started_at or fit.created_at),
        completed_at=_time(fit.finished_at) if fit.finished_at else None,
        creator_id=fit.created_by,
        organization_id=None,
        failure_reason=_reason(fit.status, fit.error),
        notes=origin.get("notes", []),
    )


def status_events(fit: StoredFit, events: list[StoredEvent]) -> list[Event]:
    """Return the changes of status, newest first; the first one carries the notes."""
    notes = " ".join(fit.origin.get("cohere", {}).get("notes", [])) or None
    found = []
    for each in events:
        if each.event["event"] == "status":
            status = Status(each.event["status"])
            reason = _reason(status, each.event.get("error"))
            found.append(
                Event(
                    status=_STATUSES[status],
                    created_at=_time(each.created_at),
                    user_id=(fit.created_by or "") if each.number == 1 else "",
                    message=notes if each.number == 1 else reason,
                )
            )
    return found[::-1]


def step_metrics(
    fit: StoredFit, events: list[StoredEvent], summary: Mapping[str, Any]
) -> list[StepMetrics]:
    """Return the validation score of each candidate, and last the test of the model; last first."""
    steps = [(_time(at), {"validation_score": score}) for at, score in _scores(events)]
    if summary:
        steps.append((_time(fit.finished_at or fit.created_at), _test_metrics(summary)))
    return [
        StepMetrics(step_number=number, created_at=at, metrics=metrics)
        for number, (at, metrics) in enumerate(steps, 1)
    ][::-1]


def _scores(events: list[StoredEvent]) -> Iterator[tuple[float, float]]:
    for each in events:
        score = each.event.get("candidate", {}).get("score")
        if each.event["event"] == "candidate-finished" and score is not None:
            yield each.created_at, score


def _test_metrics(summary: Mapping[str, Any]) -> dict[str, float]:
    """Return the metrics of the model, as Cohere named them: ``f1`` for the macro average."""
    found = {each["metric"]: each["tuned"] for each in summary.get("changes", ())}
    return {_metric_name(name): value for name, value in found.items()}


def _metric_name(name: str) -> str:
    return name.removeprefix("macro ").lower().replace(" ", "_")


def _settings(fit: StoredFit) -> dict[str, Any]:
    """Return settings of a fit that was started in another API."""
    kind = fit.request.get("kind")
    rerank = kind is not None and kind not in _LABELLED
    base = {"base_type": RERANK if rerank else CLASSIFICATION, "name": fit.request.get("base")}
    return {"base_model": base, "dataset_id": fit.dataset_id}


def _reason(status: Status, error: Mapping[str, Any] | None) -> str | None:
    if status is Status.CANCELLED:
        return "it was cancelled"
    return None if error is None else join_hint(error["message"], error.get("hint", ""))


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
