"""A learning curve: how good a probe is with less of the data, and what more would bring.

The rows are divided into eighths, quarters and halves. Each of these is treated as a file of its
own: divided into five folds, of which a probe learns four and answers the fifth. So every row is
answered at every size by a probe that never saw it and has learnt 10, 20, 40 or 80% of the rows,
and a half is to the whole what the whole is to twice as many rows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tunesmith.advice.class_forecast import ClassForecast, class_forecasts
from tunesmith.advice.power_law import fit_power_law
from tunesmith.data.splits.split import folds
from tunesmith.errors import DataError
from tunesmith.evaluation.comparison import resample_weights
from tunesmith.evaluation.item_scores import value
from tunesmith.evaluation.labels.label_scores import LabelScores
from tunesmith.evaluation.labels.predictions import Predictions
from tunesmith.evaluation.labels.probe import choose_probe, choose_thresholds, fit_probe
from tunesmith.evaluation.labels.targets import Targets
from tunesmith.kinds import Labelled, Multilabel
from tunesmith.vectors.linear_classifier import LinearClassifier

PARTS: Final = (8, 4, 2, 1)
"""Into how many files the rows are divided; of each four fifths are learnt."""
FOLDS: Final = 5
FEWEST_ROWS: Final = 40
"""Rows without which there is no curve."""

_SMALLEST_PART = 20
_MOST_DRAWS = 4
_ENOUGH_ROWS = 4_000  # that many answers at a size, over all draws, are enough
_RESAMPLES = 200
# By this share of a gain predictions were off, beside what chance does to the rows.
_UNSURE = 0.25


@dataclass(frozen=True)
class CurvePoint:
    """The score after a share of the rows, ``rows`` of them, was learnt."""

    share: float
    rows: int
    score: float


@dataclass(frozen=True)
class Doubling:
    """What is expected when the file has twice the rows, ``rows`` of them.

    ``score`` is what this curve would then measure at its end, ``low`` and ``high`` bound it with
    95% confidence.
    """

    rows: int
    score: float
    low: float
    high: float


@dataclass(frozen=True)
class LearningCurve:
    """A curve and what follows from it.

    Parameters
    ----------
    metric
        Accuracy; macro F1 where a text may have several labels.
    rows
        Rows of the file.
    looked_at
        Rows that were looked at; fewer than ``rows`` in a large file.
    C
        The inverse strength of the probe's penalty.
    draws
        How often the rows were divided anew; scores are means over them.
    seed
        Of all that was drawn.
    points
        From the smallest share to the largest.
    now
        The score with all rows: measured, or expected where a part of them was looked at.
    doubled
        With twice the rows.
    classes
        The label with most to gain first.
    """

    metric: str
    rows: int
    looked_at: int
    C: float
    draws: int
    seed: int
    points: tuple[CurvePoint, ...]
    now: float
    doubled: Doubling
    classes: tuple[ClassForecast, ...]

    @property
    def score(self) -> float:
        """The score with all that the folds leave of the rows that were looked at."""
        return self.points[-1].score

    @property
    def gain(self) -> float:
        """What twice the rows should bring."""
        return self.doubled.score - self.now


def learning_curve(
    vectors: NDArray[np.float32],
    examples: Labelled | Multilabel,
    groups: NDArray[np.int64],
    *,
    rows: int | None = None,
    seed: int = 0,
    progress: Callable[[int], object] = lambda _: None,
) -> LearningCurve:
    """Measure what shares of the rows are worth, and say what twice the rows would be.

    Parameters
    ----------
    vectors
        Of the texts, float32, shape (n, d).
    examples
        The n texts and their labels.
    groups
        Group numbers, shape (n,): rows of one group are never on both sides of a fold.
    rows
        How many rows there are, where the examples are a sample of them.
    seed
        The same seed gives the same curve.
    progress
        Called with numbers of answered rows, :func:`work` in all.

    Raises
    ------
    DataError
        There are fewer than :data:`FEWEST_ROWS` rows, or too few different ones among them.

    Examples
    --------
    >>> import pyarrow as pa
    >>> table = pa.table({"text": ["a", "b"] * 40, "label": ["x", "y"] * 40, "row": [1] * 80})
    >>> vectors = np.tile(np.eye(2, dtype=np.float32), (40, 1))
    >>> curve = learning_curve(vectors, Labelled(table), np.arange(80))
    >>> [point.rows for point in curve.points], curve.score, curve.doubled.rows
    ([16, 32, 64], 1.0, 160)
    """
    own = _Rows(vectors, examples, groups, Targets.of(examples))
    parts = _parts(len(own))
    C = _strength(own, seed)
    draws = [
        _draw(own, parts, C, seed + number, progress) for number in range(_draw_count(len(own)))
    ]
    return _curve(draws, parts, C, rows or len(own), seed)


def work(rows: int) -> int:
    """Return how many rows :func:`learning_curve` answers, each as often as it does so.

    Raises
    ------
    DataError
        There are fewer than :data:`FEWEST_ROWS`.

    Examples
    --------
    >>> work(10_000), work(1_000)
    (40000, 16000)
    """
    return len(_parts(rows)) * rows * _draw_count(rows)


def _parts(rows: int) -> tuple[int, ...]:
    if rows < FEWEST_ROWS:
        raise DataError(f"{rows} rows are too few for a learning curve: {FEWEST_ROWS} is the least")
    return tuple(part for part in PARTS if rows >= part * _SMALLEST_PART)


def _draw_count(rows: int) -> int:
    return int(np.clip(round(_ENOUGH_ROWS / max(rows, 1)), 1, _MOST_DRAWS))


@dataclass(frozen=True, eq=False)
class _Rows:
    vectors: NDArray[np.float32]
    examples: Labelled | Multilabel
    groups: NDArray[np.int64]
    targets: Targets

    def __len__(self) -> int:
        return len(self.vectors)

    def take(self, rows: NDArray[np.int64]) -> "_Rows":
        return _Rows(
            self.vectors[rows],
            self.examples.take(rows),
            self.groups[rows],
            self.targets.take(rows),
        )


def _strength(rows: _Rows, seed: int) -> float:
    """Choose one strength for the whole curve, learning from one half and judging by the other."""
    learned, held = folds(rows.examples, 2, seed=seed, groups=rows.groups, lone_classes=True)
    sides = [(rows.vectors[side], rows.targets.take(side)) for side in (learned, held)]
    return choose_probe(*sides[0], *sides[1]).C


def _draw(
    rows: _Rows,
    parts: Sequence[int],
    C: float,
    seed: int,
    progress: Callable[[int], object],
) -> list[LabelScores]:
    """Return the answers to all rows, at each size."""
    order = np.random.default_rng(seed).permutation(len(rows))
    found = []
    for part in parts:
        given = np.zeros(rows.targets.values.shape, dtype=np.bool_)
        for start in range(part):
            own = np.sort(order[start::part])
            given[own] = _cross_validated(rows.take(own), C, seed)
            progress(len(own))
        found.append(LabelScores(Predictions.of_labels(given, rows.targets), rows.targets))
    return found


def _cross_validated(rows: _Rows, C: float, seed: int) -> NDArray[np.bool_]:
    given = np.zeros(rows.targets.values.shape, dtype=np.bool_)
    sides = folds(rows.examples, FOLDS, seed=seed, groups=rows.groups, lone_classes=True)
    for judged in sides:
        learned = np.setdiff1d(np.arange(len(rows)), judged)
        classifier = _classifier(rows.vectors[learned], rows.targets.take(learned), C)
        given[judged] = classifier.given(classifier.probabilities(rows.vectors[judged]))
    return given


def _classifier(vectors: NDArray[np.float32], targets: Targets, C: float) -> LinearClassifier:
    """Learn from all rows; thresholds, where there are any, are chosen on each fifth of them."""
    classifier = fit_probe(vectors, targets, C).classifier
    if not targets.multilabel:
        return classifier
    held = np.arange(len(vectors)) % FOLDS == 0
    rest = fit_probe(vectors[~held], targets.take(np.flatnonzero(~held)), C).classifier
    thresholds = choose_thresholds(rest, vectors[held], targets.take(np.flatnonzero(held)))
    return replace(classifier, thresholds=thresholds)


def _curve(
    draws: Sequence[Sequence[LabelScores]],
    parts: Sequence[int],
    C: float,
    rows: int,
    seed: int,
) -> LearningCurve:
    whole = draws[0][-1]
    metric = "macro F1" if whole.targets.multilabel else "accuracy"
    points = _points(draws, parts, metric)
    times = rows / len(whole)
    left = [_share_left(points, len(whole.targets.labels), each) for each in (times, 2 * times)]
    doubled = _doubled(points[-1].score, left[1], _error(whole, metric, seed), rows)
    now = 1 - (1 - points[-1].score) * left[0]
    classes = class_forecasts([draw[-1] for draw in draws], left[1], left[0])
    return LearningCurve(
        metric, rows, len(whole), C, len(draws), seed, points, now, doubled, classes
    )


def _points(
    draws: Sequence[Sequence[LabelScores]], parts: Sequence[int], metric: str
) -> tuple[CurvePoint, ...]:
    scores = np.mean([[value(each, metric) for each in draw] for draw in draws], axis=0)
    shares = (1 - 1 / FOLDS) / np.asarray(parts)
    rows = len(draws[0][0])
    return tuple(
        CurvePoint(float(share), round(share * rows), float(score))
        for share, score in zip(shares, scores, strict=True)
    )


def _share_left(points: Sequence[CurvePoint], classes: int, times: float) -> float:
    """Return what is left of the last error with so many times the rows, 0 to 1.

    Where fewer rows than classes were learnt, most classes had never been seen: such sizes say
    little of what comes. The last two are always heard.
    """
    heard = [point for point in points[:-2] if point.rows >= classes] + [*points[-2:]]
    law = fit_power_law([point.rows for point in heard], [1 - point.score for point in heard])
    last = points[-1].rows
    return law.ratio(last, times * last)


def _error(scores: LabelScores, metric: str, seed: int) -> float:
    """Return the bootstrap standard error of a score."""
    blocks = resample_weights(len(scores), seed=seed, resamples=_RESAMPLES)
    return float(np.std(np.concatenate([scores.values(metric, block) for block in blocks])))


def _doubled(score: float, left: float, error: float, rows: int) -> Doubling:
    expected = 1 - (1 - score) * left
    width = 1.96 * float(np.hypot(error, _UNSURE * (expected - score)))
    return Doubling(2 * rows, expected, max(expected - width, 0.0), min(expected + width, 1.0))
