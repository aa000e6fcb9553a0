"""A common representation of single-label and multi-label targets with unknown entries."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from sklearn.utils import column_or_1d
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets

from tunesmith.data.reading.missing import is_missing
from tunesmith.errors import DataError

ClassWeight = Mapping[Any, float] | Literal["balanced"] | None


@dataclass(frozen=True, eq=False)
class KnownLabels:
    """The known labels of n rows.

    Parameters
    ----------
    classes
        Distinct labels, sorted; column indices for multi-label data.
    values
        Class index of each row, int64, shape (n,); or 1, 0 and NaN for unknown, float32, shape
        (n, classes).
    """

    classes: NDArray[Any]
    values: NDArray[Any]

    @classmethod
    def of(cls, y: ArrayLike, classes: ArrayLike | None = None) -> Self:
        """Read labels of shape (n,), or a matrix of 1, 0 and NaN of shape (n, labels).

        Parameters
        ----------
        y
            Labels.
        classes
            All possible labels; by default those in ``y``. There must be at least two.

        Raises
        ------
        ValueError
            If a label is missing, the matrix contains other values, a label is not among
            ``classes``, or there are fewer than two groups.
        """
        values = label_array(y)
        if values.ndim == 2 and (values.shape[1] > 1 or _is_indicator(values)):
            return cls._of_matrix(values, complete=classes is None)
        labels = column_or_1d(values, warn=True)
        check_classification_targets(labels)
        if classes is None:
            found, numbers = np.unique(labels, return_inverse=True)
            _require_two(found)
            return cls(found, numbers.astype(np.int64))
        known = np.unique(np.asarray(classes))
        return cls(known, _numbers(labels, known))

    @classmethod
    def _of_matrix(cls, values: NDArray[Any], *, complete: bool) -> Self:
        if not _is_indicator(values):
            raise ValueError("y of shape (n, labels) may contain only 1, 0 and NaN (unknown)")
        known = values.astype(np.float32)
        if complete and not np.any((known == 1).any(axis=0) & (known == 0).any(axis=0)):
            raise ValueError("no label is known to be 1 in one row and 0 in another")
        return cls(np.arange(known.shape[1]), known)

    @property
    def multilabel(self) -> bool:
        """Whether a row may have several labels."""
        return self.values.ndim == 2

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: NDArray[np.int64]) -> "KnownLabels":
        """Return the labels of a subset of the rows."""
        return KnownLabels(self.classes, self.values[rows])

    def joined(self, others: "KnownLabels") -> "KnownLabels":
        """Return these labels followed by ``others``, with the class indices of ``others``."""
        own = self.recoded(others.classes).values
        return KnownLabels(others.classes, np.concatenate([own, others.values]))

    def recoded(self, classes: NDArray[Any]) -> "KnownLabels":
        """Return the same labels with indices into ``classes``, which must include them."""
        if self.multilabel or len(classes) == len(self.classes):
            return KnownLabels(classes, self.values)
        numbers = np.searchsorted(classes, self.classes[self.values])
        return KnownLabels(classes, numbers.astype(np.int64))

    def weights(self, class_weight: ClassWeight) -> NDArray[np.float32]:
        """Return the weight of each row, (n,), or of each entry of multi-label data, (n, labels).

        ``"balanced"`` gives all classes, or the 1s and 0s of each label, the same sum of
        weights; a mapping gives the weight of each class, with a default of 1.

        Raises
        ------
        ValueError
            If the mapping names an unknown label, or is given for multi-label data.
        """
        if class_weight is None:
            return np.ones(self.values.shape, dtype=np.float32)
        if self.multilabel:
            return _entry_weights(self.values, class_weight)
        labels = self.classes[self.values]
        if isinstance(class_weight, str):
            if class_weight != "balanced":
                raise ValueError(
                    f'class_weight is {class_weight!r}: choose None, "balanced" or a mapping'
                )
            present = np.unique(labels)
            found = compute_class_weight(class_weight, classes=present, y=labels)
            return np.asarray(found[np.searchsorted(present, labels)], dtype=np.float32)
        unknown = [label for label in class_weight if label not in self.classes.tolist()]
        if unknown:
            raise ValueError(f"class_weight contains {unknown[0]!r}, which is not a label of y")
        each = [class_weight.get(label, 1.0) for label in self.classes.tolist()]
        return np.asarray(np.asarray(each, dtype=np.float32)[self.values])

    def memberships(self, class_weight: ClassWeight = None) -> csr_array:
        """Return the weight of each row in each group, float64, shape (n, groups).

        Groups are the classes; for multi-label data, first the rows known to have each label,
        then the rows known not to have it.
        """
        weights = self.weights(class_weight).astype(np.float64)
        if not self.multilabel:
            pointers = np.arange(len(self) + 1)
            shape = (len(self), len(self.classes))
            return csr_array((weights, self.values, pointers), shape=shape)
        return csr_array(np.hstack([weights * (self.values == 1), weights * (self.values == 0)]))

    @property
    def families(self) -> NDArray[np.int64]:
        """The family of mutually exclusive groups of each group, int64, shape (groups,)."""
        if not self.multilabel:
            return np.zeros(len(self.classes), dtype=np.int64)
        return np.tile(np.arange(len(self.classes)), 2)


def _is_indicator(values: NDArray[Any]) -> bool:
    numeric = values.dtype.kind in "biuf"
    return numeric and bool(np.all(np.isnan(values.astype(float)) | (values == 0) | (values == 1)))


def label_array(y: ArrayLike) -> NDArray[Any]:
    """Return labels as an array, shape (n,); a matrix, shape (n, labels), has NaN for unknown.

    Raises
    ------
    DataError
        A row has no label, or y is not an array.

    Examples
    --------
    >>> label_array(["card", "order"]).tolist()
    ['card', 'order']
    """
    labels = _as_array(y)
    if labels.ndim == 2 and labels.shape[1] > 1:
        return _with_nan(labels) if labels.dtype.kind == "O" else labels
    if not (labels.ndim == 2 and _is_indicator(labels)):
        # NumPy turns a NaN in a list of texts into the text "nan".
        _require_labels(np.asarray(y, dtype=object).ravel())
    return labels


def _as_array(y: ArrayLike) -> NDArray[Any]:
    try:
        labels = np.asarray(y)
    except ValueError:  # rows of different lengths
        labels = np.empty(())
    if labels.ndim == 0:
        raise DataError(
            "y must have one label for each row, or a row of 1, 0 and NaN",
            hint="turn lists of labels into such rows with MultiLabelBinarizer",
        )
    return labels


def _with_nan(labels: NDArray[Any]) -> NDArray[Any]:
    return np.array([[np.nan if is_missing(one) else one for one in row] for row in labels])


def _require_labels(labels: NDArray[Any]) -> None:
    missing = next((row for row, label in enumerate(labels) if is_missing(label)), None)
    if missing is not None:
        raise DataError(
            f"y contains no label in row {missing} (counted from 0)",
            hint="fill it in or drop the row",
        )


def _require_two(classes: NDArray[Any]) -> None:
    if len(classes) < 2:
        raise ValueError(f"a tuner needs at least two classes, but y has {len(classes)}")


def _numbers(labels: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.int64]:
    unknown = sorted(set(labels.tolist()) - set(classes.tolist()))
    if unknown:
        raise ValueError(
            f"y contains the label {unknown[0]!r}, which is not among the classes: pass all "
            "classes with the first batch"
        )
    return np.searchsorted(classes, labels).astype(np.int64)


def _entry_weights(values: NDArray[Any], class_weight: ClassWeight) -> NDArray[np.float32]:
    if class_weight != "balanced":
        raise ValueError('for multi-label data, class_weight must be None or "balanced"')
    ones, zeros = (values == 1).sum(axis=0), (values == 0).sum(axis=0)
    known = ones + zeros
    halves = known / np.maximum(2 * ones, 1), known / np.maximum(2 * zeros, 1)
    return np.asarray(np.where(values == 1, *halves), dtype=np.float32)
