"""When a candidate is given up between two folds: it is too slow, or it cannot win any more."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tunesmith.evaluation.comparison import Comparison
from tunesmith.fitting.task import Abandoned
from tunesmith.results.summary import Outcome, Rung, RungStatus
from tunesmith.stop import Stop
from tunesmith.watching import Progress, current_watcher

FOLDS = "Folds"
FOLDS_BEFORE_DROPPING = 2
# Later folds may be faster than the ones so far.
_PATIENCE = 1.1


@dataclass(frozen=True)
class FoldTimes:
    """How long the finished folds of a candidate took, to tell how long the rest will take.

    Parameters
    ----------
    seconds
        Time that the finished folds have taken.
    done, count
        Number of finished folds, and of all.
    whole
        Time of the training on all rows, in folds.

    Examples
    --------
    >>> FoldTimes(20.0, 2, 5, whole=1.25).needed
    42.5
    """

    seconds: float
    done: int
    count: int
    whole: float = 1.0

    @property
    def needed(self) -> float:
        """Seconds for the other folds and the training on all rows."""
        return (self.count - self.done + self.whole) * self.seconds / self.done

    def fit(self, stop: Stop) -> bool:
        """Return whether the rest fits the time that a token leaves."""
        return stop.left is None or self.needed <= stop.left * _PATIENCE


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


def check_time(stop: Stop, rung: Rung, times: FoldTimes) -> None:
    """Give a candidate up if its other folds and the training on all rows do not fit the time.

    Parameters
    ----------
    stop
        Token of the fit, with the time limit.
    rung
        The candidate.
    times
        How long its folds took.

    Raises
    ------
    Abandoned
        There is too little time.
    """
    if rung.name != "base" and not times.fit(stop):
        raise Abandoned(
            RungStatus.SKIPPED,
            f"too slow for the budget: after {times.done} of {times.count} folds it needs "
            f"{times.needed:.0f} s more, and {stop.left:.0f} s are left",
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


@contextmanager
def reporting_folds(count: int) -> Iterator[Callable[[int], None]]:
    """Yield a function that reports the number of finished folds to the watcher, if there is one.

    It never ends the block, as other reports of progress may: a finished fold is kept.

    Examples
    --------
    >>> from tunesmith.watching import watching
    >>> def watcher(event):
    ...     print(event.title, event.done, event.total, event.ended)
    >>> with watching(watcher), reporting_folds(3) as report:
    ...     report(1)
    Folds 0 3 False
    Folds 1 3 False
    Folds 1 3 True
    """
    watcher, done = current_watcher(), 0

    def report(number: int, *, ended: bool = False) -> None:
        nonlocal done
        done = number
        if watcher is not None:
            watcher(Progress(FOLDS, number, count, ended=ended))

    report(0)
    try:
        yield report
    finally:
        report(done, ended=True)
