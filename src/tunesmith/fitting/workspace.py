"""Where a fit keeps its finished rungs, so that a killed one goes on where it stopped."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from tunesmith.errors import UsageError
from tunesmith.home import work_folder

# Rungs of a fit that nobody took up again within a week are removed.
KEPT_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True)
class Workspace:
    """A folder with one folder for each finished rung that trained weights."""

    folder: Path

    def part(self, name: str) -> "Workspace":
        """Return the workspace of one fold."""
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        return Workspace(folder)

    def model(self, rung: str) -> Path:
        """Return the folder of a rung's trained model, whether it is there or not."""
        return self.folder / rung

    def seconds(self, rung: str) -> float | None:
        """Return what the training of a rung cost, or None where it is not finished."""
        if not self.model(rung).is_dir():
            return None
        try:
            return float(self._record(rung).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0.0  # killed between the model and its record; the model is whole

    def finish(self, rung: str, seconds: float) -> None:
        """Record what the training of a rung cost; its model is whole by now."""
        self._record(rung).write_text(str(seconds), encoding="ascii")

    def note(self, name: str, number: float) -> None:
        """Keep a number for a run that goes on later."""
        (self.folder / f"{name}.number").write_text(repr(number), encoding="ascii")

    def noted(self, name: str) -> float | None:
        """Return a number that was kept, or None."""
        try:
            return float((self.folder / f"{name}.number").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None

    def _record(self, rung: str) -> Path:
        return self.folder / f"{rung}.seconds"


@contextmanager
def workspace(fingerprint: str) -> Iterator[Workspace]:
    """Yield the workspace of a fit; it is removed when the block ends well.

    Raises
    ------
    UsageError
        When the same fit is running in another process.
    """
    work_folder().mkdir(parents=True, exist_ok=True)
    folder = work_folder() / fingerprint
    try:
        with FileLock(work_folder() / f"{fingerprint}.lock", timeout=0):
            _remove_forgotten()
            _remove_unfinished(folder)
            yield Workspace(folder)
            shutil.rmtree(folder, ignore_errors=True)
    except Timeout as error:
        raise UsageError("the same fit is running already: wait until it has ended") from error


def _remove_unfinished(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for path in folder.rglob(".*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)


def _remove_forgotten() -> None:
    for path in work_folder().iterdir():
        if path.is_dir() and time.time() - path.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(path, ignore_errors=True)


TRAINED = ("top", "augmented", "whole")


def as_trained(rung: str) -> str:
    """Return the name under which a rung's weights lie as training left them, unmixed."""
    return f"{rung}-trained"


def state_of(folder: Path) -> Path:
    """Return where the state of a rung's training lies, and what its stages left."""
    return folder.with_name(f"{folder.name}-state")


def shares_kept(workspace: Workspace) -> dict[str, float]:
    """Return how much of its training each trained rung kept."""
    noted = {name: workspace.noted(name) for name in TRAINED}
    return {name: share for name, share in noted.items() if share is not None}
