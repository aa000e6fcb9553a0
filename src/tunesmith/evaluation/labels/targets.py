"""True labels, in one form for single-label and multi-label data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tunesmith.kinds import Labelled, Multilabel


@dataclass(frozen=True, eq=False)
class Targets:
    """The true labels of n texts as a matrix with unknown entries.

    Parameters
    ----------
    values
        1, 0 or NaN (unknown), float32, shape (n, labels). For single-label data each row has a
        single 1 and no NaN.
    labels
        Label names, in the order of the columns.
    multilabel
        Whether a text may have several labels or none.

    Examples
    --------
    >>> import pyarrow as pa
    >>> table = pa.table({"text": ["a", "b"], "label": ["refund", "card"], "row": [1, 2]})
    >>> targets = Targets.of(Labelled(table))
    >>> targets.labels, targets.codes.tolist()
    (('card', 'refund'), [1, 0])
    """

    values: NDArray[np.float32]
    labels: tuple[str, ...]
    multilabel: bool

    @classmethod
    def of(cls, examples: Labelled | Multilabel, labels: Sequence[str] | None = None) -> Self:
        """Return the targets of these examples, over ``labels`` or their own labels.

        A label that is not in ``labels`` is appended. No model trained on ``labels`` can predict
        it, so each such text counts as an error.
        """
        known = tuple(labels) if labels is not None else examples.classes
        known += tuple(name for name in examples.classes if name not in set(known))
        if isinstance(examples, Multilabel):
            return cls(examples.matrix(known), known, multilabel=True)
        values = examples.labels[:, None] == np.asarray(known)[None, :]
        return cls(values.astype(np.float32), known, multilabel=False)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which entries are known, shape (n, labels)."""
        return ~np.isnan(self.values)

    @property
    def positive(self) -> NDArray[np.bool_]:
        """Which entries are known to be 1, shape (n, labels)."""
        return np.asarray(self.values == 1)

    @property
    def codes(self) -> NDArray[np.int64]:
        """The column of each text's label, shape (n,); only for single-label data."""
        return np.asarray(self.values.argmax(axis=1), dtype=np.int64)

    def training_labels(self) -> NDArray[np.str_] | NDArray[np.float32]:
        """Return labels for tuners and recipes: names (n,), or the matrix (n, labels)."""
        return self.values if self.multilabel else np.asarray(self.labels)[self.codes]

    def take(self, indices: NDArray[np.integer]) -> "Targets":
        """Return the targets of these rows."""
        return Targets(self.values[indices], self.labels, self.multilabel)

    def join(self, other: "Targets") -> "Targets":
        """Return these targets followed by ``other``, over the same labels."""
        return Targets(np.vstack([self.values, other.values]), self.labels, self.multilabel)
