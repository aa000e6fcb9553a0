"""Run one fit: start the training process, record its events, obey commands, store the model."""

import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

from tunesmith.errors import ModelError, TunesmithError
from tunesmith.server.fits import OTHER_DATASETS, Status, StoredFit
from tunesmith.server.models import model_key
from tunesmith.server.stores import Stores

MAX_CRASHES = 3
_LOOK_SECONDS = 0.5
_PROGRESS_SECONDS = 1.0
_FAULT = {
    "code": "internal",
    "message": "the fit could not be run",
    "hint": "this is a fault of Tunesmith: please report it with the server's log",
}
_WORDS = frozenset({"stop", "cancel"})


class Runner:
    """Runs fits, one at a time, for a worker.

    Parameters
    ----------
    stores
        The stores of the server.
    worker
        The worker's id.
    """

    def __init__(self, stores: Stores, worker: str) -> None:
        self._stores, self._worker = stores, worker

    def run(self, ident: str) -> None:
        """Run a fit to its end; a fit that was interrupted goes on from its last checkpoint."""
        attempt = self._stores.fits.start(ident, self._worker)
        crashes = 0
        while attempt is not None:
            last = self._tried(self._stores.fits.get(ident), attempt)
            if last["event"] != "crashed" or (crashes := crashes + 1) == MAX_CRASHES:
                self._end(ident, attempt, last)
                return
            attempt = self._stores.fits.start(ident, self._worker)

    def _tried(self, fit: StoredFit, attempt: int) -> Mapping[str, Any]:
        """Train; a fit whose data set or base is gone fails, and so does one with a fault of ours.

        Without an end its page would wait for ever; the fault goes to the worker's log.
        """
        try:
            return self._train(fit, attempt)
        except TunesmithError as error:
            return {"event": "failed", "error": error.to_dict()}
        except Exception:
            traceback.print_exc()
            return {"event": "failed", "error": _FAULT}

    def _train(self, fit: StoredFit, attempt: int) -> Mapping[str, Any]:
        """Run the training process; return its last event."""
        folder = self._folder(fit.id)
        home = self._stores.settings.home.folder
        planned = Event()
        with (
            _process(folder / "log.txt", home) as process,
            self._commands(fit.id, process, planned),
        ):
            _send(process, json.dumps(self._job(fit, folder)))
            last = self._record(fit.id, attempt, process, planned)
        if last["event"] in {"finished", "failed", "cancelled"}:
            return last
        return {"event": "crashed", "code": process.returncode}

    def _record(
        self, ident: str, attempt: int, process: "subprocess.Popen[str]", planned: Event
    ) -> Mapping[str, Any]:
        """Store the events of the process; return the last one.

        The progress of each computation is stored once a second. If a later attempt has begun, or
        the fit was deleted, the process is ended.
        """
        last: Mapping[str, Any] = {"event": "none"}
        shown: dict[str, float] = {}
        for line in process.stdout or ():
            last = json.loads(line)
            if last["event"] == "planned":
                planned.set()
            if last["event"] == "progress" and not last["ended"]:
                if time.monotonic() - shown.get(last["title"], 0.0) < _PROGRESS_SECONDS:
                    continue
                shown[last["title"]] = time.monotonic()
            if not self._stores.fits.add_events(ident, attempt, [last]):
                process.kill()
        return last

    @contextmanager
    def _commands(
        self, ident: str, process: "subprocess.Popen[str]", planned: Event
    ) -> Iterator[None]:
        """Pass commands on to the process while the block runs."""
        ended = Event()
        given = (ident, process, ended, planned)
        thread = Thread(target=self._pass_on, args=given, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _pass_on(
        self, ident: str, process: "subprocess.Popen[str]", ended: Event, planned: Event
    ) -> None:
        """Pass on words at once, and more time after the plan, when the budget has begun."""
        done = extra = 0.0
        while not ended.wait(_LOOK_SECONDS):
            command = self._stores.fits.last_command(ident)
            if command is None:
                continue
            if planned.is_set() and (more := command.get("extra", 0.0) - extra) > 0:
                extra += more
                _send(process, f"extend {more}")
            if command["number"] > done:
                done = command["number"]
                if command["word"] in _WORDS:
                    _send(process, command["word"])

    def _end(self, ident: str, attempt: int, last: Mapping[str, Any]) -> None:
        """Store the model, or why there is none."""
        fits = self._stores.fits
        if last["event"] == "finished":
            self._keep(fits.get(ident), attempt)
        elif last["event"] == "cancelled":
            fits.move(ident, Status.CANCELLED, attempt=attempt)
        else:
            fits.move(ident, Status.FAILED, attempt=attempt, error=_error(last))

    def _keep(self, fit: StoredFit, attempt: int) -> None:
        folder = self._folder(fit.id)
        if not self._stores.files.exists(model_key(fit.id)):
            with self._stores.files.new(model_key(fit.id)) as out:
                for path in (folder / "model").iterdir():
                    path.rename(out / path.name)
        self._stores.models.add(fit.id, fit.name, fit.dataset_id, fit.created_by)
        self._stores.fits.move(fit.id, Status.DEPLOYING, attempt=attempt)

    def _job(self, fit: StoredFit, folder: Path) -> dict[str, Any]:
        """Return the input of the training process, with the paths of the data sets."""
        path = self._stores.datasets.path
        given = {name: fit.request.get(name) for name in OTHER_DATASETS}
        files = {name: str(path(ident)) for name, ident in given.items() if ident is not None}
        source = str(path(fit.dataset_id))
        return {
            "request": {**fit.request, **files, "source": source, "base": self._base(fit)},
            "workspaces": str(folder / "work"),
            "output": str(folder / "model"),
        }

    def _base(self, fit: StoredFit) -> str:
        """Return the folder of a base that is a model of the server, else its name."""
        base = str(fit.request["base"])
        try:
            return str(self._stores.models.folder(base))
        except ModelError:
            return base

    def _folder(self, ident: str) -> Path:
        folder = self._stores.settings.folder / "jobs" / ident
        folder.mkdir(parents=True, exist_ok=True)
        return folder


@contextmanager
def _process(log: Path, home: Path) -> Iterator["subprocess.Popen[str]"]:
    """Start the training process; its standard error goes to a file."""
    command = [sys.executable, "-m", "tunesmith.server.jobs.training"]
    own = {"TOKENIZERS_PARALLELISM": "false", "TUNESMITH_HOME": str(home)}
    environment = {**os.environ, **own}
    pipe = subprocess.PIPE
    with (
        log.open("a", encoding="utf-8") as errors,
        subprocess.Popen(  # noqa: S603 - our own module, and no argument of a user
            command, stdin=pipe, stdout=pipe, stderr=errors, env=environment, text=True
        ) as process,
    ):
        try:
            yield process
        finally:
            if process.stdin is not None:
                process.stdin.close()


def _send(process: "subprocess.Popen[str]", line: str) -> None:
    """Write a line to the process, which may have ended."""
    assert process.stdin is not None
    try:
        process.stdin.write(line + "\n")
        process.stdin.flush()
    except (BrokenPipeError, ValueError):
        return


def _error(last: Mapping[str, Any]) -> dict[str, Any]:
    if last["event"] == "failed":
        error: dict[str, Any] = last["error"]
        return error
    return {
        "code": "crashed",
        "message": f"the training process ended without a result, {MAX_CRASHES} times "
        f"(exit code {last['code']})",
        "hint": "see the log of the fit; too little memory is the most frequent cause",
    }
