"""The closed-form tuner: a linear map found in milliseconds, without training.

Regularised linear discriminant analysis (Fisher 1936; Rao 1948): the differences within classes
are made equal in every direction, with a covariance that is shrunk by as much as rows that are left
out ask for; then the directions are weighted by how far the classes lie apart in them. From pairs
it is the same with the differences of similar and of dissimilar pairs in the place of those within
and between classes (Koestinger et al. 2012, https://doi.org/10.1109/CVPR.2012.6247939).
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
    """A map and what it was found with.

    Parameters
    ----------
    weight, bias
        The map, float32, shapes (n_components, d) and (n_components,).
    spread
        The between-class variance of each direction, float64, largest first.
    shrinkage
        How far the covariance was shrunk.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    spread: NDArray[np.float64]
    shrinkage: float


class LinearTuner(Tuner):
    """Whitens vectors within classes and stretches them between classes.

    Where the between-class variance of a whitened direction is v (the within-class variance
    being 1), the direction is multiplied by v / (v + 1), the share of it that tells classes
    apart. Nearest neighbours gain from that; ``background`` keeps the other directions, which a
    classifier trained on top can use.

    Rows are read once, and what is kept of them does not grow with their number: ``partial_fit``
    on parts is ``fit`` on the whole, whatever the cut.

    Parameters
    ----------
    n_components
        How many directions are kept, those that tell classes apart best first; None keeps all.
    shrinkage
        How far the within-class covariance is drawn towards a multiple of the identity, 0 to 1;
        ``"auto"`` chooses it by leaving rows out.
    background
        The least factor of a direction, 0 to 1. 1 is whitening alone; 0 with
        ``n_components = classes - 1`` is a discriminant analysis.
    class_weight
        How much the rows of each class count: None for all alike, ``"balanced"`` for all classes
        alike, or a mapping.

    Attributes
    ----------
    classes_ : ndarray
        The labels; numbers of columns for several labels.
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
        self._check_parameters()
        self.classes_ = checked.labels.classes
        self.moments_ = GroupMoments.begin(checked.vectors, checked.labels.families)
        self.moments_.add(checked.vectors, checked.labels.memberships(self.class_weight))
        self._map = self._solved(self.moments_)
        return self

    def partial_fit(self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None) -> Self:
        """Add rows, one or more, to those that were seen; the map is found when it is needed.

        Parameters
        ----------
        X, y
            As for :meth:`fit`. Labels that were not seen before are added.
        classes
            All labels, if they are known beforehand.

        Raises
        ------
        ValueError
            As for :meth:`fit`, or if ``class_weight`` is ``"balanced"``.
        """
        refuse_balanced(self)
        self._check_parameters()
        moments: GroupMoments | None = getattr(self, "moments_", None)
        first = moments is None
        checked = self._check_part(
            X, y, self._growing_classes(y, classes, first=first), first=first
        )
        if moments is None:
            moments = GroupMoments.begin(checked.vectors, checked.labels.families)
        elif len(checked.labels.classes) > len(self.classes_):
            places = np.searchsorted(checked.labels.classes, self.classes_)
            moments.regroup(places, checked.labels.families)
        moments.add(checked.vectors, checked.labels.memberships(self.class_weight))
        self.classes_, self.moments_, self._map = checked.labels.classes, moments, None
        return self

    def fit_pairs(self, X1: ArrayLike, X2: ArrayLike, similar: ArrayLike) -> Self:
        """Find the map from pairs instead of labels.

        Parameters
        ----------
        X1, X2
            The two sides, shape (n, d).
        similar
            1 or True where the two belong together, 0 or False where they do not, shape (n,).

        Raises
        ------
        ValueError
            If there are not both similar and dissimilar pairs, the shapes differ, or a number is
            not finite.
        """
        self._check_parameters()
        pairs = check_pairs(self, X1, X2, similar)
        alike = pairs.similarity > 0.5
        if alike.all() or not alike.any():
            raise ValueError("fit_pairs needs similar pairs (1) and dissimilar ones (0)")
        apart = (pairs.first.astype(np.float64) - pairs.second) / np.sqrt(2)
        centre = (pairs.first.mean(axis=0) + pairs.second.mean(axis=0)) / 2
        strength = self.shrinkage
        if strength == "auto":
            strength = self._chosen_by_pairs(pairs, apart, alike)
        self._map = self._mapped(_pair_covariances(apart, alike), float(strength), centre)
        self.moments_ = None
        return self

    def as_layers(self) -> tuple[Layer, ...]:
        """Return the map as one layer without activation."""
        return (Layer(self.weight_, self.bias_, "identity"),)

    @property
    def weight_(self) -> NDArray[np.float32]:  # noqa: D102 - described with the class
        return self._found().weight

    @property
    def bias_(self) -> NDArray[np.float32]:  # noqa: D102 - described with the class
        return self._found().bias

    @property
    def spread_(self) -> NDArray[np.float64]:  # noqa: D102 - described with the class
        return self._found().spread

    @property
    def shrinkage_(self) -> float:  # noqa: D102 - described with the class
        return self._found().shrinkage

    def _check_parameters(self) -> None:
        if self.n_components is not None:
            require_counts(self, "n_components")
        if not 0.0 <= self.background <= 1.0:
            raise ValueError(f"background is {self.background}: choose 0 to 1")
        if self.shrinkage != "auto" and not 0.0 <= self.shrinkage <= 1.0:
            raise ValueError(f'shrinkage is {self.shrinkage}: choose 0 to 1, or "auto"')

    def _found(self) -> LinearMap:
        check_is_fitted(self, "moments_")
        if self._map is None:
            assert self.moments_ is not None  # only partial_fit leaves the map for later
            self._map = self._solved(self.moments_)
        return self._map

    def _solved(self, moments: GroupMoments) -> LinearMap:
        # Matrices of this size lose more by waiting for a second thread than they gain.
        with one_thread():
            covariances = Covariances.of(moments.within, moments.between)
            return self._mapped(covariances, self._strength(moments, covariances), moments.centre)

    def _strength(self, moments: GroupMoments, covariances: "Covariances") -> float:
        if self.shrinkage != "auto":
            return float(self.shrinkage)
        if moments.sample is not None:  # it is not saved: a loaded tuner stays with its choice
            self._chosen = choose_shrinkage(
                moments, moments.sample, covariances.spectrum, covariances.least
            )
        return self._chosen

    def _chosen_by_pairs(
        self, pairs: Pairs, apart: NDArray[np.float64], alike: NDArray[np.bool_]
    ) -> float:
        """Return the shrinkage that tells similar pairs best, of every fifth pair left out."""
        held = np.arange(len(alike)) % 5 == 0
        known, asked = alike[~held], alike[held]
        if known.all() or not known.any() or asked.all() or not asked.any():
            return STRENGTHS[-1]
        rest = pairs.take(np.flatnonzero(held))
        covariances = _pair_covariances(apart[~held], known)
        centre = np.concatenate([pairs.first[~held], pairs.second[~held]]).mean(axis=0)
        scores = []
        for strength in STRENGTHS:
            found = self._mapped(covariances, strength, centre)
            layers = (Layer(found.weight, found.bias),)
            first, second = apply_layers(layers, rest.first), apply_layers(layers, rest.second)
            scores.append(roc_auc_score(asked, pairwise_similarity(first, second)))
        return STRENGTHS[int(np.argmax(scores))]

    def _mapped(
        self, covariances: "Covariances", strength: float, centre: NDArray[np.float64]
    ) -> LinearMap:
        """Whiten, and weight the directions by how far groups lie apart in them."""
        width = len(centre)
        if self.n_components is not None and self.n_components > width:
            raise ValueError(f"n_components is {self.n_components}: choose 1 to {width}, or None")
        whitening = covariances.whitening(strength)
        sizes, directions = eigh(whitening @ covariances.between @ whitening)
        spread, directions = np.maximum(sizes[::-1], 0.0), directions.T[::-1]
        factors = np.maximum(spread / (spread + 1.0), self.background)
        weight = (factors[:, None] * directions @ whitening)[: self.n_components]
        return LinearMap(
            np.ascontiguousarray(weight, dtype=np.float32),
            (-weight @ centre).astype(np.float32),
            spread[: self.n_components],
            strength,
        )

    def _to_save(self) -> dict[str, Any]:
        self._found()
        moments = self.moments_ and self.moments_.without_rows()
        return {**vars(self), "moments_": moments}


@dataclass(frozen=True, eq=False)
class Covariances:
    """How vectors vary within groups and between them.

    Parameters
    ----------
    spectrum
        Of the covariance within groups.
    between
        The covariance between groups, shape (d, d).
    least
        The least variance within: where nothing varies, rounding must not decide.
    """

    spectrum: Spectrum
    between: NDArray[np.float64]
    least: float

    @classmethod
    def of(cls, within: NDArray[np.float64], between: NDArray[np.float64]) -> Self:
        """Take the covariance within groups apart."""
        variances, axes = eigh(within)
        total = float(np.trace(within) + np.abs(np.trace(between)))
        least = (total / len(within) or 1.0) * 1e-8
        return cls(Spectrum(np.maximum(variances, 0.0), axes), between, least)

    def whitening(self, strength: float) -> NDArray[np.float64]:
        """Return the symmetric inverse root of the shrunk covariance within, shape (d, d)."""
        variances = self.spectrum.shrunk(Shrinkage(strength, self.least))
        axes = self.spectrum.axes
        return np.asarray((axes / np.sqrt(variances)) @ axes.T)


def _pair_covariances(apart: NDArray[np.float64], alike: NDArray[np.bool_]) -> Covariances:
    """Return the covariance of similar pairs' differences, and what dissimilar ones add to it."""
    within = apart[alike].T @ apart[alike] / alike.sum()
    return Covariances.of(within, apart[~alike].T @ apart[~alike] / (~alike).sum() - within)
