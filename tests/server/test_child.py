"""A child process runs one function after the other, and does not outlive its use."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import until
from tunesmith.errors import TunesmithError
from tunesmith.server.child import Child

pytestmark = pytest.mark.slow


@pytest.fixture
def child() -> Iterator[Child]:
    made = Child()
    yield made
    made.end()


def sleep_on(noted: Path) -> None:
    """Note the id of this process, and take long."""
    noted.write_text(str(os.getpid()), encoding="utf-8")
    time.sleep(600)


def print_and_return(value: str) -> str:
    """Print a value as well: what libraries print must not be taken for a result."""
    print(value)  # noqa: T201
    return value


def lives(process: int) -> bool:
    """Return whether a process with this id exists."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_one_process_runs_one_function_after_the_other(child: Child) -> None:
    async def run() -> list[object]:
        return [await child.run(os.getpid), await child.run(os.getpid)]

    first, second = asyncio.run(run())
    assert first == second != os.getpid()


def test_what_a_function_prints_is_no_result(child: Child) -> None:
    assert asyncio.run(child.run(print_and_return, "x" * 100_000)) == "x" * 100_000


def test_an_idle_process_ends() -> None:
    child = Child(idle_seconds=0.0)

    async def run() -> None:
        process = await child.run(os.getpid)
        await asyncio.to_thread(until, lambda: not lives(process))

    asyncio.run(run())


@pytest.mark.parametrize("deadly", [os.abort, divmod])
def test_a_process_that_dies_is_replaced(child: Child, deadly: object) -> None:
    async def run() -> object:
        with pytest.raises(TunesmithError, match="has died"):
            await child.run(deadly)  # type: ignore[arg-type]  # divmod lacks its arguments: an error
        return await child.run(dict)

    assert asyncio.run(run()) == {}


def test_cancelling_ends_the_process_and_lets_the_next_one_run(
    child: Child, tmp_path: Path
) -> None:
    noted = tmp_path / "process"

    async def run() -> object:
        task = asyncio.create_task(child.run(sleep_on, noted))
        await asyncio.to_thread(until, lambda: noted.exists() and noted.read_text())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await child.run(dict)

    assert asyncio.run(run()) == {}
    assert not lives(int(noted.read_text()))


PARENT = """
import asyncio, os, time
from tunesmith.server.child import Child
child = Child()
print(asyncio.run(child.run(os.getpid)), flush=True)
time.sleep(600)
"""


def test_it_ends_with_its_parent() -> None:
    """Also if that is killed; it holds the pipe of the errors open until it has ended."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=pipe, stderr=pipe) as parent:
        assert parent.stdout is not None
        assert int(parent.stdout.readline()) != parent.pid
        parent.kill()
        assert parent.communicate() == (b"", b"")


def test_an_interrupt_from_the_keyboard_is_left_to_the_parent(child: Child) -> None:
    async def run() -> list[object]:
        process = await child.run(os.getpid)
        os.kill(process, signal.SIGINT)
        return [process, await child.run(os.getpid)]

    first, second = asyncio.run(run())
    assert first == second
