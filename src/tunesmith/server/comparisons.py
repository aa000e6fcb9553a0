"""Comparisons of models on a data set: made once in a process of their own, kept in the home."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import tunesmith
from tunesmith.errors import DataError
from tunesmith.home import Home
from tunesmith.results.to_json import plain
from tunesmith.server.background import Background
from tunesmith.server.judging import DataFile, Failure, Judge, guarded
from tunesmith.server.stored_model import StoredModel
from tunesmith.watching import Progress, watching

SHOWN_ROWS = 200
_VERSION = 1  # of the file; a comparison of another one is made again
_NOTED_SECONDS = 0.5


@dataclass(frozen=True)
class ComparisonRequest:
    """Models, and the data set to compare them on.

    Parameters
    ----------
    models
        The models.
    folders
        Their folders, or the name of the bundled base.
    data
        The file of the data set.
    digest
        The digest of that file.
    """

    models: tuple[StoredModel, ...]
    folders: tuple[Path | str, ...]
    data: DataFile
    digest: str

    @property
    def key(self) -> str:
        """A name for the comparison, other for other files of a model or of the data."""
        models = [[each.id, each.metadata.get("files", {})] for each in self.models]
        facts = [_VERSION, tunesmith.__version__, models, self.digest, asdict(self.data.options)]
        named = json.dumps(facts, sort_keys=True, default=dict)
        return hashlib.sha256(named.encode()).hexdigest()[:32]


class Comparisons:
    """The comparisons of a server.

    Parameters
    ----------
    home
        The home with the models, the vector cache and the comparisons.
    judge
        Runs the evaluations, one at a time.
    """

    def __init__(self, home: Home, judge: Judge) -> None:
        self._home, self._background = home, Background(judge)

    def of(self, request: ComparisonRequest) -> Mapping[str, Any] | None:
        """Return a comparison as JSON values; None while it is made.

        It begins to be made if there is none, so this needs a running event loop.

        Raises
        ------
        TunesmithError
            It could not be made; the next call tries again.
        """
        key, path = request.key, self._path(request)
        with suppress(FileNotFoundError):
            found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return found
        if self._background.result(key) is not None:
            self._background.forget(key)  # its file was deleted
        self._background.begin(key, compare, self._home, request.folders, request.data, path)
        return None

    def progress(self, request: ComparisonRequest) -> tuple[float, str]:
        """Return the seconds since a comparison was begun, and what it does; empty if it waits."""
        text = ""
        with suppress(FileNotFoundError):
            text = _progress_file(self._path(request)).read_text(encoding="utf-8")
        return self._background.seconds(request.key), text

    def _path(self, request: ComparisonRequest) -> Path:
        return self._home.comparisons / f"{request.key}.json"


def compare(
    home: Home, models: tuple[Path | str, ...], data: DataFile, out: Path
) -> dict[str, Any] | Failure:
    """Compare models and save the result; runs in the child process."""

    def run() -> dict[str, Any]:
        out.parent.mkdir(parents=True, exist_ok=True)
        noted = _progress_file(out)
        try:
            with watching(_noting(noted)):
                found = plain(_compared(models, data))
            part = out.with_suffix(".part")
            part.write_text(json.dumps(found), encoding="utf-8")
            part.replace(out)
        finally:
            noted.unlink(missing_ok=True)
        return {}

    return guarded(home, run)


def _compared(models: tuple[Path | str, ...], data: DataFile) -> dict[str, Any]:
    """Return the comparison; rows on which all of them were trained leave an error in it."""
    from tunesmith.comparison.training_overlap import (  # noqa: PLC0415 - it needs scikit-learn
        training_overlap,
    )

    read = data.read()
    overlap = [asdict(each) for each in training_overlap(models, read)]
    try:
        found = tunesmith.evaluate(list(map(str, models)), read, verbose=True)
    except DataError as error:
        return {"overlap": overlap, "error": error.to_dict()}
    differing = found.disagreements()
    return {
        **found.to_dict(),
        "overlap": overlap,
        "pairs": [
            asdict(pair := found.between(*each)) | {"first": each[0], "outcome": pair.outcome}
            for each in combinations(found.models, 2)
        ],
        "differing": len(differing),
        "rows": [asdict(each) for each in differing[:SHOWN_ROWS]],
    }


def _noting(path: Path) -> Callable[[Progress], None]:
    """Return a watcher that writes what is done to a file, twice a second."""
    last = 0.0

    def note(event: Progress) -> None:
        nonlocal last
        if time.monotonic() - last > _NOTED_SECONDS:
            last = time.monotonic()
            part = f", {event.done:,} of {event.total:,}" if event.total else ""
            path.write_text(f"{event.title}{part}", encoding="utf-8")

    return note


def _progress_file(path: Path) -> Path:
    return path.with_suffix(".progress")
