"""The pairs and queries that a model moved most, for judging with one's own eyes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from tunesmith.results.evidence import PairEvidence
from tunesmith.wording import count, number, share

MOST = 15

Values = NDArray[np.float64]


@dataclass(frozen=True)
class MovedPair:
    """One pair or query.

    Parameters
    ----------
    left, right
        Its two texts.
    said
        What the data says of it, in few words.
    before, after
        Its cosine or rank.
    beside
        Where that stands among all pairs; empty for ranks.
    better
        Whether it moved towards what the data says.
    """

    left: str
    right: str
    said: str
    before: str
    after: str
    beside: str
    better: bool


@dataclass(frozen=True)
class Moves:
    """Those that moved most, and how many moved at all."""

    wrong: tuple[MovedPair, ...]
    right: tuple[MovedPair, ...]
    went_wrong: int
    went_right: int
    stayed: int


def moves(pairs: PairEvidence) -> Moves:
    """Return the pairs that moved most, those that went wrong and those that went right.

    A pair goes wrong when it moves away from what the data says, relative to all other pairs:
    training moves all cosines together, and that alone is no fault. A query goes wrong when its
    answer falls; from rank 1 to 2 counts as much as from 50 to 100.
    """
    errors = _errors_of_search(pairs) if pairs.form == "search" else _errors_of_pairs(pairs)
    change = np.round(errors[1] - errors[0], 9)
    order = np.argsort(-np.abs(change), kind="stable")
    shown = {
        better: tuple(_moved(pairs, int(row), better) for row in own[:MOST])
        for better in (False, True)
        for own in [[row for row in order if (change[row] < 0) == better and change[row]]]
    }
    went_wrong, went_right = int((change > 0).sum()), int((change < 0).sum())
    stayed = len(change) - went_wrong - went_right
    return Moves(shown[False], shown[True], went_wrong, went_right, stayed)


def _errors_of_search(pairs: PairEvidence) -> tuple[Values, Values]:
    return np.log(pairs.before), np.log(pairs.after)


def _errors_of_pairs(pairs: PairEvidence) -> tuple[Values, Values]:
    """Return how far each pair stands from where the data puts it among all, 0 to 1."""
    aim = _standing(pairs.said) if pairs.form == "scored" else pairs.said
    return np.abs(_standing(pairs.before) - aim), np.abs(_standing(pairs.after) - aim)


def _standing(values: Values) -> Values:
    """Return the share of values that each one exceeds, 0 to 1; equal ones share their places."""
    return np.asarray((rankdata(values) - 1) / max(len(values) - 1, 1))


def _moved(pairs: PairEvidence, row: int, better: bool) -> MovedPair:
    before, after = float(pairs.before[row]), float(pairs.after[row])
    if pairs.form == "search":
        written = count(int(before)), count(int(after))
        beside = ""
    else:
        written = number(before, 2), number(after, 2)
        standing = (_above(pairs.before, before), _above(pairs.after, after))
        beside = f"more alike than {standing[0]} of all pairs, then {standing[1]}"
    said = _said(pairs.form, float(pairs.said[row]))
    return MovedPair(pairs.left[row], pairs.right[row], said, *written, beside, better)


def _above(values: Values, value: float) -> str:
    return share(float((values < value).mean()), 0)


def _said(form: str, said: float) -> str:
    if form == "scored":
        return f"score {number(said, 2)} of 1"
    if form == "judged":
        return "belong together" if said > 0.5 else "do not belong together"
    return "seen: a document was asked for in training" if said > 0.5 else "no document was seen"
