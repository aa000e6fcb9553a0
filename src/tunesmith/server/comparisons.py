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
from tunesmith.comparison.compared_models import encoding_title
from tunesmith.comparison.evaluate import COMPARING
from tunesmith.errors import DataError
from tunesmith.home import Home
from tunesmith.results.to_json import plain
from tunesmith.server.background import Background
from tunesmith.server.judging import DataFile, Failure, Judge, guarded
from tunesmith.server.stored_model import StoredModel
from tunesmith.watching import Progress, watching
from tunesmith.wording import cut

SHOWN_ROWS = 200
_VERSION = 1  # of the file; a comparison of another one is made again
_NOTED_SECONDS = 0.5
_NAME = 60  # characters of a name


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
        self._cancelled: set[str] = set()

    def of(self, request: ComparisonRequest) -> Mapping[str, Any] | None:
        """Return a comparison as JSON values; None while it is made.

        It begins to be made if there is none, so this needs a running event loop.

        Raises
        ------
        TunesmithError
            It could not be made; the next call tries again.
        """
        key, path = request.key, self._path(request)
        self._cancelled.discard(key)
        with suppress(FileNotFoundError):
            found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return found
        if self._background.result(key) is not None:
            self._background.forget(key)  # its file was deleted
        self._background.begin(key, compare, self._home, request.folders, request.data, path)
        return None

    async def cancel(self, request: ComparisonRequest) -> None:
        """End the making of a comparison and remove its files; a finished one is kept."""
        path = self._path(request)
        if path.exists():
            return
        self._cancelled.add(request.key)
        await self._background.cancel(request.key)
        for part in (_progress_file(path), _noting_file(path), _part_file(path)):
            part.unlink(missing_ok=True)

    def was_cancelled(self, request: ComparisonRequest) -> bool:
        """Return whether a comparison was cancelled and not begun again."""
        return request.key in self._cancelled

    def progress(self, request: ComparisonRequest) -> tuple[float, str]:
        """Return the seconds since a comparison was begun, and what it does; empty if it waits."""
        text = ""
        with suppress(FileNotFoundError):
            noted = _progress_file(self._path(request)).read_text(encoding="utf-8")
            text = _step(request, *json.loads(noted))
        return self._background.seconds(request.key), text

    def _path(self, request: ComparisonRequest) -> Path:
        return self._home.comparisons / f"{request.key}.json"


def compare(
    home: Home, models: tuple[Path | str, ...], data: DataFile, out: Path
) -> dict[str, Any] | Failure:
    """Compare models and save the result; runs in the child process."""

    def run() -> dict[str, Any]:
        out.parent.mkdir(parents=True, exist_ok=True)
        try:
            with watching(_noting(out)):
                found = plain(_compared(models, data))
            part = _part_file(out)
            part.write_text(json.dumps(found), encoding="utf-8")
            part.replace(out)
        finally:
            _progress_file(out).unlink(missing_ok=True)
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


def _noting(out: Path) -> Callable[[Progress], None]:
    """Return a watcher that writes what is done to a file: each step, and twice a second."""
    last = 0.0

    def note(event: Progress) -> None:
        nonlocal last
        is_long_ago = time.monotonic() - last > _NOTED_SECONDS
        if event.ended or not event.done or is_long_ago:
            last = time.monotonic()
            part = _noting_file(out)
            part.write_text(json.dumps([event.title, event.done, event.total]), encoding="utf-8")
            part.replace(_progress_file(out))

    return note


def _step(request: ComparisonRequest, title: str, done: int, total: int | None) -> str:
    """Return what is done in words, with the name of the model instead of its folder's."""
    models = list(zip(request.models, request.folders, strict=True))
    for number, (model, folder) in enumerate(models, start=1):
        if title == encoding_title(Path(folder).name):
            which = f"{cut(model.name, _NAME)} (model {number} of {len(models)})"
            if done == total:
                return f"Measuring {which}"
            return f"Computing vectors with {which}: {done:,} of {total:,} texts"
    return "Computing the intervals" if title == COMPARING else title


def _progress_file(path: Path) -> Path:
    return path.with_suffix(".progress")


def _noting_file(path: Path) -> Path:
    return path.with_suffix(".noting")


def _part_file(path: Path) -> Path:
    return path.with_suffix(".part")
