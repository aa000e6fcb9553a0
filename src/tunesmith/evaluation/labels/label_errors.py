"""Suspected label errors, by confident learning on out-of-fold probabilities.

Northcutt, Jiang and Chuang 2021, *Confident learning: estimating uncertainty in dataset labels*
(Journal of Artificial Intelligence Research 70). With given labels y and out-of-fold
probabilities p:

- The threshold of a label is its mean self-confidence, ``t[j] = mean of p[:, j] over y == j``. So
  a label that is hard to predict needs less confidence.
- A row is confidently j if ``p[j] >= t[j]``; among several such labels, j is the most probable.
- The confident joint ``C[i, j]`` counts the rows with given label i that are confidently j. The
  rows off its diagonal are suspects, ranked by the normalised margin ``p[y] - p[j]``.

Where labels are hard to predict, most rows off the diagonal are correct. So one condition is added:
the likely label is at least ten times as probable as the given one. On 2,000 rows of TREC with 5%
errors and a weak classifier it raises the precision from 0.28 to 0.55 (recall from 0.64 to 0.55),
on 3,000 rows of Banking77 from 0.66 to 0.76 (recall from 0.74 to 0.73).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.labels.targets import Targets
from tunesmith.results.evidence import SuspectedLabel
from tunesmith.results.finding import Finding, Severity
from tunesmith.wording import plural

# A label with fewer rows is hardly learned, so its probabilities say little about its rows.
MIN_ROWS: Final = 5
MIN_RATIO: Final = 10.0
FIRST_ROWS: Final = 20


def suspected_labels(
    probabilities: NDArray[np.floating],
    targets: Targets,
    rows: NDArray[np.integer],
    texts: Sequence[str] | None = None,
) -> tuple[SuspectedLabel, ...]:
    """Return the rows whose label may be wrong, most suspicious first.

    For multi-label data each label is examined by itself, among its known entries. Labels with
    fewer than five rows (multi-label: five 1s and five 0s) are not examined.

    Parameters
    ----------
    probabilities
        Calibrated out-of-fold probabilities, shape (n, labels)
        (:func:`~tunesmith.evaluation.calibrated_probabilities`).
    targets
        Given labels of the rows.
    rows
        Row number of each row in the file, shape (n,).
    texts
        Text of each row; without it, ``text`` is empty.

    Returns
    -------
    tuple of SuspectedLabel
        The suspects; empty if there are none.

    Examples
    --------
    >>> codes = np.repeat([0, 1], 10)
    >>> probabilities = np.where(np.eye(2)[codes] == 1, 0.95, 0.05)
    >>> codes[3] = 1    # a label error
    >>> targets = Targets(np.eye(2, dtype=np.float32)[codes], ("card", "refund"), multilabel=False)
    >>> suspected_labels(probabilities, targets, np.arange(1, 21))
    (SuspectedLabel(row 4, 'refund', likely 'card', 0.950),)
    """
    wide = probabilities.astype(np.float64)
    find = _multilabel_suspects if targets.multilabel else _single_label_suspects
    found = sorted(find(wide, targets), key=lambda suspect: suspect.margin)
    return tuple(
        SuspectedLabel(
            row=int(rows[suspect.position]),
            given=suspect.given,
            likely=suspect.likely,
            probability=suspect.probability,
            text="" if texts is None else texts[suspect.position],
        )
        for suspect in found
    )


def confident_joint(
    probabilities: NDArray[np.floating], codes: NDArray[np.integer], labels: int
) -> NDArray[np.int64]:
    """Return the confident joint: counts by given label (rows) and confident label (columns).

    Parameters
    ----------
    probabilities
        Out-of-fold probabilities, shape (n, labels).
    codes
        The given label of each row as a column, shape (n,).
    labels
        The number of labels.

    Examples
    --------
    >>> probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.95, 0.05]])
    >>> confident_joint(probabilities, np.array([0, 0, 1, 1]), 2)
    array([[1, 0],
           [1, 1]])
    """
    confident = _confident_labels(probabilities, codes, min_rows=1)
    joint = np.zeros((labels, labels), dtype=np.int64)
    counted = confident >= 0
    np.add.at(joint, (codes[counted], confident[counted]), 1)
    return joint


def suspected_label_finding(suspects: Sequence[SuspectedLabel]) -> Finding | None:
    """Return a finding about suspected label errors, without texts; None if there are none.

    Examples
    --------
    >>> finding = suspected_label_finding([SuspectedLabel(17, "refund", "card", 0.93)])
    >>> finding.code, finding.message
    ('suspected-label', '1 row has a label that may be wrong.')
    """
    found = tuple(dict.fromkeys(suspect.row for suspect in suspects))
    if not found:
        return None
    have = "has a label" if len(found) == 1 else "have labels"
    return Finding(
        code="suspected-label",
        severity=Severity.NOTE,
        count=len(found),
        message=f"{plural(len(found), 'row')} {have} that may be wrong.",
        advice="Check these rows, most suspicious first; correct wrong labels and fit again.",
        rows=found[:FIRST_ROWS],
    )


@dataclass(frozen=True)
class _Suspect:
    position: int
    given: str
    likely: str
    probability: float
    margin: float


def _single_label_suspects(
    probabilities: NDArray[np.float64], targets: Targets
) -> Iterator[_Suspect]:
    codes = targets.codes
    for position, likely, margin in _off_diagonal(probabilities, codes):
        yield _Suspect(
            position,
            targets.labels[codes[position]],
            targets.labels[likely],
            float(probabilities[position, likely]),
            margin,
        )


def _multilabel_suspects(
    probabilities: NDArray[np.float64], targets: Targets
) -> Iterator[_Suspect]:
    for column, name in enumerate(targets.labels):
        known = np.flatnonzero(targets.known[:, column])
        codes = targets.positive[known, column].astype(np.int64)
        both = np.stack([1 - probabilities[known, column], probabilities[known, column]], axis=1)
        for position, likely, margin in _off_diagonal(both, codes):
            yield _Suspect(
                int(known[position]),
                f"{name}: {codes[position]}",
                f"{name}: {likely}",
                float(both[position, likely]),
                margin,
            )


def _off_diagonal(
    probabilities: NDArray[np.float64], codes: NDArray[np.int64]
) -> Iterator[tuple[int, int, float]]:
    """Yield position, likely label and normalised margin of the suspects."""
    confident = _confident_labels(probabilities, codes, min_rows=MIN_ROWS)
    frequent = np.bincount(codes, minlength=probabilities.shape[1]) >= MIN_ROWS
    for position in np.flatnonzero((confident >= 0) & (confident != codes) & frequent[codes]):
        given, likely = probabilities[position, [codes[position], confident[position]]]
        if likely >= MIN_RATIO * given:
            yield int(position), int(confident[position]), float(given - likely)


def _confident_labels(
    probabilities: NDArray[np.floating], codes: NDArray[np.integer], *, min_rows: int
) -> NDArray[np.int64]:
    """Return the label of which each row is confident, shape (n,); -1 if there is none."""
    labels = probabilities.shape[1]
    counts = np.bincount(codes, minlength=labels)
    own = probabilities[np.arange(len(codes)), codes]
    thresholds = np.bincount(codes, weights=own, minlength=labels) / np.maximum(counts, 1)
    thresholds[counts < min_rows] = np.inf
    # Equal probabilities pass: their mean may be larger by a rounding error.
    candidates = np.where(probabilities >= thresholds - 1e-9, probabilities, -1.0)
    return np.where(candidates.max(axis=1) >= 0, candidates.argmax(axis=1), -1)
