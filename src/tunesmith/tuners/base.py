"""What every tuner shares: a scikit-learn transformer that can become layers of a model."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from tunesmith.encoders.attach import Layer, apply_layers


@dataclass(frozen=True, eq=False)
class KnownLabels:
    """Labels in one form, whether each row has one or several.

    Parameters
    ----------
    classes
        The distinct labels, sorted; for several labels the numbers of the columns.
    known
        1, 0 or NaN (unknown), float32, shape (n, classes).
    multilabel
        Whether the columns stand for themselves, or exactly one is 1 in each row.
    """

    classes: NDArray[Any]
    known: NDArray[np.float32]
    multilabel: bool

    @classmethod
    def of(cls, y: ArrayLike) -> Self:
        """Read labels of shape (n,), or a matrix of 1, 0 and NaN of shape (n, labels).

        Raises
        ------
        ValueError
            If the matrix holds other numbers, or there are not two groups to tell apart.
        """
        values = np.asarray(y)
        if values.ndim == 2 and (values.shape[1] > 1 or _is_indicator(values)):
            return cls._of_matrix(values)
        labels = column_or_1d(values, warn=True)
        check_classification_targets(labels)
        classes, numbers = np.unique(labels, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(
                f"a tuner needs two classes to tell apart, but y has {len(classes)} class"
            )
        return cls(classes, np.eye(len(classes), dtype=np.float32)[numbers], multilabel=False)

    @classmethod
    def _of_matrix(cls, values: NDArray[Any]) -> Self:
        if not _is_indicator(values):
            raise ValueError("y of shape (n, labels) may hold 1, 0 and NaN (unknown) only")
        known = values.astype(np.float32)
        if not np.any((known == 1).any(axis=0) & (known == 0).any(axis=0)):
            raise ValueError("no label is known to be 1 in one row and 0 in another")
        return cls(np.arange(known.shape[1]), known, multilabel=True)


def _is_indicator(values: NDArray[Any]) -> bool:
    numeric = values.dtype.kind in "biuf"
    return numeric and bool(np.all(np.isnan(values.astype(float)) | (values == 0) | (values == 1)))


@dataclass(frozen=True, eq=False)
class Checked:
    """What a tuner learns from, after the checks: vectors (n, d) and their targets."""

    vectors: NDArray[Any]
    targets: KnownLabels


class Tuner(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator, ABC):
    """A transformer from vectors to unit vectors of which the layers can be had.

    ``transform`` gives what a saved model gives: the layers of :meth:`as_layers`, one after the
    other, and then each vector divided by its length.
    """

    n_features_in_: int

    @abstractmethod
    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Learn from vectors X, shape (n, d), and labels y, shape (n,) or (n, labels)."""

    @abstractmethod
    def as_layers(self) -> tuple[Layer, ...]:
        """Return the layers that, applied to X and normalised, give ``transform(X)``."""

    def transform(self, X: ArrayLike) -> NDArray[np.float32]:
        """Return unit vectors, float32, shape (n, width)."""
        check_is_fitted(self)
        vectors = validate_data(self, X, reset=False, dtype=np.float32)
        return apply_layers(self.as_layers(), vectors)

    def _check(self, X: ArrayLike, y: ArrayLike, dtype: Any = np.float64) -> Checked:
        """Check what ``fit`` was given, and note the names and number of features."""
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None"
            )
        vectors = validate_data(self, X, dtype=dtype, ensure_min_samples=2)
        targets = KnownLabels.of(y)
        check_consistent_length(vectors, targets.known)
        return Checked(vectors, targets)

    @property
    def _n_features_out(self) -> int:
        return len(self.as_layers()[-1].bias)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags
