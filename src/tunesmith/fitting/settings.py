"""What a fit is asked for, checked."""

from dataclasses import dataclass

from tunesmith.errors import UsageError
from tunesmith.fitting.budget import parse_duration

GOALS = ("classify", "search")


@dataclass(frozen=True)
class Settings:
    """What a fit was asked for.

    Parameters
    ----------
    base
        Name or folder of the model to start from.
    budget
        Seconds.
    goal
        ``"classify"`` or ``"search"``.
    seed
        Of the split, the training and the intervals.
    folds
        0 for one sealed test.
    int8
        Keep weights of 8 bits too, where the sealed test allows it.
    """

    base: str
    budget: float
    goal: str
    seed: int
    folds: int
    int8: bool = False


def make_settings(
    base: str, budget: str | float, goal: str, seed: int, folds: int | None, *, int8: bool = False
) -> Settings:
    """Return the settings.

    Raises
    ------
    UsageError
        When one of them is out of range.
    """
    if goal not in GOALS:
        raise UsageError(f"a model is fitted for {' or '.join(GOALS)}, not for {goal!r}")
    if folds is not None and folds < 2:
        raise UsageError(f"folds must be 2 or more, not {folds}")
    if not 0 <= seed < 2**31:
        raise UsageError(f"seed must be a number from 0 to {2**31 - 1}, not {seed}")
    if int8 and folds:
        raise UsageError("int8 is judged on a sealed test, and folds have none: leave one of them")
    return Settings(base, parse_duration(budget), goal, seed, folds or 0, int8)
