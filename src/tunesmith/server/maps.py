"""Maps of the texts of a data set by a model and its base: drawn once, then kept in the home."""

import asyncio
import shutil
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

import tunesmith
from tunesmith.errors import TunesmithError
from tunesmith.home import Home
from tunesmith.results.text_map import LANDMARKS, TextMap, read_map
from tunesmith.server.derived import derived_name
from tunesmith.server.judging import DataFile, Failure, Judge, guarded, unlogged
from tunesmith.server.stored_model import StoredModel

_VERSION = 3  # of the layout; a map of another one is drawn again


class MapStatus(StrEnum):
    """What there is of a map."""

    READY = "ready"
    DRAFT = "draft"
    DRAWING = "drawing"
    FAILED = "failed"


@dataclass(frozen=True)
class MapRequest:
    """A model, and the data set whose texts it places.

    Parameters
    ----------
    model
        The model.
    folder
        Its folder, or the name of the bundled base.
    data
        The file of the data set.
    digest
        The digest of that file.
    landmarks
        Number of texts that are laid out at most.
    """

    model: StoredModel
    folder: Path | str
    data: DataFile
    digest: str
    landmarks: int = LANDMARKS

    @property
    def key(self) -> str:
        """A name for the map, other for other files of the model or of the data."""
        files = self.model.metadata.get("files", {})
        options = [self.data.options.kind, self.data.options.columns, self.data.options.fixes]
        facts = [_VERSION, tunesmith.__version__, files, self.landmarks, options]
        return derived_name(self.model.id, self.digest, facts)


@dataclass(eq=False)
class Maps:
    """The maps of a server.

    Parameters
    ----------
    home
        The home with the models, the vector cache and the maps.
    judge
        Runs the drawing in a process of its own, one at a time.
    """

    home: Home
    judge: Judge
    _drawing: dict[str, "asyncio.Task[dict[str, Any]]"] = field(default_factory=dict, init=False)

    def status(self, request: MapRequest) -> MapStatus:
        """Return what there is of a map; one that is missing begins to be drawn."""
        if self._folder(request).is_dir():
            return MapStatus.READY
        task = self._drawing.get(request.key)
        if task is None:
            task = unlogged(asyncio.create_task(self._draw(request)))
            self._drawing[request.key] = task
        if task.done():
            return MapStatus.FAILED
        return MapStatus.DRAFT if self._draft(request).is_dir() else MapStatus.DRAWING

    def failure(self, request: MapRequest) -> TunesmithError:
        """Return why a map could not be drawn, once; the next request tries again."""
        error = self._drawing.pop(request.key).exception()
        if isinstance(error, TunesmithError):
            return error
        return TunesmithError("the map cannot be drawn", hint="see the server's log")

    def read(self, request: MapRequest) -> TextMap:
        """Return a map that is ready.

        Raises
        ------
        FileNotFoundError
            It is not.
        """
        return _read(self._folder(request))

    def read_draft(self, request: MapRequest) -> TextMap:
        """Return a map that is ready, or else its draft.

        Raises
        ------
        FileNotFoundError
            There is neither.
        """
        try:
            return self.read(request)
        except FileNotFoundError:
            return _read(self._draft(request))

    async def _draw(self, request: MapRequest) -> dict[str, Any]:
        made = await self.judge.run(
            draw,
            self.home,
            request.folder,
            request.data,
            request.landmarks,
            self._draft(request),
            self._folder(request),
        )
        self._drawing.pop(request.key, None)
        return made

    def _folder(self, request: MapRequest) -> Path:
        return self.home.maps / request.key

    def _draft(self, request: MapRequest) -> Path:
        return self.home.maps / f"{request.key}-draft"


# The mouse asks for a text of the same map again and again.
@lru_cache(maxsize=4)
def _read(folder: Path) -> TextMap:
    return read_map(folder)


def draw(
    home: Home, model: Path | str, data: DataFile, landmarks: int, draft: Path, out: Path
) -> dict[str, Any] | Failure:
    """Draw a map, save its draft and then the map; runs in the child process."""
    from tunesmith.comparison.draw_map import draft_and_drawn  # noqa: PLC0415 - needs scikit-learn

    def run() -> dict[str, Any]:
        made = draft_and_drawn(str(model), data.read(), landmarks=landmarks)
        for folder, each in zip((draft, out), made, strict=True):
            each.save(folder)
        shutil.rmtree(draft, ignore_errors=True)
        return {"texts": len(each)}

    return guarded(home, run)


def packed(made: TextMap) -> bytes:
    """Return a map for the painter in the browser, little-endian.

    The places before and after (two float32 a text each), the shares of exchanged neighbours
    (float32), the labels and the predicted labels (uint16; without predictions the labels again),
    and whether the neighbours have another label (one byte: 1 before, 2 after).
    """
    strangers = made.strangers[0].astype("u1") + 2 * made.strangers[1].astype("u1")
    arrays = [made.before, made.after, made.moved]
    floats = [array.astype("<f4").tobytes() for array in arrays]
    predicted = made.labels if made.predicted is None else made.predicted
    numbers = [array.astype("<u2").tobytes() for array in (made.labels, predicted)]
    return b"".join([*floats, *numbers, strangers.tobytes()])
