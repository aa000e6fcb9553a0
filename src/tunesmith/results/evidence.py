"""The texts, places and similarities behind a summary: for the report, and nowhere else."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Maps:
    """The test set in the plane, before and after; each array float32, shape (n, 2).

    ``items`` are the positions of the n texts shown among the test texts.
    """

    items: NDArray[np.int64]
    pca_base: NDArray[np.float32]
    pca_tuned: NDArray[np.float32]
    tsne_base: NDArray[np.float32]
    tsne_tuned: NDArray[np.float32]


@dataclass(frozen=True)
class ChangedText:
    """A test text whose predicted label or neighbours changed.

    ``overlap`` is the share of its nearest training texts that stayed among them.
    """

    text: str
    label: str
    base_label: str
    tuned_label: str
    base_neighbours: tuple[str, ...]
    tuned_neighbours: tuple[str, ...]
    overlap: float


@dataclass(frozen=True, eq=False)
class PairEvidence:
    """The pairs behind a summary, and what base and choice make of each.

    Parameters
    ----------
    form
        ``"scored"``, ``"judged"`` or ``"search"``.
    left, right
        The two texts of each pair; of a search, the query and its best-placed answer.
    said
        What the data says: a score from 0 to 1, or 1 and 0 for pairs that belong together and that
        do not; of a search, 1 where a document of the query was learned from, else 0.
    before, after
        The cosine under base and choice; of a search, the place of the answer, from 1.
    """

    form: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    said: NDArray[np.float64]
    before: NDArray[np.float64]
    after: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Evidence:
    """The texts and pictures behind a summary.

    For labelled data ``confusion_base`` and ``confusion_tuned`` count test texts by true label
    (rows) and predicted label (columns), in the order of ``labels``; they are empty for
    multi-label data. Where pairs were fitted, only ``pairs`` holds something.
    """

    texts: tuple[str, ...]
    true_labels: tuple[str, ...]
    labels: tuple[str, ...]
    confusion_base: NDArray[np.int64]
    confusion_tuned: NDArray[np.int64]
    maps: Maps | None
    changed: tuple[ChangedText, ...]
    pairs: PairEvidence | None = None

    @classmethod
    def of_pairs(cls, pairs: PairEvidence) -> Self:
        """Return the evidence that pairs are."""
        nothing = np.zeros((0, 0), dtype=np.int64)
        return cls((), (), (), nothing, nothing, None, (), pairs)
