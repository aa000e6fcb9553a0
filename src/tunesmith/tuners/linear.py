"""The closed-form tuner: a linear map found in milliseconds, without training.

Regularised linear discriminant analysis (Fisher 1936; Rao 1948): the differences within classes
are made equal in every direction, with the covariance estimated after Ledoit and Wolf (2004),
https://doi.org/10.1016/S0047-259X(03)00096-4; then the directions are weighted by how far the
classes lie apart in them.
"""

from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh, svd
from sklearn.covariance import ledoit_wolf, shrunk_covariance
from sklearn.utils.validation import check_is_fitted

from tunesmith.encoders.attach import Layer
from tunesmith.tuners.base import KnownLabels, Tuner


class LinearTuner(Tuner):
    """Whitens vectors within classes and stretches them between classes.

    Where the between-class variance of a whitened direction is v (the within-class variance
    being 1), the direction is multiplied by v / (v + 1), the share of it that tells classes
    apart. Nearest neighbours gain from that; ``background`` keeps the other directions, which a
    classifier trained on top can use.

    Parameters
    ----------
    n_components
        How many directions are kept, those that tell classes apart best first; None keeps all.
    shrinkage
        How far the within-class covariance is drawn towards a multiple of the identity, 0 to 1;
        ``"auto"`` estimates it.
    background
        The least factor of a direction, 0 to 1. 1 is whitening alone; 0 with
        ``n_components = classes - 1`` is a discriminant analysis.

    Attributes
    ----------
    weight_ : ndarray of float32, shape (n_components, d)
        The map.
    bias_ : ndarray of float32, shape (n_components,)
        Centres the training vectors at zero.
    shrinkage_ : float
        The shrinkage used.
    spread_ : ndarray of float64, shape (n_components,)
        The between-class variance v of each direction, largest first.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[1, 0.1], [1, -0.1], [0.9, 0.1], [0.9, -0.1]])
    >>> LinearTuner(n_components=1).fit(X, [0, 0, 1, 1]).transform(X).ravel().round() ** 2
    array([1., 1., 1., 1.])
    """

    def __init__(
        self,
        n_components: int | None = None,
        *,
        shrinkage: float | Literal["auto"] = "auto",
        background: float = 0.3,
    ) -> None:
        self.n_components = n_components
        self.shrinkage = shrinkage
        self.background = background

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Find the map.

        Parameters
        ----------
        X
            Vectors, shape (n, d).
        y
            Labels, shape (n,); or 1, 0 and NaN for unknown, shape (n, labels). With several
            labels, rows are compared within each label and only where it is known.

        Raises
        ------
        ValueError
            If X holds NaN, y has a single class, or a parameter is out of range.
        """
        checked = self._check(X, y)
        vectors, targets = checked.vectors, checked.targets
        self._check_parameters(vectors.shape[1])
        whitening = self._whitening(_within(vectors, targets), float(vectors.var()))
        _, sizes, directions = svd(_between(vectors, targets) @ whitening, full_matrices=True)
        spread = np.zeros(vectors.shape[1])
        spread[: len(sizes)] = sizes**2
        factors = np.maximum(spread / (spread + 1.0), self.background)
        weight = (factors[:, None] * directions @ whitening)[: self.n_components]
        self.spread_ = spread[: self.n_components]
        self.weight_ = weight.astype(np.float32)
        self.bias_ = (-weight @ vectors.mean(axis=0)).astype(np.float32)
        return self

    def as_layers(self) -> tuple[Layer, ...]:
        """Return the map as one layer without activation."""
        check_is_fitted(self)
        return (Layer(self.weight_, self.bias_, "identity"),)

    def _check_parameters(self, width: int) -> None:
        if self.n_components is not None and not 1 <= self.n_components <= width:
            raise ValueError(f"n_components is {self.n_components}: choose 1 to {width}, or None")
        if not 0.0 <= self.background <= 1.0:
            raise ValueError(f"background is {self.background}: choose 0 to 1")
        if self.shrinkage != "auto" and not 0.0 <= self.shrinkage <= 1.0:
            raise ValueError(f'shrinkage is {self.shrinkage}: choose 0 to 1, or "auto"')

    def _whitening(self, residuals: NDArray[np.float64], total: float) -> NDArray[np.float64]:
        """Return the symmetric inverse root of the residuals' shrunk covariance, (d, d)."""
        if self.shrinkage == "auto":
            covariance, self.shrinkage_ = ledoit_wolf(residuals, assume_centered=True)
        else:
            self.shrinkage_ = self.shrinkage
            scatter = residuals.T @ residuals / len(residuals)
            covariance = shrunk_covariance(scatter, shrinkage=self.shrinkage)
        variances, axes = eigh(np.atleast_2d(covariance))
        # Where nothing varies within classes, rounding must not decide what is stretched.
        least = (max(float(variances[-1]), total) or 1.0) * 1e-8
        return np.asarray((axes / np.sqrt(np.maximum(variances, least))) @ axes.T)


def _within(vectors: NDArray[np.float64], targets: KnownLabels) -> NDArray[np.float64]:
    """Return each row less the mean of its group; with several labels, once for each label."""
    if not targets.multilabel:
        return vectors - targets.known.astype(np.float64) @ _means(vectors, targets.known)
    parts = []
    for column in targets.known.T:
        for value in (0, 1):
            group = vectors[column == value]
            parts.append(group - (group.mean(axis=0) if len(group) else 0.0))
    return np.concatenate(parts)


def _between(vectors: NDArray[np.float64], targets: KnownLabels) -> NDArray[np.float64]:
    """Return rows whose scatter is the between-class covariance, shape (classes, d)."""
    if not targets.multilabel:
        shares = targets.known.mean(axis=0, dtype=np.float64)
        apart = _means(vectors, targets.known) - vectors.mean(axis=0)
        return np.asarray(np.sqrt(shares)[:, None] * apart)
    total = float(np.isfinite(targets.known).sum())
    rows = []
    for column in targets.known.T:
        ones, zeros = vectors[column == 1], vectors[column == 0]
        if len(ones) and len(zeros):
            mass = len(ones) * len(zeros) / (len(ones) + len(zeros))
            rows.append(np.sqrt(mass / total) * (ones.mean(axis=0) - zeros.mean(axis=0)))
    return np.stack(rows)


def _means(vectors: NDArray[np.float64], known: NDArray[Any]) -> NDArray[np.float64]:
    one_hot = known.astype(np.float64)
    return np.asarray(one_hot.T @ vectors / one_hot.sum(axis=0)[:, None])
