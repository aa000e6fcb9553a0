"""A server that follows its home: models added, replaced and removed by others, without a pause."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import httpx
import numpy as np
import pytest

from tests.server.apps import running_server
from tests.waiting import until
from tunesmith.encoders.model_files.bundled import bundled_folder
from tunesmith.models import folder as model_folders
from tunesmith.vectors.linear_classifier import LinearClassifier

pytestmark = pytest.mark.slow
FIRST, SECOND = ("card", "login", "order"), ("red", "green", "blue")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the server."""
    return tmp_path_factory.mktemp("followed")


@pytest.fixture(scope="module")
def server(folder: Path, shared_exports: None) -> Iterator[str]:
    """A server with ``--reload-models``."""
    with running_server(folder, reload_models=True) as address:
        yield address


@pytest.fixture
def write(folder: Path, tiny_encoder: Path) -> Callable[..., Path]:
    """A function that writes a model as a fit does."""

    def saved(name: str, labels: tuple[str, ...], encoder: Path = tiny_encoder) -> Path:
        width = 32 if encoder == tiny_encoder else 384
        weight = np.random.default_rng(len(labels[0])).normal(size=(3, width)).astype(np.float32)
        out = folder / "models" / name
        model_folders.save(
            out,
            encoder=encoder,
            classifier=LinearClassifier(weight, np.zeros(3, np.float32), labels),
            summary={},
            write_pages=lambda _: None,
        )
        return out

    return saved


def label(server: str, model: str) -> str:
    body = {"model": model, "texts": ["where is my parcel?"]}
    answer = httpx.post(f"{server}/v1/classify", json=body)
    answer.raise_for_status()
    return str(answer.json()[0]["label"])


@contextmanager
def asking(server: str, model: str) -> Iterator[list[int]]:
    """Call a model all the time; yield the statuses of the answers."""
    statuses: list[int] = []
    ended = Event()

    def ask() -> None:
        with httpx.Client() as client:
            while not ended.is_set():
                body = {"model": model, "texts": ["late again"]}
                statuses.append(client.post(f"{server}/v1/classify", json=body).status_code)

    threads = [Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def test_a_replaced_model_is_swapped_without_a_lost_request(
    server: str, write: Callable[..., Path]
) -> None:
    write("support", FIRST)
    assert label(server, "support") in FIRST  # a new model needs no restart
    with asking(server, "support") as statuses:
        write("support", SECOND)
        until(lambda: label(server, "support") in SECOND)
        write("support", FIRST)
        until(lambda: label(server, "support") in FIRST)
    assert len(statuses) > 20
    assert set(statuses) == {200}


def test_an_index_does_not_mix_the_vectors_of_two_models(
    server: str, write: Callable[..., Path]
) -> None:
    """A classifier may change, but not the encoder: its vectors do not fit those of the texts."""
    write("searched", FIRST)
    texts = {"name": "faq", "model": "searched", "texts": ["where is my parcel?", "a lost card"]}
    assert httpx.post(f"{server}/v1/indexes", json=texts).status_code == 201

    def search() -> httpx.Response:
        return httpx.post(f"{server}/v1/indexes/faq/search", json={"queries": ["my card"]})

    write("searched", SECOND)
    until(lambda: label(server, "searched") in SECOND)
    assert search().status_code == 200
    write("searched", FIRST, bundled_folder())
    until(lambda: search().status_code == 400)
    assert search().json()["error"]["code"] == "model-replaced"
    added = httpx.post(f"{server}/v1/indexes/faq/add", json={"texts": ["another"]})
    assert added.json()["error"]["code"] == "model-replaced"


def test_a_copy_that_is_not_finished_leaves_the_earlier_model(
    server: str, write: Callable[..., Path], tmp_path: Path
) -> None:
    place = write("copied", FIRST)
    new = tmp_path / "new"
    assert label(server, "copied") in FIRST
    shutil.copytree(write("other", SECOND), new)
    with asking(server, "copied") as statuses:
        shutil.copy(new / "tunesmith.json", place)  # the digests of files that are not there yet
        time.sleep(5)
        assert label(server, "copied") in FIRST
        shutil.copytree(new, place, dirs_exist_ok=True)
        until(lambda: label(server, "copied") in SECOND)
    assert set(statuses) == {200}


def test_a_removed_model_is_unloaded(server: str, write: Callable[..., Path]) -> None:
    place = write("gone", FIRST)
    assert label(server, "gone") in FIRST
    shutil.rmtree(place)

    def answers() -> bool:
        body = {"model": "gone", "texts": ["a"]}
        return httpx.post(f"{server}/v1/classify", json=body).status_code == 404

    until(answers)
    until(lambda: 'model_bytes{model="gone"}' not in httpx.get(f"{server}/metrics").text)
