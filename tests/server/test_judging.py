"""One evaluation runs at a time; a few wait, more are refused."""

import asyncio
from pathlib import Path

import pytest

from tunesmith.errors import DataError, Overloaded
from tunesmith.home import Home
from tunesmith.server.judging import Failure, Judge, guarded

pytestmark = pytest.mark.slow


def refuse(home: Home) -> "dict[str, object] | Failure":
    """Fail as the checks of data do."""

    def run() -> dict[str, object]:
        raise DataError("row 3 has no text", hint="remove it", row=3)

    return guarded(home, run)


def test_an_error_keeps_its_kind_and_its_fields(judge: Judge, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="row 3") as raised:
        asyncio.run(judge.run(refuse, Home(tmp_path)))
    assert (raised.value.hint, raised.value.row) == ("remove it", 3)


def test_more_than_a_few_are_refused_until_those_are_done(judge: Judge) -> None:
    async def run() -> list[object]:
        tasks = [asyncio.create_task(judge.run(dict)) for _ in range(9)]
        done = await asyncio.gather(*tasks, return_exceptions=True)
        return [*done, await judge.run(dict)]

    *answered, refused, later = asyncio.run(run())
    assert answered == [{}] * 8
    assert isinstance(refused, Overloaded)
    assert later == {}
