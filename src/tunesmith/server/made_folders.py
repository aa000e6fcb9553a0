"""Folders that are made once, in a process of their own, and then kept: begun, and asked about."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from tunesmith.errors import TunesmithError
from tunesmith.server.judging import Judge, unlogged


class Making(StrEnum):
    """What there is of a folder."""

    READY = "ready"
    RUNNING = "running"
    FAILED = "failed"


@dataclass(eq=False)
class MadeFolders:
    """Makes folders, each once; all methods run on one event loop.

    Parameters
    ----------
    judge
        Runs the work in processes of their own, one at a time.
    """

    judge: Judge
    _running: dict[Path, "asyncio.Task[dict[str, Any]]"] = field(default_factory=dict, init=False)

    def status(self, folder: Path, work: Callable[..., Any], *given: Any) -> Making:
        """Return what there is of a folder; one that is missing begins to be made.

        Parameters
        ----------
        folder
            The folder.
        work
            A function of a module, which writes it; it runs in the process of its own.
        given
            The arguments of ``work``.
        """
        if folder.is_dir():
            self._running.pop(folder, None)
            return Making.READY
        task = self._running.get(folder)
        if task is None:
            task = unlogged(asyncio.create_task(self.judge.run(work, *given)))
            self._running[folder] = task
        return Making.FAILED if task.done() else Making.RUNNING

    def failure(self, folder: Path) -> TunesmithError:
        """Return why a folder could not be made, once; the next request tries again."""
        error = self._running.pop(folder).exception()
        if isinstance(error, TunesmithError):
            return error
        return TunesmithError("this cannot be computed", hint="see the server's log")
