"""Open pages come back by themselves when a server was killed and started again."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.server.exports import share_exports
from tests.server.pages.browsers import browser_page
from tests.server.pages.test_fit_page import PLANNED, rung
from tests.server.ports import free_port
from tunesmith.home import Home
from tunesmith.server.datasets import NewDataset
from tunesmith.server.settings import ServerSettings
from tunesmith.server.stores import open_stores

pytestmark = pytest.mark.slow


def started(home: Path, port: int) -> "subprocess.Popen[str]":
    """Start a server without workers; return when it listens."""
    options = ["--port", str(port), "--workers", "0"]
    command = [sys.executable, "-m", "tunesmith", "serve", *options]
    environment = {**os.environ, "TUNESMITH_HOME": str(home)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
    assert process.stdout is not None
    assert "listens on" in process.stdout.readline()
    return process


@pytest.mark.usefixtures("shared_exports")
@pytest.mark.long
def test_pages_follow_a_fit_across_a_killed_server(tmp_path: Path, toy_tickets: Path) -> None:
    share_exports(tmp_path)
    stores = open_stores(ServerSettings(Home(tmp_path)))
    upload = tmp_path / "received"
    upload.write_bytes(toy_tickets.read_bytes())
    dataset = stores.datasets.add(upload, NewDataset("toy", "toy.csv"))
    fit = stores.fits.add(dataset.id, {"budget": 300.0}, name="a fit")
    stores.fits.start(fit.id, "worker-1")
    stores.fits.add_events(fit.id, 1, PLANNED)
    port = free_port()
    process = started(tmp_path, port)
    try:
        with browser_page(f"http://127.0.0.1:{port}") as page:
            home: Any = page.context.browser.new_page(base_url=f"http://127.0.0.1:{port}")
            page.goto(f"/fits/{fit.id}")
            home.goto("/")
            home.get_by_text("candidate 2 of 3").wait_for()
            process.kill()
            process.wait()
            done = rung("linear", "Linear map", status="done", seconds=1.0, score=0.9)
            end: dict[str, Any] = {"event": "candidate-finished", "candidate": done}
            begin = {"event": "candidate-started", "candidate": rung("whole", "Whole model")}
            stores.fits.add_events(fit.id, 1, [end, begin])
            process = started(tmp_path, port)
            page.locator("#fit-ladder").get_by_text("0.900").wait_for()
            page.locator("#fit-state").get_by_text("candidate 3 of 3").wait_for()
            home.locator("#running").get_by_text("candidate 3 of 3").wait_for()
    finally:
        process.kill()
        process.wait()
        stores.engine.dispose()
