"""Whatever is killed, nothing that was acknowledged is lost and no answer is wrong."""

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.server.chaos import numbered, run_chaos, ticket
from tests.server.ports import free_port

if TYPE_CHECKING:
    from tunesmith.results.fit_result import FitResult

pytestmark = [
    pytest.mark.slow,
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="it finds processes in /proc"),
]


@pytest.mark.usefixtures("shared_exports")
def test_nothing_is_lost_when_processes_are_killed(
    shared_home: Path, tmp_path: Path, toy_fit: "FitResult"
) -> None:
    shutil.copytree(shared_home / "onnx", tmp_path / "onnx")  # or it is exported after each kill
    shutil.copytree(toy_fit.path, tmp_path / "models" / "tiny-base")
    files = numbered(ticket, 2)
    outcome = run_chaos(tmp_path, free_port(), files=files, base="tiny-base", kills=3, seed=1)
    assert outcome.not_ready == {}
    assert (outcome.wrong, outcome.lost_datasets) == (0, 0)
    assert outcome.fits >= 2
    assert outcome.requests > 0
