"""Evaluate models and advise on data in a process of its own, since that loads torch."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import tunesmith
from tunesmith.errors import Overloaded, TunesmithError
from tunesmith.home import Home
from tunesmith.results.to_json import plain
from tunesmith.server.child import Child
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
        self._child = Child()
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0

    async def run(self, work: Callable[..., Any], *given: Any) -> dict[str, Any]:
        """Return the result of a function in the child process, as JSON values.

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
                found: dict[str, Any] | Failure = await self._child.run(work, *given)
        finally:
            self._waiting -= 1
        if isinstance(found, Failure):
            raise found.error
        return found

    def close(self) -> None:
        """End the process."""
        self._child.end()


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
