"""A folder is made once, in a process of its own; a failure is told once and can be tried again."""

import asyncio
from pathlib import Path

import pytest

from tunesmith.errors import DataError, TunesmithError
from tunesmith.home import Home
from tunesmith.server.judging import Failure, Judge, guarded
from tunesmith.server.made_folders import MadeFolders, Making

pytestmark = pytest.mark.slow


def make(folder: Path, home: Home, wrong: bool) -> dict[str, str] | Failure:
    """Make a folder, or fail as a reader of data does."""

    def run() -> dict[str, str]:
        if wrong:
            raise DataError("row 7 has no text", hint="drop it")
        folder.mkdir()
        (folder / "made").write_text("once", encoding="utf-8")
        return {}

    return guarded(home, run)


async def _end(made: MadeFolders, folder: Path, home: Home, wrong: bool) -> Making:
    status = Making.RUNNING
    while status is Making.RUNNING:
        status = made.status(folder, make, folder, home, wrong)
        await asyncio.sleep(0.05)
    return status


def test_a_folder_is_made_and_kept(tmp_path: Path, judge: Judge) -> None:
    async def run() -> list[Making]:
        made, folder = MadeFolders(judge), tmp_path / "new"
        first = made.status(folder, make, folder, Home(tmp_path), False)
        return [first, await _end(made, folder, Home(tmp_path), wrong=False)]

    assert asyncio.run(run()) == [Making.RUNNING, Making.READY]
    assert (tmp_path / "new" / "made").read_text(encoding="utf-8") == "once"


def test_a_failure_says_why_and_the_next_request_tries_again(tmp_path: Path, judge: Judge) -> None:
    async def run() -> tuple[Making, TunesmithError, Making]:
        made, folder, home = MadeFolders(judge), tmp_path / "new", Home(tmp_path)
        failed = await _end(made, folder, home, wrong=True)
        error = made.failure(folder)
        return failed, error, await _end(made, folder, home, wrong=False)

    failed, error, made = asyncio.run(run())
    assert (failed, made) == (Making.FAILED, Making.READY)
    assert isinstance(error, DataError)
    assert error.hint == "drop it"
