"""What labelling needs of a model, computed in a process of its own and kept in the home."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.errors import TunesmithError
from tunesmith.folders import replacing
from tunesmith.home import Home
from tunesmith.kinds import Labelled
from tunesmith.server.judging import DataFile, Failure, Judge, guarded, unlogged
from tunesmith.server.labelling.considered import Considered, consider, key_of, stored
from tunesmith.server.labelling.labelled_texts import NONE, LabelledTexts
from tunesmith.server.labelling.outlook import Outlook, estimate, stored_outlook
from tunesmith.server.maps import MapRequest


@dataclass(eq=False)
class Labelling:
    """Vectors, guesses and suggestions of a server's data sets.

    Parameters
    ----------
    home
        The home with the models, the vector cache and the maps.
    judge
        Runs the computing in a process of its own, one at a time.
    """

    home: Home
    judge: Judge
    _running: dict[str, "asyncio.Task[Any]"] = field(default_factory=dict, init=False)
    _failed: dict[str, TunesmithError] = field(default_factory=dict, init=False)

    def is_prepared(self, request: MapRequest) -> bool:
        """Return whether there are vectors; if not, they begin to be computed."""
        folder = self._folder(request)
        if self.has_vectors(request):
            return True
        self._begin(
            request.key,
            lambda: self.judge.run(prepare, self.home, request.folder, request.data, folder),
        )
        return False

    def has_vectors(self, request: MapRequest) -> bool:
        """Return whether there are vectors and a map."""
        return self._folder(request).is_dir()

    def consider(self, request: MapRequest, texts: LabelledTexts) -> "Considered | None":
        """Return the newest guesses and suggestions; those of other labels begin to be replaced.

        None while there are none yet.
        """
        key, folder = key_of(texts), self._folder(request) / "considered"
        found = stored(folder, key)
        if found is None or (found.key != key and found.is_stale(texts)):
            self._begin(request.key, lambda: self._consider(folder, key, texts))
        return found

    def outlook(self, request: MapRequest, texts: LabelledTexts) -> Outlook | None:
        """Return what more labels would bring; None before it was first estimated."""
        return stored_outlook(self._folder(request), int((texts.codes != NONE).sum()))

    def is_working(self, request: MapRequest) -> bool:
        """Return whether something is being computed."""
        return request.key in self._running

    def failure(self, request: MapRequest) -> TunesmithError | None:
        """Return why something could not be computed, once; the next request tries again."""
        return self._failed.pop(request.key, None)

    def vectors(self, request: MapRequest) -> NDArray[np.float32]:
        """Return the vectors of the texts, of length 1, float32, shape (n, d)."""
        return _array(self._folder(request) / "vectors.npy")

    def places(self, request: MapRequest) -> NDArray[np.float32]:
        """Return the places of the texts on the map, float32, shape (n, 2)."""
        return _array(self._folder(request) / "places.npy")

    async def _consider(self, folder: Path, key: str, texts: LabelledTexts) -> None:
        labels = texts.labels()
        given = (np.flatnonzero(texts.reviewed).tolist(), texts.revision)
        await self.judge.run(consider, self.home, folder, key, labels, *given)
        labelled = sum(label is not None for label in labels)
        earlier = stored_outlook(folder.parent, labelled)
        if earlier is None or earlier.is_old(labelled):
            await self.judge.run(estimate, self.home, folder.parent, labels)

    def _begin(self, key: str, work: Callable[[], Any]) -> None:
        """Begin something unless something for the same data is running."""
        if key in self._running or key in self._failed:
            return

        async def run() -> None:
            try:
                await work()
            except TunesmithError as error:
                self._failed[key] = error
            finally:
                del self._running[key]

        self._running[key] = unlogged(asyncio.create_task(run()))

    def _folder(self, request: MapRequest) -> Path:
        return self.home.maps / f"labelling-{request.key}"


def prepare(home: Home, model: Path | str, data: DataFile, out: Path) -> dict[str, Any] | Failure:
    """Compute the vectors and the map of all texts and save them; runs in the child process."""
    from tunesmith.comparison.compared_models import compared_models  # noqa: PLC0415 - slow
    from tunesmith.evaluation.maps.before_after import before_after_map  # noqa: PLC0415 - slow
    from tunesmith.vectors.layers import of_length_1  # noqa: PLC0415 - with the others

    def run() -> dict[str, Any]:
        examples = data.read().examples
        vectors = of_length_1(compared_models(str(model))[-1].open().encode(examples.texts()))
        groups = examples.table["label"].to_pylist() if isinstance(examples, Labelled) else None
        places = before_after_map(vectors, vectors, groups).after
        out.parent.mkdir(parents=True, exist_ok=True)
        with replacing(out) as temporary:
            np.save(temporary / "vectors.npy", vectors)
            np.save(temporary / "places.npy", places)
        return {"texts": len(vectors)}

    return guarded(home, run)


@lru_cache(maxsize=4)
def _array(path: Path) -> NDArray[np.float32]:
    found: NDArray[np.float32] = np.load(path, mmap_mode="r", allow_pickle=False)
    return found
