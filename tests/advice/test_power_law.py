"""Power laws are recovered, and fits to other errors stay within valid limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.advice.power_law import PowerLaw, fit_power_law

SIZES = np.array([100.0, 200.0, 400.0, 800.0])


@given(floor=st.floats(0, 0.3), part=st.floats(0.05, 0.7), exponent=st.floats(0.25, 1.5))
def test_an_exact_law_is_recovered(floor: float, part: float, exponent: float) -> None:
    """The forecast is within 0.02; it is not exact, as typical exponents are preferred."""
    law = PowerLaw(floor, part * 100**exponent, exponent)
    found = fit_power_law(SIZES, [law.at(size) for size in SIZES])
    assert law.at(800) * found.ratio(800, 1600) == pytest.approx(law.at(1600), abs=0.02)


@given(error=st.floats(0.1, 0.9), ratio=st.floats(0.3, 0.999))
def test_two_points_are_extrapolated(error: float, ratio: float) -> None:
    """A decrease is expected to continue, but not faster than before."""
    left = fit_power_law([1, 2], [error, ratio * error]).ratio(2, 4)
    assert ratio - 0.02 <= left <= (1 + ratio) / 2 + 0.02


@given(errors=st.lists(st.floats(0, 1), min_size=2, max_size=6))
def test_any_errors_give_a_decreasing_law(errors: list[float]) -> None:
    """No parameter is negative, and the remaining share of the error is at most 1."""
    law = fit_power_law(2.0 ** np.arange(len(errors)), errors)
    assert min(law.floor, law.factor, law.exponent) >= 0
    last = 2.0 ** (len(errors) - 1)
    assert 0 <= law.ratio(last, 2 * last) <= 1 + 1e-12
    assert law.ratio(last, 4 * last) <= law.ratio(last, 2 * last) + 1e-12


@given(errors=st.lists(st.floats(0.01, 1), min_size=3, max_size=4), times=st.floats(0.5, 100))
def test_only_the_ratio_of_sizes_matters(errors: list[float], times: float) -> None:
    """The unit of the sizes does not matter."""
    sizes = 2.0 ** np.arange(len(errors))
    one, other = fit_power_law(sizes, errors), fit_power_law(times * sizes, errors)
    ends = sizes[-1], 2 * sizes[-1]
    assert one.ratio(*ends) == pytest.approx(other.ratio(*(times * end for end in ends)), abs=1e-9)


def test_increasing_errors_give_a_constant_forecast() -> None:
    """More rows are never expected to do harm."""
    assert fit_power_law(SIZES, [0.2, 0.25, 0.3, 0.35]).ratio(800, 1600) == pytest.approx(1)


def test_zero_error_stays_zero() -> None:
    """A perfect score is expected to stay perfect."""
    law = fit_power_law(SIZES, np.zeros(4))
    assert law.at(1600) == 0
    assert law.ratio(800, 1600) == 1
