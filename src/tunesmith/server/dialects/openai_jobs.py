"""Fine-tuning jobs as OpenAI's clients start and follow them: each is a fit of this server."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header
from pydantic import BaseModel, Field

from tunesmith.errors import UsageError, join_hint
from tunesmith.server.access import Reader, Served, Trainer, key_id
from tunesmith.server.dialects.openai_events import JobEvent, job_event
from tunesmith.server.dialects.openai_pages import After, Item, Limit, Page, page
from tunesmith.server.dialects.payloads import Payload
from tunesmith.server.faults import NotFound
from tunesmith.server.fits import Status, StoredFit
from tunesmith.server.ids import shown_name
from tunesmith.server.once import IdempotencyKey, Sent
from tunesmith.server.starting import start_fit
from tunesmith.server.stored_model import StoredModel

router = APIRouter(prefix="/openai/v1/fine_tuning/jobs", tags=["OpenAI"])
# The client waits ten minutes for an answer before it tries again.
_REPEATED_SECONDS = 3600.0
_STATUS: dict[Status, str] = {
    Status.QUEUED: "queued",
    Status.TRAINING: "running",
    Status.DEPLOYING: "running",
    Status.READY: "succeeded",
    Status.FAILED: "failed",
    Status.CANCELLED: "cancelled",
}


class Hyperparameters(Payload):
    """What OpenAI's training has; it is repeated in answers and has no effect here."""

    n_epochs: int | Literal["auto"] = "auto"
    batch_size: int | Literal["auto"] = "auto"
    learning_rate_multiplier: float | Literal["auto"] = "auto"


class Supervised(Payload):
    """The settings of supervised training."""

    hyperparameters: Hyperparameters = Hyperparameters()


class Method(Payload):
    """The kind of training; only supervised training is offered."""

    type: str = "supervised"
    supervised: Supervised = Supervised()


class NewJob(Payload):
    """A fine-tuning job to start."""

    model: str
    training_file: str
    validation_file: str | None = None
    suffix: str = Field("", max_length=64, description="name of the model")
    seed: int = Field(0, ge=0, lt=2**32)
    method: Method = Method()
    hyperparameters: Hyperparameters | None = None
    metadata: dict[str, str] = Field(default_factory=dict, max_length=16)

    def options(self, base: str, budget: float) -> dict[str, Any]:
        """Return the options of the fit.

        Raises
        ------
        UsageError
            The method is not supervised training.
        """
        if self.method.type != "supervised":
            raise UsageError(
                f"method {self.method.type!r} is not offered",
                hint="use supervised, or leave it out",
                option="method",
            )
        return {
            "base": base,
            "validation": self.validation_file,
            "seed": self.seed,
            "budget": budget,
        }

    def origin(self) -> dict[str, Any]:
        """Return what answers repeat."""
        chosen = self.hyperparameters or self.method.supervised.hyperparameters
        metadata = {shown_name(name): shown_name(value) for name, value in self.metadata.items()}
        return {"hyperparameters": chosen.model_dump(), "metadata": metadata}


class JobError(BaseModel):
    """Why a job failed."""

    code: str
    message: str
    param: str | None


class Job(Item):
    """A fine-tuning job; the model that it makes has the same id."""

    object: Literal["fine_tuning.job"] = "fine_tuning.job"
    status: str
    model: str
    fine_tuned_model: str | None
    training_file: str
    validation_file: str | None
    result_files: tuple[str, ...] = ()
    hyperparameters: Hyperparameters
    method: dict[str, Any]
    seed: int
    organization_id: str = "tunesmith"
    created_at: int
    finished_at: int | None
    estimated_finish: None = None
    trained_tokens: None = None
    error: JobError | None
    metadata: dict[str, str]


class Checkpoint(Item):
    """A model that a job has made; there is one, when the job has succeeded."""

    object: Literal["fine_tuning.job.checkpoint"] = "fine_tuning.job.checkpoint"
    created_at: int
    fine_tuned_model_checkpoint: str
    fine_tuning_job_id: str
    metrics: dict[str, float]
    step_number: int


@router.post("")
def create(
    served: Served,
    key: Trainer,
    new: NewJob,
    idempotency_key: IdempotencyKey = None,
    x_stainless_retry_count: Annotated[str, Header(max_length=20)] = "0",
) -> Job:
    """Start a fine-tuning job, with the time budget of the server's settings.

    OpenAI's clients say in ``x-stainless-retry-count`` that a request repeats an earlier one.
    """
    base = served.models.get(new.model).id
    is_first = x_stainless_retry_count.strip("0") == ""
    fit = start_fit(
        served,
        new.training_file,
        new.options(base, served.settings.dialect_budget),
        name=new.suffix,
        created_by=key_id(key),
        origin=new.origin(),
        sent=Sent(idempotency_key, 0.0 if is_first else _REPEATED_SECONDS),
    )
    return _job(fit)


@router.get("")
def list_jobs(served: Served, _key: Reader, after: After = None, limit: Limit = 20) -> Page[Job]:
    """Return the jobs, newest first."""
    return page([_job(fit) for fit in served.fits.all()], after, limit)


@router.get("/{job_id}")
def retrieve(served: Served, _key: Reader, job_id: str) -> Job:
    """Return a job with its status."""
    return _job(served.fits.get(job_id))


@router.get("/{job_id}/events")
def list_events(
    served: Served, _key: Reader, job_id: str, after: After = None, limit: Limit = 20
) -> Page[JobEvent]:
    """Return the events of a job, newest first."""
    ident = served.fits.get(job_id).id
    found = [job_event(ident, each) for each in served.fits.events(ident)]
    return page(found[::-1], after, limit)


@router.get("/{job_id}/checkpoints")
def list_checkpoints(
    served: Served, _key: Reader, job_id: str, after: After = None, limit: Limit = 10
) -> Page[Checkpoint]:
    """Return the model of a job, if it has succeeded."""
    fit = served.fits.get(job_id)
    ready = fit.status is Status.READY
    return page([_checkpoint(served.models.get(fit.id))] if ready else [], after, limit)


@router.post("/{job_id}/cancel")
def cancel(served: Served, _key: Trainer, job_id: str) -> Job:
    """Cancel a job; finished candidates are kept."""
    return _job(served.fits.command(job_id, "cancel"))


@router.post("/{job_id}/pause")
def pause(served: Served, _key: Trainer, job_id: str) -> Job:
    """Answer that jobs cannot be paused."""
    raise NotFound(
        f"job {served.fits.get(job_id).id} cannot be paused",
        hint="cancel it; /resume continues a cancelled job with its finished candidates",
    )


@router.post("/{job_id}/resume")
def resume(served: Served, _key: Trainer, job_id: str) -> Job:
    """Queue a job again that was cancelled or failed; finished candidates are not repeated."""
    fit = served.fits.retry(job_id)
    served.jobs.add(fit)
    return _job(fit)


def _job(fit: StoredFit) -> Job:
    chosen = Hyperparameters.model_validate(fit.origin.get("hyperparameters", {}))
    supervised = {"hyperparameters": chosen.model_dump()}
    return Job(
        id=fit.id,
        status=_STATUS[fit.status],
        model=str(fit.request["base"]),
        fine_tuned_model=fit.id if fit.status is Status.READY else None,
        training_file=fit.dataset_id,
        validation_file=fit.request.get("validation"),
        hyperparameters=chosen,
        method={"type": "supervised", "supervised": supervised},
        seed=int(fit.request.get("seed", 0)),
        created_at=int(fit.created_at),
        finished_at=None if fit.finished_at is None else int(fit.finished_at),
        error=_error(fit),
        metadata=fit.origin.get("metadata", {}),
    )


def _error(fit: StoredFit) -> JobError | None:
    error = fit.error
    if error is None:
        return None
    words = join_hint(str(error["message"]), str(error.get("hint", "")))
    param = "training_file" if error.get("file") or error.get("row") else error.get("option")
    return JobError(code=str(error["code"]).replace("-", "_"), message=words, param=param)


def _checkpoint(model: StoredModel) -> Checkpoint:
    headline = (model.summary.get("verdict") or {}).get("headline") or {}
    return Checkpoint(
        id=f"ckpt-{model.id}",
        created_at=int(model.created_at),
        fine_tuned_model_checkpoint=model.id,
        fine_tuning_job_id=model.id,
        metrics={str(headline["metric"]): float(headline["tuned"])} if headline else {},
        step_number=1,
    )
