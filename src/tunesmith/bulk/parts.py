"""Store the results of a long stream in parts, so that an interrupted run can be resumed."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.folders import writing_to

PLAN = "plan.json"


class Parts:
    """The finished parts of a long run, in a hidden folder next to its output.

    Each part is written to a temporary file and renamed, so that no part is incomplete. Parts with
    another plan (another input, model or precision) are removed.

    Parameters
    ----------
    out
        The output file of the run.
    plan
        Everything that determines the vectors, as JSON values.

    Raises
    ------
    OutputError
        The folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp()) / "vectors.npy"
    >>> parts = Parts(out, {"model": "a"})
    >>> parts.write(0, np.ones((2, 3)))
    >>> Parts(out, {"model": "a"}).read(0, rows=2).shape
    (2, 3)
    >>> Parts(out, {"model": "b"}).read(0, rows=2) is None
    True
    """

    def __init__(self, out: Path, plan: Mapping[str, Any]) -> None:
        self.folder = out.with_name(f".{out.name}.parts")
        text = json.dumps(plan, sort_keys=True)
        path = self.folder / PLAN
        if path.is_file() and path.read_text("utf-8") == text:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        with writing_to(out):
            self.folder.mkdir()
            path.write_text(text, encoding="utf-8")

    def read(self, number: int, *, rows: int) -> NDArray[Any] | None:
        """Return the vectors of a part, or None if it is not finished."""
        path = self._path(number)
        if not path.is_file():
            return None
        vectors: NDArray[Any] = np.load(path, allow_pickle=False)
        return vectors if len(vectors) == rows else None

    def write(self, number: int, vectors: NDArray[Any]) -> None:
        """Store the vectors of a part."""
        path = self._path(number)
        temporary = path.with_suffix(".aside")
        with writing_to(path):
            with temporary.open("wb") as file:
                np.save(file, vectors, allow_pickle=False)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)

    def remove(self) -> None:
        """Remove all parts, once the output is complete."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def remove_if_empty(self) -> None:
        """Remove the folder if no part was finished."""
        if not any(self.folder.glob("*.npy")):
            self.remove()

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:08}.npy"
