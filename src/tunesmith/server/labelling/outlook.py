"""What more labels would bring, by a learning curve over the labels that there are."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tunesmith.errors import TunesmithError
from tunesmith.folders import replacing
from tunesmith.home import Home
from tunesmith.kinds import labelled_examples
from tunesmith.server.judging import Failure, guarded
from tunesmith.wording import plural

FEWEST_ROWS: Final = 40
"""Minimum number of labels for a forecast, as for a learning curve."""
_CURVE_ROWS = 3_000
_FOLDER = "outlook"


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


def stored_outlook(folder: Path, labels: int) -> Outlook | None:
    """Return what was estimated last, or that there are too few labels; None before the first.

    Parameters
    ----------
    folder
        The folder of the data set's vectors.
    labels
        The number of labels now.
    """
    return _too_few(labels) or _read(folder)


def estimate(home: Home, folder: Path, labels: list[str | None]) -> dict[str, Any] | Failure:
    """Estimate what twice the labels would bring, and save it; runs in the child process."""

    def run() -> dict[str, Any]:
        found = asdict(forecast(np.load(folder / "vectors.npy"), labels))
        with replacing(folder / _FOLDER) as temporary:
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


def _read(folder: Path) -> Outlook | None:
    try:
        words = json.loads((folder / _FOLDER / "words.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    found = words["forecast"]
    return Outlook(words["labels"], None if found is None else Forecast(**found), words["why"])
