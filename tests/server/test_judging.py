"""Work in a process of its own ends with the call that waits for it."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from tests.waiting import until
from tunesmith.server.judging import Judge

pytestmark = pytest.mark.slow


def sleep_on(noted: Path) -> None:
    """Note the id of this process, and take long."""
    noted.write_text(str(os.getpid()), encoding="utf-8")
    time.sleep(600)


def test_cancelling_ends_the_process_and_lets_the_next_one_run(tmp_path: Path) -> None:
    noted = tmp_path / "process"

    async def run() -> object:
        judge = Judge()
        task = asyncio.create_task(judge.run(sleep_on, noted))
        await asyncio.to_thread(until, lambda: noted.exists() and noted.read_text())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await judge.run(dict)

    assert asyncio.run(run()) == {}
    with pytest.raises(ProcessLookupError):
        os.kill(int(noted.read_text()), 0)
