"""The closed-form tuner: a linear map computed in milliseconds, without gradient descent.

Regularised linear discriminant analysis (Fisher 1936; Rao 1948). Vectors are whitened with the
within-class covariance, shrunk by an amount chosen by leave-one-out; then the directions are
weighted by the between-class variance. For pairs, the differences of similar and dissimilar pairs
replace those within and between classes (Koestinger et al. 2012,
https://doi.org/10.1109/CVPR.2012.6247939).
"""

from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh
from sklearn.metrics import roc_auc_score
from sklearn.utils.validation import check_is_fitted

from tunesmith.threads import one_thread
from tunesmith.tuners.base import Tuner
from tunesmith.tuners.checks import Pairs, check_pairs, refuse_balanced, require_counts
from tunesmith.tuners.moments import GroupMoments
from tunesmith.tuners.shrinkage import STRENGTHS, Shrinkage, Spectrum, choose_shrinkage
from tunesmith.tuners.targets import ClassWeight
from tunesmith.vectors.layers import Layer, apply_layers
from tunesmith.vectors.similarity import pairwise_similarity


@dataclass(frozen=True, eq=False)
class LinearMap:
    """A linear map and its parameters.

    Parameters
    ----------
    weight, bias
        The map, float32, shapes (n_components, d) and (n_components,).
    spread
        Between-class variance of each direction, float64, largest first.
    shrinkage
        Shrinkage of the covariance.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    spread: NDArray[np.float64]
    shrinkage: float


class LinearTuner(Tuner):
    """Whitens vectors within classes and stretches them between classes.

    If the between-class variance of a whitened direction is v (with a within-class variance of
    1), the direction is multiplied by v / (v + 1), the share of its variance between classes. This
    improves nearest-neighbour search; ``background`` keeps the other directions, which a
    classifier on top can use.

    Rows are read once, and memory does not grow with their number. ``partial_fit`` on batches
    equals ``fit`` on all rows, however they are split.

    Parameters
    ----------
    n_components
        Number of directions to keep, most discriminative first; None keeps all.
    shrinkage
        Shrinkage of the within-class covariance towards a multiple of the identity, 0 to 1;
        ``"auto"`` chooses it by leave-one-out.
    background
        Minimum factor of a direction, 0 to 1. 1 is whitening alone; 0 with
        ``n_components = classes - 1`` is linear discriminant analysis.
    class_weight
        Class weights: None for equal weights of rows, ``"balanced"`` for equal weights of classes,
        or a mapping from class to weight.

    Attributes
    ----------
    classes_ : ndarray
        Class labels; column indices for multi-label data.
    weight_ : ndarray of float32, shape (n_components, d)
        Weight matrix of the map.
    bias_ : ndarray of float32, shape (n_components,)
        Bias that centres the training vectors at zero.
    shrinkage_ : float
        Shrinkage used.
    spread_ : ndarray of float64, shape (n_components,)
        Between-class variance v of each direction, largest first.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[1, 0.1], [1, -0.1], [0.9, 0.1], [0.9, -0.1]])
    >>> LinearTuner(n_components=1).fit(X, [0, 0, 1, 1]).transform(X).ravel().round() ** 2
    array([1., 1., 1., 1.], dtype=float32)
    """

    moments_: GroupMoments | None
    _map: LinearMap | None
    _chosen: float

    def __init__(
        self,
        n_components: int | None = None,
        *,
        shrinkage: float | Literal["auto"] = "auto",
        background: float = 0.3,
        class_weight: ClassWeight = None,
    ) -> None:
        self.n_components = n_components
        self.shrinkage = shrinkage
        self.background = background
        self.class_weight = class_weight

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Compute the map.

        Parameters
        ----------
        X
            Vectors, shape (n, d).
        y
            Labels, shape (n,); or 1, 0 and NaN for unknown, shape (n, labels). For multi-label
            data, each label is treated separately, using only the rows where it is known.

        Raises
        ------
        ValueError
            If X holds NaN, y has a single class, or a parameter is out of range.
        """
        checked = self._check(X, y)
        self._check_parameters()
        self.classes_ = checked.labels.classes
        self.moments_ = GroupMoments.begin(checked.vectors, checked.labels.families)
        self.moments_.add(checked.vectors, checked.labels.memberships(self.class_weight))
        self._map = self._solve(self.moments_)
        return self

    def partial_fit(self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None) -> Self:
        """Add rows, one or more, to those seen so far; the map is computed when it is needed.

        Parameters
        ----------
        X, y
            As for :meth:`fit`. New labels are added to the classes.
        classes
            All classes, if they are known in advance.

        Raises
        ------
        ValueError
            As for :meth:`fit`, or if ``class_weight`` is ``"balanced"``.
        """
        refuse_balanced(self)
        self._check_parameters()
        moments: GroupMoments | None = getattr(self, "moments_", None)
        first = moments is None
        checked = self._check_batch(
            X, y, self._growing_classes(y, classes, first=first), first=first
        )
        if moments is None:
            moments = GroupMoments.begin(checked.vectors, checked.labels.families)
        elif len(checked.labels.classes) > len(self.classes_):
            indices = np.searchsorted(checked.labels.classes, self.classes_)
            moments.regroup(indices, checked.labels.families)
        moments.add(checked.vectors, checked.labels.memberships(self.class_weight))
        self.classes_, self.moments_, self._map = checked.labels.classes, moments, None
        return self

    def fit_pairs(self, X1: ArrayLike, X2: ArrayLike, similar: ArrayLike) -> Self:
        """Compute the map from pairs instead of labels.

        Parameters
        ----------
        X1, X2
            First and second vectors of the pairs, shape (n, d).
        similar
            1 or True for similar pairs, 0 or False for dissimilar ones, shape (n,).

        Raises
        ------
        ValueError
            If there are not both similar and dissimilar pairs, the shapes differ, or a number is
            not finite.
        """
        self._check_parameters()
        pairs = check_pairs(self, X1, X2, similar)
        similar = pairs.similarity > 0.5
        if similar.all() or not similar.any():
            raise ValueError("fit_pairs needs both similar pairs (1) and dissimilar pairs (0)")
        differences = (pairs.first.astype(np.float64) - pairs.second) / np.sqrt(2)
        centre = (pairs.first.mean(axis=0) + pairs.second.mean(axis=0)) / 2
        shrinkage = self.shrinkage
        if shrinkage == "auto":
            shrinkage = self._chosen_by_pairs(pairs, differences, similar)
        self._map = self._build_map(
            _pair_covariances(differences, similar), float(shrinkage), centre
        )
        self.moments_ = None
        return self

    def as_layers(self) -> tuple[Layer, ...]:
        """Return the map as one layer without activation."""
        return (Layer(self.weight_, self.bias_, "identity"),)

    @property
    def weight_(self) -> NDArray[np.float32]:  # noqa: D102 - described with the class
        return self._get_map().weight

    @property
    def bias_(self) -> NDArray[np.float32]:  # noqa: D102 - described with the class
        return self._get_map().bias

    @property
    def spread_(self) -> NDArray[np.float64]:  # noqa: D102 - described with the class
        return self._get_map().spread

    @property
    def shrinkage_(self) -> float:  # noqa: D102 - described with the class
        return self._get_map().shrinkage

    def _check_parameters(self) -> None:
        if self.n_components is not None:
            require_counts(self, "n_components")
        if not 0.0 <= self.background <= 1.0:
            raise ValueError(f"background is {self.background}: choose 0 to 1")
        if self.shrinkage != "auto" and not 0.0 <= self.shrinkage <= 1.0:
            raise ValueError(f'shrinkage is {self.shrinkage}: choose 0 to 1, or "auto"')

    def _get_map(self) -> LinearMap:
        check_is_fitted(self, "moments_")
        if self._map is None:
            assert self.moments_ is not None  # only partial_fit leaves the map for later
            self._map = self._solve(self.moments_)
        return self._map

    def _solve(self, moments: GroupMoments) -> LinearMap:
        # For matrices of this size a second thread costs more than it saves.
        with one_thread():
            covariances = Covariances.of(moments.within, moments.between)
            return self._build_map(
                covariances, self._strength(moments, covariances), moments.centre
            )

    def _strength(self, moments: GroupMoments, covariances: "Covariances") -> float:
        if self.shrinkage != "auto":
            return float(self.shrinkage)
        if moments.sample is not None:  # not saved, so a loaded tuner keeps its choice
            self._chosen = choose_shrinkage(
                moments, moments.sample, covariances.spectrum, covariances.least
            )
        return self._chosen

    def _chosen_by_pairs(
        self, pairs: Pairs, differences: NDArray[np.float64], similar: NDArray[np.bool_]
    ) -> float:
        """Return the shrinkage with the best AUC on every fifth pair, held out."""
        holdout = np.arange(len(similar)) % 5 == 0
        train_similar, holdout_similar = similar[~holdout], similar[holdout]
        if (
            train_similar.all()
            or not train_similar.any()
            or holdout_similar.all()
            or not holdout_similar.any()
        ):
            return STRENGTHS[-1]
        rest = pairs.take(np.flatnonzero(holdout))
        covariances = _pair_covariances(differences[~holdout], train_similar)
        centre = np.concatenate([pairs.first[~holdout], pairs.second[~holdout]]).mean(axis=0)
        scores = []
        for shrinkage in STRENGTHS:
            found = self._build_map(covariances, shrinkage, centre)
            layers = (Layer(found.weight, found.bias),)
            first, second = apply_layers(layers, rest.first), apply_layers(layers, rest.second)
            scores.append(roc_auc_score(holdout_similar, pairwise_similarity(first, second)))
        return STRENGTHS[int(np.argmax(scores))]

    def _build_map(
        self, covariances: "Covariances", shrinkage: float, centre: NDArray[np.float64]
    ) -> LinearMap:
        """Whiten, and weight the directions by their between-group variance."""
        width = len(centre)
        if self.n_components is not None and self.n_components > width:
            raise ValueError(f"n_components is {self.n_components}: choose 1 to {width}, or None")
        whitening = covariances.whitening(shrinkage)
        sizes, directions = eigh(whitening @ covariances.between @ whitening)
        spread, directions = np.maximum(sizes[::-1], 0.0), directions.T[::-1]
        factors = np.maximum(spread / (spread + 1.0), self.background)
        weight = (factors[:, None] * directions @ whitening)[: self.n_components]
        return LinearMap(
            np.ascontiguousarray(weight, dtype=np.float32),
            (-weight @ centre).astype(np.float32),
            spread[: self.n_components],
            shrinkage,
        )

    def _to_save(self) -> dict[str, Any]:
        self._get_map()
        moments = self.moments_ and self.moments_.without_rows()
        return {**vars(self), "moments_": moments}


@dataclass(frozen=True, eq=False)
class Covariances:
    """Covariances of vectors within and between groups.

    Parameters
    ----------
    spectrum
        Eigendecomposition of the covariance within groups.
    between
        Covariance between groups, shape (d, d).
    least
        Minimum variance within groups, which avoids division by rounding errors.
    """

    spectrum: Spectrum
    between: NDArray[np.float64]
    least: float

    @classmethod
    def of(cls, within: NDArray[np.float64], between: NDArray[np.float64]) -> Self:
        """Decompose the covariance within groups."""
        variances, axes = eigh(within)
        total = float(np.trace(within) + np.abs(np.trace(between)))
        least = (total / len(within) or 1.0) * 1e-8
        return cls(Spectrum(np.maximum(variances, 0.0), axes), between, least)

    def whitening(self, shrinkage: float) -> NDArray[np.float64]:
        """Return the symmetric inverse root of the shrunk within-group covariance, shape (d, d)."""
        variances = self.spectrum.shrunk(Shrinkage(shrinkage, self.least))
        axes = self.spectrum.axes
        return np.asarray((axes / np.sqrt(variances)) @ axes.T)


def _pair_covariances(differences: NDArray[np.float64], similar: NDArray[np.bool_]) -> Covariances:
    """Return the covariance of similar pairs' differences, and the excess for dissimilar ones."""
    within = differences[similar].T @ differences[similar] / similar.sum()
    return Covariances.of(
        within, differences[~similar].T @ differences[~similar] / (~similar).sum() - within
    )
