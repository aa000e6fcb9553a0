"""The texts, ranks and similarities behind a summary, for the report and for private files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Maps:
    """2-D maps of the test set before and after tuning; each array float32, shape (n, 2).

    ``near`` is by UMAP, in which a text keeps its place unless its neighbours changed.

    ``items`` are the positions of the n mapped texts among the test texts.

    Examples
    --------
    >>> maps = Maps(np.arange(3), *np.zeros((4, 3, 2), dtype=np.float32))
    >>> maps.near_tuned.shape
    (3, 2)
    """

    items: NDArray[np.int64]
    pca_base: NDArray[np.float32]
    pca_tuned: NDArray[np.float32]
    near_base: NDArray[np.float32]
    near_tuned: NDArray[np.float32]


@dataclass(frozen=True)
class ChangedText:
    """A test text whose predicted label or nearest neighbours changed.

    ``overlap`` is the share of its nearest training texts that are the same before and after.
    """

    text: str
    label: str
    base_label: str
    tuned_label: str
    base_neighbours: tuple[str, ...]
    tuned_neighbours: tuple[str, ...]
    overlap: float


@dataclass(frozen=True, repr=False)
class HeldOutText:
    """A text that no model was trained on when it was predicted.

    Parameters
    ----------
    row
        The row number in its file, from 1 without the header.
    text
        The text.
    label
        The label in the file; several are joined by commas.
    base, tuned
        The labels predicted by the base and by the tuned model, in the same form.
    base_probability, tuned_probability
        The probability of the most probable label, by each model.

    Examples
    --------
    >>> held_out = HeldOutText(17, "my card is gone", "card", "refund", "card", 0.61, 0.93)
    >>> held_out.changed, held_out.base_correct, held_out.tuned_correct
    (True, False, True)
    """

    row: int
    text: str
    label: str
    base: str
    tuned: str
    base_probability: float
    tuned_probability: float

    @property
    def base_correct(self) -> bool:
        """Whether the prediction of the base is the label."""
        return self.base == self.label

    @property
    def tuned_correct(self) -> bool:
        """Whether the prediction of the tuned model is the label."""
        return self.tuned == self.label

    @property
    def changed(self) -> bool:
        """Whether the predictions differ."""
        return self.base != self.tuned

    def __repr__(self) -> str:
        """Return the row and the labels, without the text."""
        predicted = f"predicted {self.base!r}, then {self.tuned!r}"
        return f"HeldOutText(row {self.row}, {self.label!r}, {predicted})"


@dataclass(frozen=True, repr=False)
class SuspectedLabel:
    """A label that may be wrong.

    Parameters
    ----------
    row
        The row number in the file, from 1 without the header.
    given
        The label in the file; for multi-label data the label and its value, such as ``"card: 1"``.
    likely
        The label that is more likely correct, in the same form.
    probability
        The probability of ``likely``, by a classifier that was not trained on the row.
    text
        The text of the row; empty where no texts may be held.

    Examples
    --------
    >>> suspect = SuspectedLabel(17, "refund", "card", 0.93, "my card is gone")
    >>> suspect.likely
    'card'
    """

    row: int
    given: str
    likely: str
    probability: float
    text: str = ""

    def __repr__(self) -> str:
        """Return the row and the labels, without the text."""
        labels = f"{self.given!r}, likely {self.likely!r}"
        return f"SuspectedLabel(row {self.row}, {labels}, {self.probability:.3f})"


@dataclass(frozen=True, eq=False, repr=False)
class PairEvidence:
    """The pairs behind a summary, with the results of the base and of the tuned model.

    Parameters
    ----------
    form
        The type of pairs: ``"scored"``, ``"labelled"`` (1 or 0) or ``"search"``.
    left, right
        The two texts of each pair; for search, the query and its highest-ranked relevant document.
    target
        The target: a score from 0 to 1, or the label 1 or 0; for search, 1 if a document of the
        query was seen in training, else 0.
    before, after
        The cosine similarity with the base and the tuned model; for search, the rank of the
        relevant document, from 1.

    Examples
    --------
    >>> target, before, after = np.array([[1.0], [0.6], [0.9]])
    >>> pairs = PairEvidence("scored", ("my card",), ("the card",), target, before, after)
    >>> round(float(pairs.after[0] - pairs.before[0]), 2)
    0.3
    """

    form: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    target: NDArray[np.float64]
    before: NDArray[np.float64]
    after: NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Evidence:
    """The texts, confusion matrices and maps behind a summary.

    For labelled data, ``confusion_base`` and ``confusion_tuned`` count test texts by true label
    (rows) and predicted label (columns), in the order of ``labels``. They are empty for multi-label
    data. After a fit on pairs, only ``pairs`` is set. ``suspects`` are the suspected label errors
    of the training rows, most suspicious first. ``finding_texts`` has an entry for each finding of
    the summary: the texts of its first rows by row number, as far as they are known. ``held_out``
    are the test texts with the predictions of both models.

    Examples
    --------
    >>> one = np.ones(1)
    >>> Evidence.of_pairs(PairEvidence("scored", ("my card",), ("the card",), one, one, one))
    Evidence(0 texts, 1 pairs)
    """

    texts: tuple[str, ...]
    true_labels: tuple[str, ...]
    labels: tuple[str, ...]
    confusion_base: NDArray[np.int64]
    confusion_tuned: NDArray[np.int64]
    maps: Maps | None
    changed: tuple[ChangedText, ...]
    pairs: PairEvidence | None = None
    suspects: tuple[SuspectedLabel, ...] = ()
    finding_texts: tuple[Mapping[int, str], ...] = ()
    held_out: tuple[HeldOutText, ...] = ()

    def __repr__(self) -> str:
        """Return the numbers of texts and pairs, without the texts."""
        pairs = 0 if self.pairs is None else len(self.pairs.left)
        return f"Evidence({len(self.texts)} texts, {pairs} pairs)"

    @classmethod
    def of_pairs(cls, pairs: PairEvidence) -> Self:
        """Return evidence that consists only of pairs."""
        nothing = np.zeros((0, 0), dtype=np.int64)
        return cls((), (), (), nothing, nothing, None, (), pairs)
