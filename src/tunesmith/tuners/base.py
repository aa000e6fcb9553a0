"""Base classes of tuners: scikit-learn transformers that can be exported as model layers."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from tunesmith.tuners import networks
from tunesmith.tuners.checks import checked_vectors
from tunesmith.tuners.storage import Stored, read_stored, write_stored
from tunesmith.tuners.targets import KnownLabels, label_array
from tunesmith.vectors.layers import Layer, apply_layers

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, eq=False)
class Checked:
    """Validated training data of a tuner: vectors (n, d) and their labels."""

    vectors: NDArray[Any]
    labels: KnownLabels

    def __len__(self) -> int:
        return len(self.vectors)

    def take(self, rows: NDArray[np.int64]) -> "Checked":
        """Return a subset of the rows."""
        return Checked(self.vectors[rows], self.labels.take(rows))

    def known_only(self) -> "Checked":
        """Return the rows with at least one known label."""
        if not self.labels.multilabel:
            return self
        return self.take(np.flatnonzero(np.isfinite(self.labels.values).any(axis=1)))

    def recoded(self, like: "Checked") -> "Checked":
        """Return the same rows with class indices of ``like``."""
        return Checked(self.vectors, self.labels.recoded(like.labels.classes))

    def joined(self, others: "Checked") -> "Checked":
        """Return these rows followed by ``others``, with the class indices of ``others``."""
        vectors = np.concatenate([self.vectors, others.vectors])
        return Checked(vectors, self.labels.joined(others.labels))


class Saved(BaseEstimator):
    """An estimator that can be written to disk and read again, without pickle."""

    def save(self, path: str | Path) -> Path:
        """Write a folder of JSON and safetensors, atomically.

        It holds the learned state and no training rows. ``random_state`` is written if it is a
        number.

        Raises
        ------
        OutputError
            If the path holds something else, or cannot be written.
        """
        check_is_fitted(self)
        state = {name: value for name, value in self._to_save().items() if name not in self._names}
        parameters = {name: getattr(self, name) for name in self._names}
        return write_stored(Path(path), Stored(type(self).__name__, parameters, state))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read an estimator written by :meth:`save`; its output is unchanged.

        Raises
        ------
        UnknownModel
            If the folder holds no estimator.
        DamagedModel
            If it cannot be read, or has another class.
        """
        stored = read_stored(Path(path), cls.__name__)
        estimator = cls(**stored.parameters)
        for name, value in stored.state.items():
            setattr(estimator, name, value)
        return estimator

    @property
    def _names(self) -> list[str]:
        return list(self._get_param_names())

    def _to_save(self) -> dict[str, Any]:
        return dict(vars(self))


class VectorMap(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Saved, ABC):
    """A transformer from vectors to unit vectors that can be exported as layers.

    ``transform`` gives the same result as a saved model: it applies the layers of
    :meth:`as_layers` in order and L2-normalises each vector.
    """

    n_features_in_: int

    @abstractmethod
    def as_layers(self) -> tuple[Layer, ...]:
        """Return the layers that, followed by normalisation, compute ``transform(X)``."""

    def transform(self, X: ArrayLike) -> NDArray[np.float32]:
        """Return unit vectors, float32, shape (n, dimensions)."""
        check_is_fitted(self)
        vectors = checked_vectors(self, X, reset=False, dtype=np.float32)
        return apply_layers(self.as_layers(), vectors)

    def as_module(self) -> "nn.Sequential":
        """Return a torch module that computes ``transform`` for float32 tensors (n, d).

        Examples
        --------
        >>> import torch
        >>> from tunesmith import LinearTuner
        >>> tuner = LinearTuner().fit([[0, 1.0], [0.1, 1], [1, 0], [1, 0.1]], [0, 0, 1, 1])
        >>> tuner.as_module()(torch.tensor([[0.5, 0.5]])).shape
        torch.Size([1, 2])
        """
        return networks.layers_module(self.as_layers())

    @property
    def _n_features_out(self) -> int:
        return len(self.as_layers()[-1].bias)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


class Tuner(VectorMap):
    """A map learned from vectors and labels."""

    classes_: NDArray[Any]

    @abstractmethod
    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Learn from vectors X, shape (n, d), and labels y, shape (n,) or (n, labels)."""

    def _check(self, X: ArrayLike, y: ArrayLike) -> Checked:
        """Validate the input of ``fit``, and record the names and number of features."""
        given = self._labels(y)
        vectors = checked_vectors(self, X, ensure_min_samples=2)
        labels = KnownLabels.of(given)
        check_consistent_length(vectors, labels)
        return Checked(vectors, labels)

    def _check_batch(
        self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None, *, first: bool
    ) -> Checked:
        """Validate the input of ``partial_fit``: one row is enough; the dimension is fixed."""
        given = self._labels(y)
        vectors = checked_vectors(self, X, reset=first)
        labels = KnownLabels.of(given, classes)
        check_consistent_length(vectors, labels)
        return Checked(vectors, labels)

    def _growing_classes(
        self, y: ArrayLike, classes: ArrayLike | None, *, first: bool
    ) -> NDArray[Any] | None:
        """Return the classes seen so far and those of this batch; one class is enough."""
        labels = self._labels(y)
        if labels.ndim == 2:
            return np.arange(labels.shape[1]) if first else self.classes_
        given = [] if classes is None else [np.asarray(classes)]
        known = [] if first else [self.classes_]
        return np.unique(np.concatenate([*known, *given, labels]))

    def _labels(self, y: ArrayLike) -> NDArray[Any]:
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None"
            )
        return label_array(y)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags
