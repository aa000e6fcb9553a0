"""Errors that fall with the rows as a power law, and how they go on.

The law has three parameters: Cortes, Jackel, Solla, Vapnik and Denker, "Learning curves: asymptotic
values and rate of convergence", NIPS 1993; for others see Viering and Loog, "The shape of learning
curves: a review", IEEE TPAMI 2023.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

_EXPONENTS: Final = np.linspace(0.05, 2.0, 79)
# Few points leave the exponent open: it is held near what it often is, an e-fold away as firmly as
# a point is whose error is known to a hundredth.
_USUAL_EXPONENT = 0.5
_FIRMNESS = 1e-4


@dataclass(frozen=True)
class PowerLaw:
    """An error of ``floor + factor * size ** -exponent``; none of the three is below zero."""

    floor: float
    factor: float
    exponent: float

    def at(self, size: float) -> float:
        """Return the error at a size."""
        return self.floor + self.factor * float(size**-self.exponent)

    def ratio(self, size: float, later: float) -> float:
        """Return what is left of the error at ``size`` when ``later`` is reached, 0 to 1."""
        before = self.at(size)
        return self.at(later) / before if before > 0 else 1.0


def fit_power_law(sizes: ArrayLike, errors: ArrayLike) -> PowerLaw:
    """Return the power law with the least weighted squares; a point weighs as its size.

    For each exponent of a grid floor and factor are found in closed form; where one of them would
    be negative, it is 0 and the other is found anew. Exponents near a half are preferred.

    Parameters
    ----------
    sizes
        Above 0 and rising, shape (points,); two points at least.
    errors
        Of the same shape, 0 to 1.

    Examples
    --------
    >>> law = fit_power_law([100, 200, 400, 800], [0.4, 0.283, 0.2, 0.141])
    >>> round(law.floor, 2), round(law.exponent, 2), round(law.at(1600), 2)
    (0.0, 0.5, 0.1)
    """
    x, y = np.asarray(sizes, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    unit, weight = x / x[-1], x / x.sum()
    falls = unit[:, None] ** -_EXPONENTS
    floor, factor = _straight_lines(falls, y, weight)
    unusual = np.log(_EXPONENTS / _USUAL_EXPONENT) ** 2
    losses = weight @ (y[:, None] - floor - factor * falls) ** 2 + _FIRMNESS * unusual
    best = int(np.argmin(losses))
    exponent = float(_EXPONENTS[best])
    return PowerLaw(float(floor[best]), float(factor[best] * x[-1] ** exponent), exponent)


def _straight_lines(
    falls: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return intercept and slope over each column of ``falls``, neither of them below zero."""
    middle, level = weight @ falls, weight @ y
    apart = falls - middle
    slope = np.maximum(weight @ (apart * (y - level)[:, None]) / (weight @ apart**2), 0.0)
    start = level - slope * middle
    through_zero = weight @ (falls * y[:, None]) / (weight @ falls**2)
    return np.maximum(start, 0.0), np.where(start < 0, through_zero, slope)
