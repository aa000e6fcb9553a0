"""Learning curve: the score of a probe on parts of the data, and a forecast for more data.

The rows are split into eighths, quarters and halves. Each part is treated as a data set of its
own and cross-validated with five folds. So at every size, every row is predicted by a probe that
never saw it and was trained on 10, 20, 40 or 80% of the rows. A half relates to the whole as the
whole relates to twice as many rows.

Rows of classes with a single text are used for training only, as in a fit. A class with one text in
a part but more in the whole is tested: at that size, not knowing it is an error.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tunesmith.advice.class_forecast import ClassForecast, class_forecasts
from tunesmith.advice.power_law import fit_power_law
from tunesmith.data.splits.split import folds
from tunesmith.data.splits.training_only import training_only
from tunesmith.errors import DataError
from tunesmith.evaluation.comparison import resample_weights
from tunesmith.evaluation.item_scores import value
from tunesmith.evaluation.labels.label_scores import LabelScores
from tunesmith.evaluation.labels.predictions import Predictions
from tunesmith.evaluation.labels.probe import choose_probe, choose_thresholds, fit_probe
from tunesmith.evaluation.labels.targets import Targets
from tunesmith.kinds import Labelled, Multilabel
from tunesmith.threads import one_thread
from tunesmith.vectors.linear_classifier import LinearClassifier

PARTS: Final = (8, 4, 2, 1)
"""Numbers of parts that the rows are split into; four fifths of each part are used for training."""
FOLDS: Final = 5
FEWEST_ROWS: Final = 40
"""Minimum number of rows for a learning curve."""

_SMALLEST_PART = 20
_MOST_DRAWS = 4
_ENOUGH_ROWS = 4_000  # predictions per size, over all draws, that are sufficient
_RESAMPLES = 200
# Relative error of forecast gains in past measurements, beyond sampling error.
_FORECAST_ERROR = 0.25


@dataclass(frozen=True)
class CurvePoint:
    """The score of a probe trained on a share of the rows, ``rows`` of them.

    Examples
    --------
    >>> CurvePoint(share=0.4, rows=240, score=0.81).rows
    240
    """

    share: float
    rows: int
    score: float


@dataclass(frozen=True)
class Doubling:
    """Forecast for twice the rows, ``rows`` of them.

    ``score`` is the expected last point of the learning curve of twice the rows; ``low`` and
    ``high`` are its 95% prediction interval.

    Examples
    --------
    >>> doubled = Doubling(rows=1200, score=0.9, low=0.88, high=0.92)
    >>> round(doubled.high - doubled.low, 2)
    0.04
    """

    rows: int
    score: float
    low: float
    high: float


@dataclass(frozen=True)
class LearningCurve:
    """A learning curve and its forecast.

    Parameters
    ----------
    metric
        ``accuracy``, or ``macro F1`` for multi-label data.
    rows
        Number of rows of the file.
    looked_at
        Number of rows in the sample; fewer than ``rows`` for a large file. It includes those that
        are used for training only.
    C
        Inverse regularisation strength of the probe.
    draws
        Number of repeated splits; scores are means over them.
    seed
        Random seed for the splits.
    points
        Points of the curve, from the smallest share to the largest.
    now
        Score with all rows: measured, or forecast if only a sample was used.
    doubled
        Forecast for twice the rows.
    classes
        Forecast per label that can be tested, largest gain first.

    Examples
    --------
    >>> points = (CurvePoint(0.4, 240, 0.81), CurvePoint(0.8, 480, 0.86))
    >>> doubled = Doubling(1200, 0.9, low=0.88, high=0.92)
    >>> curve = LearningCurve("accuracy", 600, 600, 10.0, 4, 0, points, 0.87, doubled, ())
    >>> curve.score, round(curve.gain, 2)
    (0.86, 0.03)
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
        """The last point of the curve: the score when training on 80% of the sample."""
        return self.points[-1].score

    @property
    def gain(self) -> float:
        """The expected gain from twice the rows."""
        return self.doubled.score - self.now

    def to_dict(self) -> dict[str, Any]:
        """Return the curve as plain values."""
        classes = [{**asdict(each), "outlook": each.outlook} for each in self.classes]
        return {**asdict(self), "gain": self.gain, "classes": classes}


def learning_curve(
    vectors: NDArray[np.float32],
    examples: Labelled | Multilabel,
    groups: NDArray[np.int64],
    *,
    rows: int | None = None,
    seed: int = 0,
    progress: Callable[[int], object] = lambda _: None,
) -> LearningCurve:
    """Measure the learning curve, and forecast the score with twice the rows.

    Parameters
    ----------
    vectors
        Vectors of the texts, float32, shape (n, d).
    examples
        The n texts and their labels.
    groups
        Group of each row, shape (n,); rows of one group are always in the same fold.
    rows
        Total number of rows, if the examples are a sample.
    seed
        Random seed for splitting; the same seed gives the same curve.
    progress
        Callback that receives numbers of predicted rows, :func:`work` in total.

    Returns
    -------
    LearningCurve
        The measured points, the forecast for twice the rows, and a forecast per label.

    Raises
    ------
    DataError
        There are fewer than :data:`FEWEST_ROWS` rows, or too few distinct texts.

    Examples
    --------
    >>> import pyarrow as pa
    >>> table = pa.table({"text": ["a", "b"] * 40, "label": ["x", "y"] * 40, "row": [1] * 80})
    >>> vectors = np.tile(np.eye(2, dtype=np.float32), (40, 1))
    >>> curve = learning_curve(vectors, Labelled(table), np.arange(80))
    >>> [point.rows for point in curve.points], curve.score, curve.doubled.rows
    ([16, 32, 64], 1.0, 160)
    """
    untested = training_only(examples, groups)
    own = _Rows(vectors, examples, groups, Targets.of(examples), untested)
    parts = _parts(len(own))
    with one_thread():
        C = _choose_c(own, seed)
        draws = [
            _draw(own, parts, C, seed + number, progress) for number in range(_draw_count(len(own)))
        ]
    return _curve(draws, parts, C, (len(own), rows or len(own)), seed)


def work(rows: int) -> int:
    """Return the total number of predictions that :func:`learning_curve` makes.

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
        raise DataError(
            f"{rows} rows are too few for a learning curve: at least {FEWEST_ROWS} are needed"
        )
    return tuple(part for part in PARTS if rows >= part * _SMALLEST_PART)


def _draw_count(rows: int) -> int:
    return int(np.clip(round(_ENOUGH_ROWS / max(rows, 1)), 1, _MOST_DRAWS))


@dataclass(frozen=True, eq=False)
class _Rows:
    vectors: NDArray[np.float32]
    examples: Labelled | Multilabel
    groups: NDArray[np.int64]
    targets: Targets
    training_only: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.vectors)

    def take(self, rows: NDArray[np.int64]) -> "_Rows":
        return _Rows(
            self.vectors[rows],
            self.examples.take(rows),
            self.groups[rows],
            self.targets.take(rows),
            self.training_only[rows],
        )

    def folds(self, k: int, seed: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Return the training and test rows of each fold."""
        tests = folds(
            self.examples, k, seed=seed, groups=self.groups, training_only=self.training_only
        )
        return [(np.setdiff1d(np.arange(len(self)), test), test) for test in tests]


def _choose_c(rows: _Rows, seed: int) -> float:
    """Choose one ``C`` for the whole curve by training on one half and validating on the other."""
    halves = rows.folds(2, seed)[1]
    train, validation = ((rows.vectors[half], rows.targets.take(half)) for half in halves)
    return choose_probe(*train, *validation).C


def _draw(
    rows: _Rows,
    parts: Sequence[int],
    C: float,
    seed: int,
    progress: Callable[[int], object],
) -> list[LabelScores]:
    """Return the predictions for all rows that can be tested, at each size."""
    order = np.random.default_rng(seed).permutation(len(rows))
    tested = np.flatnonzero(~rows.training_only)
    targets = rows.targets.take(tested)
    found = []
    for part in parts:
        given = np.zeros(rows.targets.values.shape, dtype=np.bool_)
        for start in range(part):
            own = np.sort(order[start::part])
            given[own] = _cross_validated(rows.take(own), C, seed)
            progress(len(own))
        found.append(LabelScores(Predictions.of_labels(given[tested], targets), targets))
    return found


def _cross_validated(rows: _Rows, C: float, seed: int) -> NDArray[np.bool_]:
    given = np.zeros(rows.targets.values.shape, dtype=np.bool_)
    for train, test in rows.folds(FOLDS, seed):
        classifier = _classifier(rows.vectors[train], rows.targets.take(train), C)
        given[test] = classifier.given(classifier.probabilities(rows.vectors[test]))
    return given


def _classifier(vectors: NDArray[np.float32], targets: Targets, C: float) -> LinearClassifier:
    """Fit a probe on all rows; multi-label thresholds are chosen on a held-out fifth of them."""
    classifier = fit_probe(vectors, targets, C).classifier
    if not targets.multilabel:
        return classifier
    holdout = np.arange(len(vectors)) % FOLDS == 0
    rest = fit_probe(vectors[~holdout], targets.take(np.flatnonzero(~holdout)), C).classifier
    probabilities = rest.probabilities(vectors[holdout])
    thresholds = choose_thresholds(probabilities, targets.take(np.flatnonzero(holdout)))
    return replace(classifier, thresholds=thresholds)


def _curve(
    draws: Sequence[Sequence[LabelScores]],
    parts: Sequence[int],
    C: float,
    sizes: tuple[int, int],
    seed: int,
) -> LearningCurve:
    """Return the curve; ``sizes`` are the numbers of rows of the sample and of the file."""
    whole, (sample, rows) = draws[0][-1], sizes
    metric = "macro F1" if whole.targets.multilabel else "accuracy"
    points = _points(draws, parts, metric, sample)
    times = rows / sample
    classes = int(whole.targets.positive.any(axis=0).sum())
    left = [_remaining_error(points, classes, each) for each in (times, 2 * times)]
    doubled = _forecast(points[-1].score, left[1], _error(whole, metric, seed), rows)
    now = 1 - (1 - points[-1].score) * left[0]
    forecasts = class_forecasts([draw[-1] for draw in draws], left[1], left[0])
    return LearningCurve(metric, rows, sample, C, len(draws), seed, points, now, doubled, forecasts)


def _points(
    draws: Sequence[Sequence[LabelScores]], parts: Sequence[int], metric: str, rows: int
) -> tuple[CurvePoint, ...]:
    scores = np.mean([[value(each, metric) for each in draw] for draw in draws], axis=0)
    shares = (1 - 1 / FOLDS) / np.asarray(parts)
    return tuple(
        CurvePoint(float(share), round(share * rows), float(score))
        for share, score in zip(shares, scores, strict=True)
    )


def _remaining_error(points: Sequence[CurvePoint], classes: int, times: float) -> float:
    """Return the share of the last error that remains with ``times`` as many rows, 0 to 1.

    Sizes with fewer training rows than classes are ignored, because most classes were unseen
    there. The last two points are always used.
    """
    used = [point for point in points[:-2] if point.rows >= classes] + [*points[-2:]]
    law = fit_power_law([point.rows for point in used], [1 - point.score for point in used])
    last = points[-1].rows
    return law.ratio(last, times * last)


def _error(scores: LabelScores, metric: str, seed: int) -> float:
    """Return the bootstrap standard error of a metric."""
    blocks = resample_weights(len(scores), seed=seed, resamples=_RESAMPLES)
    return float(np.std(np.concatenate([scores.values(metric, block) for block in blocks])))


def _forecast(score: float, left: float, error: float, rows: int) -> Doubling:
    expected = 1 - (1 - score) * left
    width = 1.96 * float(np.hypot(error, _FORECAST_ERROR * (expected - score)))
    return Doubling(2 * rows, expected, max(expected - width, 0.0), min(expected + width, 1.0))
