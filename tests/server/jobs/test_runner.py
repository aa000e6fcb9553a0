"""A fit runs in a process of its own; its end, its failure and its death are told apart."""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tunesmith.fitting.request import FitRequest
from tunesmith.home import Home
from tunesmith.models.model import load
from tunesmith.server.datasets import NewDataset
from tunesmith.server.faults import InUse, NotFound
from tunesmith.server.fits import Status, StoredFit
from tunesmith.server.jobs import runner
from tunesmith.server.jobs.runner import Runner
from tunesmith.server.models import model_key
from tunesmith.server.settings import ServerSettings
from tunesmith.server.stores import Stores, open_stores

if TYPE_CHECKING:
    from tunesmith.results.fit_result import FitResult

pytestmark = pytest.mark.slow


@pytest.fixture
def stores(home: Path) -> Iterator[Stores]:
    """Stores on SQLite: what a job does is the same on any database."""
    found = open_stores(ServerSettings(Home(home)))
    yield found
    found.engine.dispose()


@pytest.fixture
def add(
    stores: Stores, few_tickets: Path, tiny_encoder: Path, tmp_path: Path
) -> Callable[..., StoredFit]:
    """A function that stores a fit of few tickets on the tiny model."""

    def stored(source: Path = few_tickets, **options: object) -> StoredFit:
        path = tmp_path / "received"
        shutil.copy(source, path)
        dataset = stores.datasets.add(path, NewDataset("few", source.name))
        given = {"base": str(tiny_encoder), "budget": 1.0, "cross_validate": "off", **options}
        request = asdict(FitRequest("", **given))  # type: ignore[arg-type]  # from the test
        del request["source"]
        return stores.fits.add(dataset.id, request, name="few")

    return stored


def when(stores: Stores, fit: StoredFit, event: str, act: Callable[[], object]) -> None:
    """Call a function in a thread of its own once a fit has an event that it has not now."""
    last = stores.fits.events(fit.id)[-1].number

    def watch() -> None:
        while not any(each.event["event"] == event for each in stores.fits.events(fit.id, last)):
            time.sleep(0.05)
        act()

    threading.Thread(target=watch, daemon=True).start()


def test_a_fit_leaves_a_model_and_its_events(
    stores: Stores, add: Callable[..., StoredFit], toy_fit: "FitResult"
) -> None:
    """Its base may be a model of the server, which is named by its id."""
    with stores.files.new(model_key("tune-base")) as folder:
        shutil.copytree(toy_fit.path, folder, dirs_exist_ok=True)
    stores.models.add("tune-base", "base", None, None)
    fit = add(base="tune-base")
    Runner(stores, "worker-1").run(fit.id)
    assert stores.fits.get(fit.id).status is Status.DEPLOYING
    model = load(stores.models.folder(fit.id))
    assert model.labels == ("card", "login", "order")
    names = [each.event["event"] for each in stores.fits.events(fit.id)]
    assert [name for name in names if name not in {"progress", "note"}][:4] == [
        "status",
        "status",
        "inspected",
        "split",
    ]
    Runner(stores, "worker-2").run(fit.id)  # the queue gives a job twice after some deaths
    assert stores.fits.get(fit.id).attempt == 1


def test_a_failure_says_why(stores: Stores, add: Callable[..., StoredFit], tmp_path: Path) -> None:
    one = tmp_path / "one.csv"
    one.write_text("text,label\nred card,a\nblue card,a\n", encoding="utf-8")
    fit = add(one)
    Runner(stores, "worker-1").run(fit.id)
    failed = stores.fits.get(fit.id)
    assert failed.status is Status.FAILED
    assert failed.error is not None
    assert failed.error["code"] == "faulty-rows"
    assert "one.csv" in failed.error["message"]


def test_a_fit_whose_data_set_is_gone_fails(stores: Stores, add: Callable[..., StoredFit]) -> None:
    """As words, without a path of the server."""
    fit = add()
    stores.datasets.delete(fit.dataset_id)
    Runner(stores, "worker-1").run(fit.id)
    failed = stores.fits.get(fit.id)
    assert failed.status is Status.FAILED
    assert failed.error is not None
    assert failed.error["message"] == f"there is no data set {fit.dataset_id!r}"


def test_a_fault_of_ours_ends_the_fit(
    stores: Stores, add: Callable[..., StoredFit], capsys: pytest.CaptureFixture[str]
) -> None:
    """A fit without an end would be shown as training for ever."""
    fit = stores.fits.add(add().dataset_id, {"budget": 1.0}, name="without a base")
    Runner(stores, "worker-1").run(fit.id)
    failed = stores.fits.get(fit.id)
    assert failed.status is Status.FAILED
    assert failed.error is not None
    assert failed.error["code"] == "internal"
    assert "KeyError" in capsys.readouterr().err


def test_a_data_set_is_kept_while_a_fit_needs_it(
    stores: Stores, add: Callable[..., StoredFit]
) -> None:
    """Also one that is only tested on."""
    fit = add()
    test = stores.fits.add("data-other", {"test": fit.dataset_id}, name="tested")
    stores.fits.move(fit.id, Status.CANCELLED)
    with pytest.raises(InUse, match=test.id):
        stores.delete_dataset(fit.dataset_id)
    stores.fits.move(test.id, Status.FAILED)
    stores.delete_dataset(fit.dataset_id)
    with pytest.raises(NotFound):
        stores.datasets.get(fit.dataset_id)


@pytest.mark.long
def test_a_cancelled_fit_goes_on_when_it_is_tried_again(
    stores: Stores, add: Callable[..., StoredFit]
) -> None:
    fit = add(budget=None)
    when(stores, fit, "candidate-started", lambda: stores.fits.command(fit.id, "cancel"))
    Runner(stores, "worker-1").run(fit.id)
    assert stores.fits.get(fit.id).status is Status.CANCELLED
    assert (stores.settings.folder / "jobs" / fit.id / "work").is_dir()
    stores.fits.retry(fit.id)
    when(stores, fit, "candidate-finished", lambda: stores.fits.command(fit.id, "stop"))
    Runner(stores, "worker-1").run(fit.id)
    assert stores.fits.get(fit.id).status is Status.DEPLOYING


def test_a_process_that_dies_is_started_again_and_not_for_ever(
    stores: Stores, add: Callable[..., StoredFit], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []
    send = runner._send

    def kill(process: "subprocess.Popen[str]", line: str) -> None:
        send(process, line)
        if line.startswith("{"):
            started.append(process.pid)
            os.kill(process.pid, signal.SIGKILL)

    fit = add()
    with monkeypatch.context() as patch:
        patch.setattr(runner, "_send", kill)
        Runner(stores, "worker-1").run(fit.id)
    failed = stores.fits.get(fit.id)
    assert len(started) == runner.MAX_CRASHES
    assert failed.error is not None
    assert failed.error["code"] == "crashed"
    assert "exit code -9" in failed.error["message"]


def test_more_time_is_passed_on_after_the_plan(
    stores: Stores, add: Callable[..., StoredFit]
) -> None:
    """All of it at once, however it was added; before the plan, the budget has not begun."""
    fit, planned = add(), threading.Event()
    stores.fits.start(fit.id, "worker-1")
    stores.fits.command(fit.id, "extend", 60)
    stores.fits.command(fit.id, "extend", 30)
    pipe = subprocess.PIPE
    with subprocess.Popen(["cat"], stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        with Runner(stores, "worker-1")._commands(fit.id, process, planned):
            planned.set()
            assert process.stdout.readline() == "extend 90.0\n"
            stores.fits.command(fit.id, "stop")
            assert process.stdout.readline() == "stop\n"
        process.stdin.close()
        assert process.stdout.read() == ""


def test_more_time_is_kept_for_a_retry(stores: Stores, add: Callable[..., StoredFit]) -> None:
    fit = add()
    stores.fits.start(fit.id, "worker-1")
    stores.fits.command(fit.id, "extend", 60)
    stores.fits.command(fit.id, "cancel")
    stores.fits.move(fit.id, Status.CANCELLED)
    stores.fits.retry(fit.id)
    command = stores.fits.last_command(fit.id)
    assert command is not None
    assert (command["word"], command["extra"]) == ("", 60)
