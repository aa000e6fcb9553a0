"""OpenAI's files and fine-tuning jobs by its own client."""

import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import openai
import pytest
from openai.types.fine_tuning import FineTuningJob

BASE = "all-MiniLM-L6-v2"

pytestmark = pytest.mark.slow


def test_a_file_from_upload_to_deletion(client: openai.OpenAI, examples: Path) -> None:
    content = (examples / "tickets.csv").read_bytes()
    file = client.files.create(file=("tickets.csv", content), purpose="fine-tune")
    assert (file.object, file.filename, file.bytes) == ("file", "tickets.csv", len(content))
    assert (file.purpose, file.status, file.status_details) == ("fine-tune", "processed", None)
    assert client.files.retrieve(file.id) == file
    assert client.files.content(file.id).content == content
    assert file in list(client.files.list())
    deleted = client.files.delete(file.id)
    assert (deleted.id, deleted.object, deleted.deleted) == (file.id, "file", True)
    with pytest.raises(openai.NotFoundError, match="there is no data set"):
        client.files.retrieve(file.id)


def test_an_upload_that_is_repeated_is_one_file(client: openai.OpenAI, examples: Path) -> None:
    upload = {"file": examples / "pairs.csv", "purpose": "fine-tune", "extra_body": {"expires": 1}}
    first, again = (client.files.create(**upload) for _ in range(2))  # type: ignore[arg-type]
    assert first.id == again.id


def test_files_page_by_page(client: openai.OpenAI, examples: Path) -> None:
    names = ("nli.jsonl", "triplets.jsonl", "multilabel.jsonl")
    files = [client.files.create(file=examples / name, purpose="evals") for name in names]
    newest = [file.id for file in reversed(files)]
    first = client.files.list(purpose="evals", limit=2)
    assert ([each.id for each in first.data], first.has_more) == (newest[:2], True)
    assert [each.id for each in first] == newest  # the client asks for the second page itself
    oldest = client.files.list(purpose="evals", order="asc", limit=1)
    assert oldest.data[0].id == newest[-1]
    with pytest.raises(openai.BadRequestError, match="after is 'none'"):
        client.files.list(after="none")


def test_bytes_without_a_name(client: openai.OpenAI, examples: Path) -> None:
    lines = client.files.create(file=(examples / "nli.jsonl").read_bytes(), purpose="fine-tune")
    table = client.files.create(file=(examples / "pairs.csv").read_bytes(), purpose="fine-tune")
    assert (lines.filename, lines.status) == ("upload.jsonl", "processed")
    assert (table.filename, table.status) == ("upload.csv", "processed")


def test_a_file_that_cannot_be_used_says_why(client: openai.OpenAI) -> None:
    chat = b'{"messages": [{"role": "user", "content": "hi"}]}\n' * 3
    file = client.files.create(file=("chat.jsonl", chat), purpose="fine-tune")
    assert file.status == "error"
    assert file.status_details
    with pytest.raises(openai.BadRequestError, match="cannot be used"):
        client.fine_tuning.jobs.create(model=BASE, training_file=file.id)


# Fine-tuning jobs, on a server that does not train


@pytest.fixture(scope="module")
def tickets(client: openai.OpenAI, examples: Path) -> str:
    """The id of a file of tickets."""
    return client.files.create(file=examples / "tickets.csv", purpose="fine-tune").id


def test_a_job_repeats_what_was_asked(client: openai.OpenAI, tickets: str) -> None:
    job = client.fine_tuning.jobs.create(
        model=f"{BASE}-ft",
        training_file=tickets,
        validation_file=tickets,
        suffix="support",
        seed=5,
        hyperparameters={"n_epochs": 3, "batch_size": "auto"},
        metadata={"team": "support"},
    )
    assert (job.object, job.status, job.model) == ("fine_tuning.job", "queued", BASE)
    assert (job.training_file, job.validation_file) == (tickets, tickets)
    assert (job.seed, job.metadata) == (5, {"team": "support"})
    assert (job.hyperparameters.n_epochs, job.hyperparameters.batch_size) == (3, "auto")
    assert (job.fine_tuned_model, job.finished_at, job.error) == (None, None, None)
    assert job.result_files == []
    assert client.fine_tuning.jobs.retrieve(job.id) == job
    assert client.fine_tuning.jobs.list(limit=1).data == [job]


def test_a_model_of_an_unfinished_job_is_not_ready(client: openai.OpenAI, tickets: str) -> None:
    job = client.fine_tuning.jobs.create(model=BASE, training_file=tickets)
    assert client.fine_tuning.jobs.checkpoints.list(job.id).data == []
    with pytest.raises(openai.BadRequestError, match="its fit is queued") as caught:
        client.embeddings.create(model=job.id, input="a")
    assert caught.value.code == "not_ready"


def test_a_job_is_cancelled_and_resumed(client: openai.OpenAI, tickets: str) -> None:
    job = client.fine_tuning.jobs.create(model=BASE, training_file=tickets)
    with pytest.raises(openai.NotFoundError, match="cannot be paused: cancel it"):
        client.fine_tuning.jobs.pause(job.id)
    cancelled = client.fine_tuning.jobs.cancel(job.id)
    assert cancelled.status == "cancelled"
    assert cancelled.finished_at is not None
    with pytest.raises(openai.BadRequestError, match="has ended"):
        client.fine_tuning.jobs.cancel(job.id)
    assert client.fine_tuning.jobs.resume(job.id).status == "queued"
    events = client.fine_tuning.jobs.list_events(job.id)
    words = [f"the fit is {status}" for status in ("queued", "cancelled", "queued")]
    assert [each.message for each in events] == words
    newest = client.fine_tuning.jobs.list_events(job.id, limit=1)
    assert (newest.data[0].object, newest.has_more) == ("fine_tuning.job.event", True)


@pytest.mark.parametrize("method", ["dpo", "reinforcement"])
def test_only_supervised_training_is_offered(
    client: openai.OpenAI, tickets: str, method: Any
) -> None:
    jobs = client.fine_tuning.jobs
    with pytest.raises(openai.BadRequestError, match="is not offered") as caught:
        jobs.create(model=BASE, training_file=tickets, method={"type": method})
    assert caught.value.param == "method"
    chosen: Any = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2}}}
    job = jobs.create(model=BASE, training_file=tickets, method=chosen)
    assert job.hyperparameters.n_epochs == 2
    assert job.method is not None
    assert job.method.type == "supervised"


def test_null_options_of_a_job_are_as_if_absent(live_server: str, tickets: str) -> None:
    nulls = dict.fromkeys(("seed", "suffix", "method", "hyperparameters", "metadata", "user"))
    answer = httpx.post(
        f"{live_server}/openai/v1/fine_tuning/jobs",
        json={"model": BASE, "training_file": tickets, **nulls},
    )
    assert (answer.status_code, answer.json()["status"]) == (200, "queued")


@pytest.mark.parametrize(
    ("given", "raised", "words"),
    [
        ({"training_file": "data-none"}, openai.NotFoundError, "there is no data set"),
        ({"validation_file": "data-none"}, openai.NotFoundError, "there is no data set"),
        ({"model": "gpt-4o-mini"}, openai.NotFoundError, "there is no model"),
        ({"seed": -1}, openai.BadRequestError, "seed"),
        ({"training_file": "../\x00"}, openai.NotFoundError, "there is no data set"),
    ],
)
def test_a_job_that_cannot_start(
    client: openai.OpenAI, tickets: str, given: dict[str, Any], raised: Any, words: str
) -> None:
    with pytest.raises(raised, match=words):
        client.fine_tuning.jobs.create(**{"model": BASE, "training_file": tickets, **given})


def test_an_unknown_job(client: openai.OpenAI) -> None:
    for call in (client.fine_tuning.jobs.retrieve, client.fine_tuning.jobs.cancel):
        with pytest.raises(openai.NotFoundError, match="there is no fit"):
            call("ftjob-none")


def test_empty_bodies_that_claim_to_be_json(live_server: str) -> None:
    headers = {"content-type": "application/json"}
    url = f"{live_server}/openai/v1"
    cancelled = httpx.post(f"{url}/fine_tuning/jobs/none/cancel", headers=headers)
    deleted = httpx.delete(f"{url}/files/none", headers=headers)
    assert (cancelled.status_code, deleted.status_code) == (404, 404)


# The whole of it, on a server that trains


@pytest.mark.long
def test_upload_train_and_embed(live_trainer: str, examples: Path) -> None:
    """The code of OpenAI's guide to fine-tuning, with another address."""
    address = f"{live_trainer}/openai/v1"
    with openai.OpenAI(base_url=address, api_key="any") as client:
        header, *rows = (examples / "tickets.csv").read_text("utf-8").splitlines(keepends=True)
        content = "".join([header, *rows[::5]]).encode()
        file = client.files.create(file=("tickets.csv", content), purpose="fine-tune")
        job = client.fine_tuning.jobs.create(training_file=file.id, model=BASE, suffix="support")
        job = _ended(client, job.id)
        assert (job.status, job.error) == ("succeeded", None)
        assert job.finished_at is not None
        assert job.fine_tuned_model is not None
        events = list(client.fine_tuning.jobs.list_events(job.id))
        assert events[0].message == "the fit is ready"
        assert "metrics" in {each.type for each in events}
        (checkpoint,) = client.fine_tuning.jobs.checkpoints.list(job.id)
        assert checkpoint.fine_tuned_model_checkpoint == job.fine_tuned_model
        answer = client.embeddings.create(model=job.fine_tuned_model, input="my card is lost")
        old = client.embeddings.create(model=f"{job.fine_tuned_model}-ft", input="my card is lost")
        assert len(answer.data[0].embedding) == 384
        assert np.allclose(answer.data[0].embedding, old.data[0].embedding, atol=1e-6)
        deleted = client.models.delete(job.fine_tuned_model)
        assert (deleted.id, deleted.deleted) == (job.fine_tuned_model, True)
        with pytest.raises(openai.NotFoundError, match="there is no model"):
            client.embeddings.create(model=job.fine_tuned_model, input="a")


def test_a_job_that_fails_says_why(live_trainer: str, examples: Path) -> None:
    with openai.OpenAI(base_url=f"{live_trainer}/openai/v1", api_key="any") as client:
        ids = [
            client.files.create(file=examples / name, purpose="fine-tune").id
            for name in ("labelled_pairs.csv", "multilabel.jsonl")
        ]
        job = client.fine_tuning.jobs.create(
            training_file=ids[0], validation_file=ids[1], model=BASE
        )
        job = _ended(client, job.id)
        assert (job.status, job.fine_tuned_model) == ("failed", None)
        assert job.error is not None
        assert job.error.code
        assert job.error.message
        (newest,) = client.fine_tuning.jobs.list_events(job.id, limit=1).data
        assert newest.level == "error"


def _ended(client: openai.OpenAI, job_id: str) -> FineTuningJob:
    for _ in range(300):
        job = client.fine_tuning.jobs.retrieve(job_id)
        if job.status in {"succeeded", "failed", "cancelled"}:
            return job
        time.sleep(0.5)
    raise AssertionError(f"the job is {job.status}")
