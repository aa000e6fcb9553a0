"""Power law of the error as a function of the number of rows, and its extrapolation.

The law has three parameters: Cortes, Jackel, Solla, Vapnik and Denker, "Learning curves: asymptotic
values and rate of convergence", NIPS 1993; for others see Viering and Loog, "The shape of learning
curves: a review", IEEE TPAMI 2023.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

_EXPONENTS: Final = np.linspace(0.05, 2.0, 79)
# A few points do not determine the exponent, so it is regularised towards a typical value: being
# off by a factor of e costs as much as an error of 0.01 at every point.
_USUAL_EXPONENT = 0.5
_PENALTY = 1e-4


@dataclass(frozen=True)
class PowerLaw:
    """An error of ``floor + factor * size ** -exponent``; none of the three is negative.

    Examples
    --------
    >>> law = PowerLaw(floor=0.05, factor=1.0, exponent=0.5)
    >>> round(law.at(100), 2), round(law.ratio(100, 400), 2)
    (0.15, 0.67)
    """

    floor: float
    factor: float
    exponent: float

    def at(self, size: float) -> float:
        """Return the error at a size."""
        return self.floor + self.factor * float(size**-self.exponent)

    def ratio(self, size: float, later: float) -> float:
        """Return the error at ``later`` as a share of the error at ``size``, 0 to 1."""
        before = self.at(size)
        return self.at(later) / before if before > 0 else 1.0


def fit_power_law(sizes: ArrayLike, errors: ArrayLike) -> PowerLaw:
    """Fit a power law by weighted least squares, with weights proportional to size.

    For each exponent of a grid, floor and factor have a closed form; if one would be negative, it
    is set to 0 and the other is refitted. Exponents near 0.5 are preferred.

    Parameters
    ----------
    sizes
        Positive, increasing sizes, shape (points,); at least two points.
    errors
        Error at each size, 0 to 1, shape (points,).

    Returns
    -------
    PowerLaw
        The law with the lowest weighted squared error, including the penalty for unusual exponents.

    Examples
    --------
    >>> law = fit_power_law([100, 200, 400, 800], [0.4, 0.283, 0.2, 0.141])
    >>> round(law.floor, 2), round(law.exponent, 2), round(law.at(1600), 2)
    (0.0, 0.5, 0.1)
    """
    x, y = np.asarray(sizes, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    unit, weight = x / x[-1], x / x.sum()
    powers = unit[:, None] ** -_EXPONENTS
    floor, factor = _straight_lines(powers, y, weight)
    penalty = np.log(_EXPONENTS / _USUAL_EXPONENT) ** 2
    losses = weight @ (y[:, None] - floor - factor * powers) ** 2 + _PENALTY * penalty
    best = int(np.argmin(losses))
    exponent = float(_EXPONENTS[best])
    return PowerLaw(float(floor[best]), float(factor[best] * x[-1] ** exponent), exponent)


def _straight_lines(
    powers: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the non-negative intercept and slope of a line over each column of ``powers``."""
    mean_x, mean_y = weight @ powers, weight @ y
    centred = powers - mean_x
    slope = np.maximum(weight @ (centred * (y - mean_y)[:, None]) / (weight @ centred**2), 0.0)
    intercept = mean_y - slope * mean_x
    through_zero = weight @ (powers * y[:, None]) / (weight @ powers**2)
    return np.maximum(intercept, 0.0), np.where(intercept < 0, through_zero, slope)
