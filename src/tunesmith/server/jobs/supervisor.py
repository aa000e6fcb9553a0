"""Keep a number of worker processes running, and end them with the server."""

import json
import subprocess
import sys
import threading
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO

from tunesmith.home import Home
from tunesmith.server.inference.limits import Limits
from tunesmith.server.jobs.worker import forget, run_worker
from tunesmith.server.settings import ServerSettings
from tunesmith.server.stores import Stores

_LOOK_SECONDS = 0.5
_GRACE_SECONDS = 10


class Supervisor:
    """Starts workers, and starts another for each that ends.

    A worker reads its settings from standard input, and ends when that is closed. So it never
    outlives the server, however that dies.

    Parameters
    ----------
    stores
        The stores of the server.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self.processes: list[subprocess.Popen[bytes]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Start the workers."""
        count = self._stores.settings.workers
        self.processes = [_start(self._stores.settings) for _ in range(count)]
        self._thread.start()

    def stop(self) -> None:
        """End the workers; unfinished fits go on with the next start."""
        self._ended.set()
        self._thread.join()
        for process in self.processes:
            _close(process)
        for process in self.processes:
            try:
                process.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            forget(self._stores, process.pid)

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            for number, process in enumerate(self.processes):
                if process.poll() is not None:
                    _close(process)
                    forget(self._stores, process.pid)
                    self.processes[number] = _start(self._stores.settings)


def _start(settings: ServerSettings) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tunesmith.server.jobs.supervisor"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603 - our own module
    assert process.stdin is not None
    process.stdin.write(json.dumps(asdict(settings), default=str).encode() + b"\n")
    process.stdin.flush()
    return process


def _close(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin is not None:
        process.stdin.close()


def read_settings(line: str) -> ServerSettings:
    """Return the settings that a supervisor sent.

    Examples
    --------
    >>> settings = ServerSettings(Home(Path("/srv")), workers=3)
    >>> read_settings(json.dumps(asdict(settings), default=str)) == settings
    True
    """
    values = json.loads(line)
    home, _ = values.pop("home"), values.pop("notices")  # a worker sends none
    folder, limit = Path(home["folder"]), home["cache_bytes"]
    limits = Limits(**values.pop("limits"))
    return replace(ServerSettings(Home(folder, limit)), limits=limits, **values)


def main(given: IO[str] = sys.stdin) -> None:
    """Run a worker until standard input ends."""
    run_worker(read_settings(given.readline()), given)


if __name__ == "__main__":
    main()
