"""What labelling needs of a model: vectors and a map, guesses and suggestions, kept in the home."""

import asyncio
import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tunesmith.errors import TunesmithError
from tunesmith.folders import replacing
from tunesmith.home import Home
from tunesmith.kinds import Labelled, labelled_examples
from tunesmith.labelling.label_guesses import LabelGuesses
from tunesmith.server.judging import DataFile, Failure, Judge, guarded
from tunesmith.server.labelled_texts import NONE, LabelledTexts
from tunesmith.server.maps import MapRequest
from tunesmith.wording import plural

SUGGESTED: Final = 40
"""Number of suggestions that are made at a time."""
_CURVE_ROWS = 3_000
FEWEST_ROWS: Final = 40
"""Minimum number of labels for a forecast, as for a learning curve."""
_KEPT = 3  # guesses of each data set, the newest
_STALE_ACTS = 10
_FEW_LEFT = 10
_OUTLOOK = "outlook"


@dataclass(frozen=True)
class Suggested:
    """A suggestion: the position of the text, why, and its likely label."""

    position: int
    reason: str
    likely: str | None
    probability: float


@dataclass(frozen=True)
class Forecast:
    """What more labels would bring, by the learning curve.

    Parameters
    ----------
    metric
        The metric, such as ``accuracy``.
    labels
        The number of labels that the curve was measured on.
    score
        The score that these labels give.
    gain, low, high
        What twice the labels would add, with a 95% interval.
    """

    metric: str
    labels: int
    score: float
    gain: float
    low: float
    high: float


@dataclass(frozen=True)
class Outlook:
    """What more labels would bring, or why that is unknown.

    Parameters
    ----------
    labels
        The number of labels that it was estimated from.
    forecast
        The forecast; None if there is none.
    why
        Why there is none.
    """

    labels: int
    forecast: Forecast | None = None
    why: str = ""

    def is_old(self, labels: int) -> bool:
        """Return whether the number of labels has changed by a fifth since."""
        return abs(labels - self.labels) * 5 > self.labels


@dataclass(frozen=True, eq=False)
class Considered:
    """Guesses and suggestions for the labels that were in force at some moment.

    Parameters
    ----------
    key
        Other for other labels.
    guesses
        The likely label and the doubt of each text; None while there are no two labels.
    suggestions
        The texts to label next, best first.
    labelled
        The number of labels that the guesses were made from.
    revision
        The revision of the labels.
    """

    key: str
    guesses: LabelGuesses | None
    suggestions: tuple[Suggested, ...]
    labelled: int
    revision: int

    def is_stale(self, texts: LabelledTexts) -> bool:
        """Return whether enough was labelled since to make new suggestions."""
        labelled = int((texts.codes != NONE).sum())
        learns = self.guesses is None and bool((texts.counts > 0).sum() > 1)
        acts = max(abs(labelled - self.labelled), abs(texts.revision - self.revision))
        left = sum(not texts.reviewed[each.position] for each in self.suggestions)
        return learns or acts >= _STALE_ACTS or left < min(_FEW_LEFT, len(self.suggestions))


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
        key = _key_of(texts)
        folder = self._folder(request) / "considered"
        if (folder / key).is_dir():
            return _considered(folder / key)
        newest = _newest(folder)
        found = None if newest is None else _considered(folder / newest)
        if found is None or found.is_stale(texts):
            self._begin(request.key, lambda: self._consider(folder, key, texts))
        return found

    def outlook(self, request: MapRequest, texts: LabelledTexts) -> Outlook | None:
        """Return what more labels would bring; None before it was first estimated."""
        labelled = int((texts.codes != NONE).sum())
        return _too_few(labelled) or _outlook(self._folder(request))

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
        earlier = _too_few(labelled) or _outlook(folder.parent)
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

        self._running[key] = asyncio.create_task(run())

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


def consider(
    home: Home,
    folder: Path,
    key: str,
    labels: list[str | None],
    reviewed: list[int],
    revision: int,
) -> dict[str, Any] | Failure:
    """Guess the labels of all texts and suggest some; runs in the child process."""
    from tunesmith.labelling.guesses import guess_labels  # noqa: PLC0415 - needs scikit-learn
    from tunesmith.labelling.suggest import suggest  # noqa: PLC0415 - needs scikit-learn

    def run() -> dict[str, Any]:
        vectors = np.load(folder.parent / "vectors.npy")
        known = len({label for label in labels if label is not None}) > 1
        guesses = guess_labels(vectors, labels) if known else None
        found = suggest(vectors, labels, guesses, reviewed=reviewed, count=SUGGESTED)
        labelled = sum(label is not None for label in labels)
        words = {
            "suggested": [asdict(each) for each in found],
            "labelled": labelled,
            "revision": revision,
        }
        _save(folder, key, guesses, words)
        return {"suggested": len(found)}

    return guarded(home, run)


def estimate(home: Home, folder: Path, labels: list[str | None]) -> dict[str, Any] | Failure:
    """Estimate what twice the labels would bring, and save it; runs in the child process."""

    def run() -> dict[str, Any]:
        found = asdict(forecast(np.load(folder / "vectors.npy"), labels))
        with replacing(folder / _OUTLOOK) as temporary:
            (temporary / "words.json").write_text(json.dumps(found), encoding="utf-8")
        return found

    return guarded(home, run)


def forecast(vectors: NDArray[np.float32], labels: Sequence[str | None]) -> Outlook:
    """Return what twice the labels would bring, or why that is unknown.

    Parameters
    ----------
    vectors
        Vectors of the texts, float32, shape (n, d).
    labels
        The label of each text; None without one.
    """
    from tunesmith.advice.learning_curve import learning_curve  # noqa: PLC0415 - scikit-learn

    places = np.flatnonzero([label is not None for label in labels])
    if (few := _too_few(len(places))) is not None:
        return few
    chosen = np.random.default_rng(0).permutation(places)[:_CURVE_ROWS]
    examples = labelled_examples([str(place) for place in chosen], [labels[one] for one in chosen])
    try:
        curve = learning_curve(vectors[chosen], examples, np.arange(len(chosen)), rows=len(places))
    except TunesmithError as error:
        return Outlook(
            len(places), why=f"What more labels would bring is unknown: {error.message}."
        )
    now, then = curve.now, curve.doubled
    gains = (then.score - now, then.low - now, then.high - now)
    return Outlook(len(places), Forecast(curve.metric, len(places), now, *gains))


def _too_few(labelled: int) -> Outlook | None:
    if labelled >= FEWEST_ROWS:
        return None
    missing = plural(FEWEST_ROWS - labelled, "more label")
    return Outlook(labelled, why=f"{missing} will tell what labelling would bring.")


def _outlook(folder: Path) -> Outlook | None:
    try:
        words = json.loads((folder / _OUTLOOK / "words.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    found = words["forecast"]
    return Outlook(words["labels"], None if found is None else Forecast(**found), words["why"])


def _save(folder: Path, key: str, guesses: LabelGuesses | None, words: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / key) as temporary:
        named = {"names": None if guesses is None else guesses.names, **words}
        (temporary / "words.json").write_text(json.dumps(named), encoding="utf-8")
        if guesses is not None:
            arrays = {name: getattr(guesses, name) for name in _ARRAYS}
            np.savez(temporary / "guesses.npz", **arrays)


_ARRAYS = ("likely", "probability", "doubt", "suspects")


@lru_cache(maxsize=2)
def _considered(folder: Path) -> Considered:
    words = json.loads((folder / "words.json").read_text(encoding="utf-8"))
    guesses = None
    if words["names"] is not None:
        with np.load(folder / "guesses.npz", allow_pickle=False) as held:
            guesses = LabelGuesses(tuple(words["names"]), **{name: held[name] for name in _ARRAYS})
    return Considered(
        key=folder.name,
        guesses=guesses,
        suggestions=tuple(Suggested(**each) for each in words["suggested"]),
        labelled=words["labelled"],
        revision=words["revision"],
    )


@lru_cache(maxsize=4)
def _array(path: Path) -> NDArray[np.float32]:
    found: NDArray[np.float32] = np.load(path, mmap_mode="r", allow_pickle=False)
    return found


def _newest(folder: Path) -> str | None:
    """Return the newest of the guesses of a data set; older ones are removed."""
    if not folder.is_dir():
        return None
    found = sorted(
        (each for each in folder.iterdir() if len(each.name) == _KEY_LENGTH),
        key=lambda each: each.stat().st_mtime,
    )
    for old in found[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return found[-1].name if found else None


_KEY_LENGTH = 40


def _key_of(texts: LabelledTexts) -> str:
    """Return a name for what was computed, other for other labels."""
    names = json.dumps(texts.names).encode()
    marks = texts.codes.tobytes() + texts.reviewed.tobytes()
    return hashlib.sha256(names + marks).hexdigest()[:_KEY_LENGTH]


def guessed(texts: LabelledTexts, considered: Considered | None) -> tuple[Any, Any, Any]:
    """Return likely label (an index of the texts' names), probability and doubt of each text."""
    if considered is None or considered.guesses is None:
        empty = np.zeros(len(texts), dtype=np.float32)
        return np.full(len(texts), NONE, dtype=np.int32), empty, empty
    guesses = considered.guesses
    numbers = {name: number for number, name in enumerate(texts.names)}
    own = np.array([numbers.get(name, NONE) for name in guesses.names], dtype=np.int32)
    return own[guesses.likely], guesses.probability, guesses.doubt
