"""How well similarities tell pairs that belong together from pairs that do not."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_recall_curve

from tunesmith.errors import DataError
from tunesmith.evaluation.compare import paired_change
from tunesmith.results import Change
from tunesmith.vectors import Metric, pairwise_similarity


@dataclass(frozen=True, eq=False)
class JudgedResult:
    """One model's similarities of n pairs, and which of them belong together.

    Parameters
    ----------
    similarities
        Of each pair, shape (n,); more is more alike.
    alike
        Whether they belong together, bool, shape (n,).
    """

    similarities: NDArray[np.float64]
    alike: NDArray[np.bool_]

    @property
    def average_precision(self) -> float:
        """The area under precision over recall, as scikit-learn computes it."""
        return float(average_precision_score(self.alike, self.similarities))

    @property
    def best_f1(self) -> tuple[float, float]:
        """The highest F1, and the similarity from which a pair must be taken for alike."""
        precision, recall, thresholds = precision_recall_curve(self.alike, self.similarities)
        f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
        best = int(np.argmax(f1[:-1]))
        return float(f1[best]), float(thresholds[best])


def evaluate_judged(
    left: NDArray[np.float32],
    right: NDArray[np.float32],
    alike: NDArray[np.integer] | NDArray[np.bool_],
    measure: Metric = "cosine",
) -> JudgedResult:
    """Compare pairs of vectors with the judgement whether they belong together.

    Parameters
    ----------
    left, right
        The vectors of each pair's two texts, shape (n, d).
    alike
        1 or 0, shape (n,).
    measure
        Of similarity.

    Raises
    ------
    DataError
        All pairs are judged the same: nothing can be told apart.

    Examples
    --------
    >>> left = np.float32([[1, 0], [1, 0], [1, 0]])
    >>> right = np.float32([[1, 0], [1, 1], [0, 1]])
    >>> evaluate_judged(left, right, np.array([1, 1, 0])).average_precision
    1.0
    """
    judged = np.asarray(alike).astype(bool)
    if judged.all() or not judged.any():
        raise DataError(
            f"all {len(judged)} pairs are judged the same: there is nothing to tell apart"
        )
    return JudgedResult(pairwise_similarity(left, right, measure).astype(np.float64), judged)


def compare_judged(base: JudgedResult, tuned: JudgedResult, *, seed: int = 0) -> Change:
    """Return the change of average precision between two models, with its paired interval."""

    def on(model: JudgedResult, rows: NDArray[np.int64]) -> float:
        alike = model.alike[rows]
        if not alike.any():
            return float("nan")
        return float(average_precision_score(alike, model.similarities[rows]))

    return paired_change(
        "average precision",
        lambda rows: on(base, rows),
        lambda rows: on(tuned, rows),
        len(base.alike),
        seed=seed,
    )
