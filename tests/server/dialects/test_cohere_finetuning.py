"""Fine-tuning through Cohere's own client, unmodified, against a live server."""

import csv
import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

import tunesmith
from tests.server.apps import running_server
from tunesmith.home import Home
from tunesmith.server import ServerSettings
from tunesmith.server.stores import open_stores

cohere = pytest.importorskip("cohere")
finetuning = pytest.importorskip("cohere.finetuning")

SINGLE = "single-label-classification-finetune-input"
MULTI = "multi-label-classification-finetune-input"
RERANKER = "reranker-finetune-input"
SECRET = "a-secret-of-weights-and-biases"
PATIENCE = 300.0


def _tickets(examples: Path, end: int) -> list[list[str]]:
    with (examples / "tickets.csv").open(encoding="utf-8", newline="") as file:
        return [*csv.reader(file)][1 : end + 1]


def _rows(examples: Path, first: int, end: int) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([("example", "class"), *_tickets(examples, end)[first:]])
    return out.getvalue().encode()


def _jsonl(rows: list[dict[str, Any]]) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


def _settings(dataset_id: str, **more: Any) -> Any:
    base = {"base_type": "BASE_TYPE_CLASSIFICATION", **more.pop("base", {})}
    return finetuning.Settings(
        base_model=finetuning.BaseModel(**base), dataset_id=dataset_id, **more
    )


def _create(co: Any, name: str, settings: Any) -> Any:
    request = finetuning.FinetunedModel(name=name, settings=settings)
    return co.finetuning.create_finetuned_model(request=request).finetuned_model


@pytest.fixture(scope="module")
def dataset_id(co: Any, examples: Path) -> str:
    made = co.datasets.create(
        name="tickets", data=("tickets.csv", _rows(examples, 0, 100)), type=SINGLE
    )
    return str(made.id)


@pytest.mark.long
def test_the_tuning_chapter(live_trainer: str, examples: Path, tmp_path: Path) -> None:
    """344 rows are uploaded, a model is tuned, and called by its id with ``-ft``."""
    co = cohere.Client("any key", base_url=f"{live_trainer}/cohere")
    made = co.datasets.create(
        name="tickets", data=("tickets.csv", _rows(examples, 0, 344)), type=SINGLE
    )
    dataset = co.wait(made).dataset
    assert dataset.dataset_parts[0].num_rows == 344
    model = _create(co, "support", _settings(dataset.id))
    assert model.status == "STATUS_QUEUED"
    ready = _ready(co, model.id)
    assert ready.completed_at is not None
    ident = model.id + "-ft"
    library = _downloaded(live_trainer, ident, tmp_path)
    _check_embed(co, library, ident, examples)
    _check_classify(co, library, ident)
    _check_metrics(co, ident)
    _check_listed(co, model.id)
    _check_deleted(co, ident)


def _ready(co: Any, ident: str) -> Any:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        model = co.finetuning.get_finetuned_model(ident).finetuned_model
        assert model.status != "STATUS_FAILED", model.failure_reason
        if model.status == "STATUS_READY":
            return model
        time.sleep(0.5)
    raise AssertionError("the model is not ready")


def _check_embed(co: Any, model: Any, ident: str, examples: Path) -> None:
    """Four requests at once, without an input type; the vectors are the library's."""
    texts = [row[0] for row in csv.reader(io.StringIO(_rows(examples, 0, 344).decode()))][1:]
    found = np.asarray(co.embed(texts=texts, model=ident).embeddings)
    assert found.shape == (344, 384)
    np.testing.assert_allclose(found, model.encode(texts), atol=1e-5)


def _check_classify(co: Any, model: Any, ident: str) -> None:
    inputs = ["I was charged twice for one order", "where is my refund"]
    expected = model.classify(inputs)
    for name, examples in ((ident, None), (ident.removesuffix("-ft"), [])):
        found = co.classify(inputs=inputs, model=name, examples=examples).classifications
        for each, prediction in zip(found, expected, strict=True):
            assert each.prediction == each.predictions[0] == prediction.label
            assert each.classification_type == "single-label"
            assert each.confidence == pytest.approx(prediction.probability, abs=1e-4)
            assert set(each.labels) == set(prediction.probabilities)


def _check_metrics(co: Any, ident: str) -> None:
    steps = co.finetuning.list_training_step_metrics(ident).step_metrics
    assert {"accuracy", "f1", "precision", "recall"} <= set(steps[0].metrics)
    numbers = [each.step_number for each in steps]
    assert numbers == sorted(numbers, reverse=True)
    events = co.finetuning.list_events(ident)
    assert [each.status for each in events.events] == [
        "STATUS_READY",
        "STATUS_DEPLOYING_API",
        "STATUS_FINETUNING",
        "STATUS_QUEUED",
    ]
    assert events.total_size == 4


def _check_listed(co: Any, ident: str) -> None:
    listed = co.models.list(endpoint="classify").models
    assert (ident, True) in [(each.name, each.finetuned) for each in listed]
    assert co.models.get(ident + "-ft").name == ident
    new = co.finetuning.get_finetuned_model(ident).finetuned_model
    renamed = co.finetuning.update_finetuned_model(ident, name="tickets 2", settings=new.settings)
    assert renamed.finetuned_model.name == "tickets 2"


def _check_deleted(co: Any, ident: str) -> None:
    assert co.finetuning.delete_finetuned_model(ident) == {}
    with pytest.raises(cohere.NotFoundError):
        co.embed(texts=["a"], model=ident)
    with pytest.raises(cohere.NotFoundError):
        co.finetuning.get_finetuned_model(ident)


def _downloaded(server: str, ident: str, folder: Path) -> Any:
    """Return the model as the library loads it, from the file that the server gives away."""
    content = httpx.get(f"{server}/v1/models/{ident}/download", timeout=60).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
    return tunesmith.serve(next(folder.rglob("tunesmith.json")).parent, threads=1)


@pytest.mark.long
@pytest.mark.slow
def test_a_multi_label_model(live_trainer: str, examples: Path) -> None:
    """Several labels per text come from JSONL with lists; ``prediction`` is for single labels."""
    co = cohere.Client("any key", base_url=f"{live_trainer}/cohere")
    lines = [{"text": text, "label": [label, "ticket"]} for text, label in _tickets(examples, 120)]
    made = co.datasets.create(name="multi", data=_jsonl(lines), type=MULTI)
    model = _create(co, "multi", _settings(made.id, multi_label=True))
    assert model.settings.multi_label is True
    _ready(co, model.id)
    found = co.classify(inputs=["I was charged twice"], model=model.id).classifications[0]
    assert found.classification_type == "multi-label"
    assert "ticket" in found.predictions
    assert found.confidences == [found.labels[label].confidence for label in found.predictions]
    assert found.prediction is None


@pytest.mark.long
@pytest.mark.slow
def test_a_rerank_model(live_trainer: str, examples: Path) -> None:
    """Queries with passages and hard negatives tune the vectors that rerank compares."""
    co = cohere.Client("any key", base_url=f"{live_trainer}/cohere")
    with (examples / "pairs.csv").open(encoding="utf-8", newline="") as file:
        pairs = [*csv.reader(file)][1:]
    lines = [{"query": query, "relevant_passages": [passage]} for query, passage in pairs]
    made = co.datasets.create(name="rerank", data=_jsonl(lines), type=RERANKER)
    base = {"base_type": "BASE_TYPE_RERANK", "name": "english"}
    model = _create(co, "rerank", _settings(made.id, base=base))
    _ready(co, model.id)
    documents = [passage for _, passage in pairs[:20]]
    found = co.rerank(query=pairs[3][0], documents=documents, model=model.id + "-ft", top_n=5)
    assert 3 in [each.index for each in found.results]
    assert co.finetuning.list_training_step_metrics(model.id).step_metrics


@pytest.mark.slow
def test_a_fit_that_fails_says_why(live_trainer: str, examples: Path) -> None:
    """There is no field for it in the client, but unknown fields are attributes."""
    co = cohere.Client("any key", base_url=f"{live_trainer}/cohere")
    rows = ("tickets.csv", _rows(examples, 0, 60))
    made = co.datasets.create(name="all rows are test rows", data=rows, eval_data=rows, type=SINGLE)
    model = _create(co, "none to train on", _settings(made.id))
    deadline = time.monotonic() + PATIENCE
    while model.status not in {"STATUS_FAILED", "STATUS_READY"} and time.monotonic() < deadline:
        time.sleep(0.5)
        model = co.finetuning.get_finetuned_model(model.id).finetuned_model
    assert model.status == "STATUS_FAILED"
    assert "has no row left" in model.failure_reason
    assert co.finetuning.list_events(model.id).events[0].message == model.failure_reason


def test_a_failed_data_set_is_refused(co: Any) -> None:
    made = co.datasets.create(name="bad", data=("bad.csv", b"\x00\x01\x02" * 100), type=SINGLE)
    with pytest.raises(cohere.BadRequestError) as raised:
        _create(co, "bad", _settings(made.id))
    assert "cannot be used" in raised.value.body["message"]


def test_create_accepts_every_hyperparameter(co: Any, dataset_id: str) -> None:
    """They are shown again, with a note that the fit chooses its own."""
    settings = _settings(
        dataset_id,
        base={"name": "english", "version": "1", "strategy": "STRATEGY_TFEW"},
        hyperparameters=finetuning.Hyperparameters(
            train_epochs=5,
            learning_rate=0.01,
            train_batch_size=16,
            early_stopping_patience=6,
            early_stopping_threshold=0.01,
        ),
        multi_label=False,
    )
    model = _create(co, "parameters", settings)
    assert model.settings.hyperparameters.train_epochs == 5
    assert model.settings.dataset_id == dataset_id
    assert "train_epochs" in model.notes[0]
    assert "'english' is not on this server" in model.notes[1]
    first = co.finetuning.list_events(model.id).events[-1]
    assert (first.status, "train_epochs" in first.message) == ("STATUS_QUEUED", True)


def test_create_repeated_is_one(co: Any, dataset_id: str) -> None:
    first, second, other = (
        _create(co, name, _settings(dataset_id)).id for name in ("twice", "twice", "once")
    )
    assert first == second != other


def test_the_evaluation_file_is_the_test_set(co: Any, live_server: str, examples: Path) -> None:
    made = co.datasets.create(
        name="parts",
        data=("train.csv", _rows(examples, 0, 100)),
        eval_data=("eval.csv", _rows(examples, 100, 150)),
        type=SINGLE,
    )
    evaluation = co.datasets.get(made.id).dataset.dataset_parts[1].id
    model = _create(co, "parts", _settings(made.id))
    fit = httpx.get(f"{live_server}/v1/fits/{model.id}").json()
    assert fit["request"]["test"] == evaluation


def test_create_refuses_what_cannot_be_tuned(co: Any, cohere_url: str, dataset_id: str) -> None:
    """With 400 and words: on these routes the client knows no 422."""
    for base_type, words in (
        ("BASE_TYPE_CHAT", "only embedding models"),
        ("BASE_TYPE_RERANK", "of the kind labelled"),
    ):
        with pytest.raises(cohere.BadRequestError) as raised:
            _create(co, "refused", _settings(dataset_id, base={"base_type": base_type}))
        assert words in raised.value.body["message"]
    with pytest.raises(cohere.NotFoundError):
        _create(co, "refused", _settings("data-nothing"))
    found = httpx.post(f"{cohere_url}/v1/finetuning/finetuned-models", json={"name": 1})
    assert found.status_code == 400


def test_list_in_pages(co: Any, dataset_id: str) -> None:
    made = [_create(co, f"page {each}", _settings(dataset_id)).id for each in range(3)]
    listed, token = [], None
    while token != "":
        found = co.finetuning.list_finetuned_models(page_size=2, page_token=token)
        listed += [each.id for each in found.finetuned_models]
        assert found.total_size >= 3
        token = found.next_page_token or ""
    assert listed[:3] == made[::-1]
    assert len(listed) == len(set(listed))
    oldest = co.finetuning.list_finetuned_models(order_by="created_at").finetuned_models
    assert [each.id for each in oldest] == listed[::-1]
    for bad in ({"page_token": "x"}, {"order_by": "color"}):
        with pytest.raises(cohere.BadRequestError):
            co.finetuning.list_finetuned_models(**bad)


def test_get_update_delete(co: Any, dataset_id: str) -> None:
    model = _create(co, "named", _settings(dataset_id))
    assert co.finetuning.get_finetuned_model(model.id + "-ft").finetuned_model == model
    renamed = co.finetuning.update_finetuned_model(
        model.id, name="renamed", settings=_settings(dataset_id)
    )
    assert renamed.finetuned_model.name == "renamed"
    assert co.finetuning.delete_finetuned_model(model.id) == {}
    with pytest.raises(cohere.NotFoundError):
        co.finetuning.get_finetuned_model(model.id)


def test_a_model_that_is_not_ready_is_refused(co: Any, dataset_id: str) -> None:
    model = _create(co, "not ready", _settings(dataset_id))
    for call, asked in (
        (co.embed, {"texts": ["a"], "model": model.id + "-ft"}),
        (co.classify, {"inputs": ["a"], "model": model.id}),
    ):
        with pytest.raises(cohere.BadRequestError) as raised:
            call(**asked)
        assert "not ready, its fit is queued" in raised.value.body["message"]


def test_events_and_metrics_before_it_is_ready(co: Any, dataset_id: str) -> None:
    model = _create(co, "queued", _settings(dataset_id))
    assert [each.status for each in co.finetuning.list_events(model.id).events] == ["STATUS_QUEUED"]
    assert co.finetuning.list_training_step_metrics(model.id).step_metrics == []


def test_keys_and_the_secret_of_wandb(
    tmp_path: Path,
    shared_home: Path,
    examples: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A key is asked for in any case of its scheme; no file or line of the log has the secret."""
    monkeypatch.setenv("TUNESMITH_HOME", str(shared_home))  # the base is exported there already
    settings = ServerSettings(Home(tmp_path), workers=0, require_keys=True)
    stores = open_stores(settings)
    _, secret = stores.keys.create("tests", "train")
    stores.engine.dispose()
    with running_server(tmp_path, require_keys=True) as server:
        co = cohere.Client(secret, base_url=f"{server}/cohere")
        with pytest.raises(cohere.UnauthorizedError):
            cohere.Client("wrong", base_url=f"{server}/cohere").models.list()
        old = {"Authorization": f"BEARER {secret}"}
        assert httpx.post(f"{server}/cohere/v1/check-api-key", headers=old).json()["valid"]
        data = ("a.csv", _rows(examples, 0, 100))
        made = co.datasets.create(name="a", data=data, type=SINGLE)
        wandb = finetuning.WandbConfig(project="tickets", api_key=SECRET)
        model = _create(co, "secret", _settings(made.id, wandb=wandb))
        assert model.settings.wandb.project == "tickets"
        assert "Weights & Biases" in model.notes[0]
        shown = httpx.get(f"{server}/v1/fits/{model.id}", headers=old).text
    logged = capfd.readouterr()
    assert SECRET not in shown + logged.out + logged.err
    stored = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert stored
    assert not any(SECRET.encode() in path.read_bytes() for path in stored)
