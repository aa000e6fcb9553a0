"""A process of its own that runs functions one after the other, and ends when it is not used."""

import asyncio
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from tunesmith.errors import TunesmithError

IDLE_SECONDS = 60.0


class Child:
    """Runs one function at a time in a child process, which keeps the libraries that it has loaded.

    To load torch and its kin takes up to ten seconds, longer than most of the functions. So the
    process stays for a while, but no longer: it holds the memory of what it has loaded.

    Parameters
    ----------
    idle_seconds
        Time without work after which the process ends.
    """

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, work: Callable[..., Any], *given: Any) -> Any:
        """Return what a function of a module returns; cancelling the call ends the process.

        Raises
        ------
        TunesmithError
            The process died.
        """
        process = self._running()
        try:
            answer = await asyncio.to_thread(_ask, process, pickle.dumps((work, given)))
        except asyncio.CancelledError:
            self.end()
            raise
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            self.end()
            raise TunesmithError(
                "the process that evaluates has died", hint="the memory may be too small"
            ) from error
        self._timer = asyncio.get_running_loop().call_later(self._idle_seconds, self.end)
        return answer

    def end(self) -> None:
        """End the process, if there is one, and wait for it, so that it writes no file after."""
        self._stop_timer()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _running(self) -> "subprocess.Popen[bytes]":
        self._stop_timer()
        if self._process is None or self._process.poll() is not None:
            self._process = _started()
        return self._process

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None


def answer_parent() -> None:
    """Run the functions that standard input names; write their results to standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this one
    results = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no result
    for work, given in _questions():
        pickle.dump(work(*given), results)
        results.flush()


def _questions() -> Iterator[tuple[Callable[..., Any], tuple[Any, ...]]]:
    """Yield what the parent asks until it ends."""
    with suppress(EOFError):
        while True:
            yield pickle.load(sys.stdin.buffer)  # noqa: S301 - the server wrote it


def _started() -> "subprocess.Popen[bytes]":
    # Not multiprocessing, whose children run the main module of this process again.
    command = [sys.executable, "-c", f"from {__name__} import answer_parent; answer_parent()"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe)  # noqa: S603 - our own module


def _ask(process: "subprocess.Popen[bytes]", question: bytes) -> Any:
    """Write to the process and read its answer; both pipes are open while it lives."""
    stdin, stdout = process.stdin, process.stdout
    if stdin is None or stdout is None:
        raise EOFError
    stdin.write(question)
    stdin.flush()
    return pickle.load(stdout)  # noqa: S301 - the child wrote it
