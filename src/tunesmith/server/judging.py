"""Evaluate models and advise on data in a process of its own, which loads torch and ends."""

import asyncio
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import tunesmith
from tunesmith.errors import Overloaded, TunesmithError
from tunesmith.home import Home
from tunesmith.results.to_json import plain
from tunesmith.server.datasets import ReadOptions

_Result = TypeVar("_Result")
_WAITING = 8
_RETRY_SECONDS = 30


@dataclass(frozen=True)
class DataFile:
    """A stored file, and how it is read."""

    path: Path
    options: ReadOptions

    def read(self) -> tunesmith.Dataset:
        """Read the file."""
        options = self.options
        return tunesmith.read(
            self.path,
            kind=options.kind,
            columns=options.columns,
            encoding=options.encoding,
            fixes=options.fixes,
            skip_invalid=options.skip_invalid,
            strict=options.strict,
        )


@dataclass(frozen=True)
class Failure:
    """An error of the child process as plain values: not every error can be pickled."""

    kind: type[TunesmithError]
    fields: Mapping[str, Any]

    @property
    def error(self) -> TunesmithError:
        """The error."""
        fields = {name: value for name, value in self.fields.items() if name != "code"}
        return self.kind(fields.pop("message"), **fields)


class Judge:
    """Runs one evaluation or advice at a time; a few more may wait."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0

    async def run(self, work: Callable[..., Any], *given: Any) -> dict[str, Any]:
        """Return the result of a function in a new process, as JSON values.

        Cancelling the call ends the process.

        Raises
        ------
        Overloaded
            Too many others are waiting.
        TunesmithError
            The function raised it, or its process died.
        """
        if self._waiting >= _WAITING:
            raise Overloaded(
                "too many evaluations are waiting",
                hint="try again later",
                retry_after=_RETRY_SECONDS,
            )
        self._waiting += 1
        try:
            async with self._turn:
                return await _in_process(work, *given)
        finally:
            self._waiting -= 1


def unlogged(task: "asyncio.Task[_Result]") -> "asyncio.Task[_Result]":
    """Return a task whose error asyncio does not log: its message can hold texts of the data."""
    task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    return task


def evaluate(
    home: Home,
    models: Sequence[Path | str],
    data: DataFile,
    split: str | None,
    train: DataFile | None,
    seed: int,
) -> dict[str, Any] | Failure:
    """Return :func:`tunesmith.evaluate` as JSON values; runs in the child process."""

    def run() -> dict[str, Any]:
        trained_on = None if train is None else train.read()
        found = tunesmith.evaluate(
            list(map(str, models)), data.read(), split=split, train=trained_on, seed=seed
        )
        return found.to_dict()

    return guarded(home, run)


def advise(home: Home, data: DataFile, base: Path | str, seed: int) -> dict[str, Any] | Failure:
    """Return :func:`tunesmith.advise` as JSON values; runs in the child process."""
    return guarded(home, lambda: tunesmith.advise(data.read(), base=base, seed=seed).to_dict())


def guarded(home: Home, run: Callable[[], dict[str, Any]]) -> dict[str, Any] | Failure:
    """Return the result of a function within a home, or its failure as plain values."""
    try:
        with home.active():
            found: dict[str, Any] = plain(run())
    except TunesmithError as error:
        return Failure(type(error), error.to_dict())
    return found


def child() -> None:
    """Run the function that standard input names, and write its result to standard output."""
    results = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no result
    work, given = pickle.load(sys.stdin.buffer)  # noqa: S301 - the server wrote it
    with os.fdopen(results, "wb") as out:
        pickle.dump(work(*given), out)


async def _in_process(work: Callable[..., Any], *given: Any) -> dict[str, Any]:
    process = _started()
    try:
        written = await asyncio.to_thread(process.communicate, pickle.dumps((work, given)))
    except asyncio.CancelledError:
        process.kill()
        process.wait()  # so that it writes no file after its files were removed
        raise
    return _read(written[0], process.returncode)


def _started() -> "subprocess.Popen[bytes]":
    # Not multiprocessing, whose children run the main module of this process again.
    command = [sys.executable, "-c", f"from {__name__} import child; child()"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe)  # noqa: S603 - our own module


def _read(written: bytes, status: int) -> dict[str, Any]:
    if status:
        raise TunesmithError(
            "the process that evaluates has died", hint="the memory may be too small"
        )
    found = pickle.loads(written)  # noqa: S301 - the child wrote it
    if isinstance(found, Failure):
        raise found.error
    result: dict[str, Any] = found
    return result
