"""The pairs and queries that changed most, as examples to inspect."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.weighted_metrics import Order
from tunesmith.results.evidence import PairEvidence
from tunesmith.wording import count, number, share

MAX_SHOWN = 15

Values = NDArray[np.float64]


@dataclass(frozen=True)
class ChangedPair:
    """A pair or query whose similarity or rank changed.

    Parameters
    ----------
    left, right
        The two texts.
    gold
        The gold label or score in words; for queries, whether their documents were seen.
    before, after
        Cosine similarity or rank.
    context
        Percentile among all pairs; empty for ranks.
    improved
        Whether the change is towards the gold label or score.
    """

    left: str
    right: str
    gold: str
    before: str
    after: str
    context: str
    improved: bool


@dataclass(frozen=True)
class PairChanges:
    """The largest changes for the worse and the better, and the number of each."""

    worse: tuple[ChangedPair, ...]
    better: tuple[ChangedPair, ...]
    worse_count: int
    better_count: int
    unchanged: int


def pair_changes(pairs: PairEvidence, most: int = MAX_SHOWN) -> PairChanges:
    """Return the pairs with the largest changes, at most so many for the worse and the better.

    Pairs are compared by their percentile among all pairs, because a shift of all cosines is not an
    error. A pair gets worse when its percentile moves away from the gold label or score. A query
    gets worse when its best answer drops in rank; ranks are compared on a log scale.
    """
    errors = _rank_errors(pairs) if pairs.form == "search" else _pair_errors(pairs)
    change = np.round(errors[1] - errors[0], 9)
    order = np.argsort(-np.abs(change), kind="stable")
    shown = {
        improved: tuple(_changed_pair(pairs, int(row), improved) for row in own[:most])
        for improved in (False, True)
        for own in [[row for row in order if (change[row] < 0) == improved and change[row]]]
    }
    worse, better = int((change > 0).sum()), int((change < 0).sum())
    unchanged = len(change) - worse - better
    return PairChanges(shown[False], shown[True], worse, better, unchanged)


def _rank_errors(pairs: PairEvidence) -> tuple[Values, Values]:
    return np.log(pairs.before), np.log(pairs.after)


def _pair_errors(pairs: PairEvidence) -> tuple[Values, Values]:
    """Return the distance of each pair's percentile from its gold percentile, 0 to 1."""
    target = _percentiles(pairs.target) if pairs.form == "scored" else pairs.target
    return np.abs(_percentiles(pairs.before) - target), np.abs(_percentiles(pairs.after) - target)


def _percentiles(values: Values) -> Values:
    """Return the percentile of each value, 0 to 1; ties share the mean percentile."""
    ranks = Order.of(values).ranks(np.ones((1, len(values))))[0]
    return np.asarray((ranks - 1) / max(len(values) - 1, 1))


def _changed_pair(pairs: PairEvidence, row: int, improved: bool) -> ChangedPair:
    before, after = float(pairs.before[row]), float(pairs.after[row])
    if pairs.form == "search":
        values = count(int(before)), count(int(after))
        context = ""
    else:
        values = number(before, 2), number(after, 2)
        below = (_share_below(pairs.before, before), _share_below(pairs.after, after))
        context = f"more similar than {below[0]} of all pairs before, {below[1]} after"
    gold = _gold(pairs.form, float(pairs.target[row]))
    return ChangedPair(pairs.left[row], pairs.right[row], gold, *values, context, improved)


def _share_below(values: Values, value: float) -> str:
    return share(float((values < value).mean()), 0)


def _gold(form: str, value: float) -> str:
    if form == "scored":
        return f"gold score {number(value, 2)} of 1"
    if form == "labelled":
        return "positive pair" if value > 0.5 else "negative pair"
    return "documents seen in training" if value > 0.5 else "unseen documents"
