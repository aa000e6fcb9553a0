"""When a candidate is given up between two folds: it is too slow, or it cannot win any more."""

from collections.abc import Callable

from tunesmith.evaluation.comparison import Comparison
from tunesmith.fitting.task import Abandoned
from tunesmith.results.summary import Outcome, Rung, RungStatus
from tunesmith.stop import Stop

FOLDS_BEFORE_DROPPING = 2
# Later folds may be faster than the ones so far.
_PATIENCE = 1.1


def overrun_check(stop: Stop, rung: Rung) -> Callable[[], None]:
    """Return a check for the steps of a training: it ends one that goes on after the time limit.

    The base is never given up, because every comparison needs it.

    Parameters
    ----------
    stop
        Token of the fit, with the time limit.
    rung
        The candidate in training.
    """

    def check() -> None:
        stop.check()
        if stop.late and rung.name != "base":
            raise Abandoned(RungStatus.SKIPPED, "too slow for the budget")

    return check


def check_time(stop: Stop, rung: Rung, seconds: float, done: int, count: int) -> None:
    """Give a candidate up if its other folds and the training on all rows do not fit the time.

    Parameters
    ----------
    stop
        Token of the fit, with the time limit.
    rung
        The candidate.
    seconds
        Time that its folds have taken.
    done, count
        Number of finished folds, and of all.

    Raises
    ------
    Abandoned
        There is too little time.
    """
    left = stop.left
    needed = (count - done + 1) * seconds / done
    if rung.name != "base" and left is not None and needed > left * _PATIENCE:
        raise Abandoned(
            RungStatus.SKIPPED,
            f"too slow for the budget: after {done} of {count} folds it needs {needed:.0f} s more, "
            f"and {left:.0f} s are left",
        )


def check_race(comparison: Comparison, metric: str, best: str, folds: str) -> None:
    """Give a candidate up if it is proven worse than the best one so far.

    Parameters
    ----------
    comparison
        The best candidate and this one on the rows of the finished folds.
    metric
        The metric that chooses.
    best
        Name of the best candidate.
    folds
        The finished folds in words.

    Raises
    ------
    Abandoned
        It is proven worse.
    """
    change = comparison.change(metric)
    if change.outcome is Outcome.WORSE:
        raise Abandoned(
            RungStatus.DROPPED,
            f"after {folds} significantly worse than {best} "
            f"({change.tuned:.3f} instead of {change.base:.3f})",
        )
