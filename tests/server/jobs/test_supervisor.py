"""Workers are kept running; a fit survives the death of its worker, and no worker its server."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tunesmith.fitting.request import FitRequest
from tunesmith.home import Home
from tunesmith.server.datasets import NewDataset
from tunesmith.server.fits import Status, StoredFit
from tunesmith.server.jobs.queue import Jobs
from tunesmith.server.jobs.supervisor import Supervisor
from tunesmith.server.settings import ServerSettings
from tunesmith.server.stores import open_stores

if TYPE_CHECKING:
    from tunesmith.server.stores import Stores

pytestmark = pytest.mark.slow


@pytest.fixture
def stores(database: str, home: Path) -> Iterator["Stores"]:
    """Stores of a server with one worker, on a database of each kind."""
    url = database if database.startswith("postgresql") else ""
    found = open_stores(ServerSettings(Home(home), database=url, workers=1))
    yield found
    found.engine.dispose()


def wait(stores: "Stores", fit: StoredFit, status: Status) -> None:
    """Wait until a fit has a state; fail if it has ended in another one."""
    while (now := stores.fits.get(fit.id)).status is not status:
        assert not now.status.ended, now
        time.sleep(0.1)


def queued(stores: "Stores", few_tickets: Path, tiny_encoder: Path) -> StoredFit:
    """Store and queue a fit of few tickets on the tiny model."""
    path = stores.files.scratch() / "received"
    shutil.copy(few_tickets, path)
    dataset = stores.datasets.add(path, NewDataset("few", "few.csv"))
    request = asdict(FitRequest("", base=str(tiny_encoder), budget=2.0, cross_validate="off"))
    del request["source"]
    fit = stores.fits.add(dataset.id, request, name="few")
    jobs = Jobs(stores)
    jobs.add(fit)
    jobs.close()
    return fit


@pytest.mark.long
def test_a_fit_survives_its_worker(stores: "Stores", few_tickets: Path, tiny_encoder: Path) -> None:
    fit = queued(stores, few_tickets, tiny_encoder)
    supervisor = Supervisor(stores)
    supervisor.start()
    try:
        wait(stores, fit, Status.TRAINING)
        first = supervisor.processes[0].pid
        os.kill(first, signal.SIGKILL)
        wait(stores, fit, Status.DEPLOYING)
        assert supervisor.processes[0].pid != first
        assert stores.fits.get(fit.id).attempt == 2
    finally:
        supervisor.stop()


def test_no_worker_outlives_its_server(stores: "Stores") -> None:
    """Its end of the pipe is closed by the system, however the server dies."""
    supervisor = Supervisor(stores)
    supervisor.start()
    worker = supervisor.processes[0]
    supervisor.stop()
    assert worker.returncode == 0
