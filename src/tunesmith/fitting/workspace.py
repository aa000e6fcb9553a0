"""The folder in which a fit keeps finished rungs, so that a killed fit can resume."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from tunesmith.errors import UsageError
from tunesmith.home import current_home

# Rungs of a fit that was not resumed within a week are removed.
KEPT_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True)
class Workspace:
    """A folder with a subfolder for each finished rung that trained weights."""

    folder: Path

    def part(self, name: str) -> "Workspace":
        """Return the workspace of one fold."""
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        return Workspace(folder)

    def model(self, rung: str) -> Path:
        """Return the folder of a rung's trained model, which may not exist yet."""
        return self.folder / rung

    def seconds(self, rung: str) -> float | None:
        """Return the training time of a rung, or None if it is not finished."""
        if not self.model(rung).is_dir():
            return None
        try:
            return float(self._record(rung).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0.0  # killed between writing the model and its time; the model is complete

    def finish(self, rung: str, seconds: float) -> None:
        """Record the training time of a rung, once its model is complete."""
        self._record(rung).write_text(str(seconds), encoding="ascii")

    def write_number(self, name: str, number: float) -> None:
        """Store a number for a resumed run."""
        (self.folder / f"{name}.number").write_text(repr(number), encoding="ascii")

    def read_number(self, name: str) -> float | None:
        """Return a stored number, or None."""
        try:
            return float((self.folder / f"{name}.number").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None

    def _record(self, rung: str) -> Path:
        return self.folder / f"{rung}.seconds"


@contextmanager
def workspace(fingerprint: str) -> Iterator[Workspace]:
    """Yield the workspace of a fit; it is removed if the block ends without an error.

    Raises
    ------
    UsageError
        The same fit is running in another process.
    """
    current_home().work.mkdir(parents=True, exist_ok=True)
    folder = current_home().work / fingerprint
    try:
        with FileLock(current_home().work / f"{fingerprint}.lock", timeout=0):
            _remove_stale()
            _remove_unfinished(folder)
            yield Workspace(folder)
            shutil.rmtree(folder, ignore_errors=True)
    except Timeout as error:
        raise UsageError("the same fit is already running", hint="wait for it to finish") from error


def _remove_unfinished(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for path in folder.rglob(".*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)


def _remove_stale() -> None:
    for path in current_home().work.iterdir():
        if path.is_dir() and time.time() - path.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(path, ignore_errors=True)


TRAINED = ("top", "augmented", "whole")


def trained_name(rung: str) -> str:
    """Return the name of a rung's trained weights before blending with the base."""
    return f"{rung}-trained"


def state_folder(folder: Path) -> Path:
    """Return the folder for a rung's training state and the results of its stages."""
    return folder.with_name(f"{folder.name}-state")


def shares_kept(workspace: Workspace) -> dict[str, float]:
    """Return the training weight kept by each trained rung."""
    noted = {name: workspace.read_number(name) for name in TRAINED}
    return {name: share for name, share in noted.items() if share is not None}
