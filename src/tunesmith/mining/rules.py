"""Rules for accepting a text as a negative."""

from dataclasses import dataclass
from typing import Literal, get_args

from tunesmith.errors import UsageError

Mode = Literal["hard", "semi-hard", "easy"]
_FURTHEST = 2.0  # the largest possible difference of two cosines


@dataclass(frozen=True)
class Rules:
    """Rules for negatives; the parameters are those of :func:`tunesmith.mining.mine`.

    Raises
    ------
    UsageError
        A parameter is out of range, or two parameters contradict each other.

    Examples
    --------
    >>> Rules(negatives=5).depth
    100
    """

    mode: Mode = "hard"
    negatives: int = 5
    skip: int = 0
    depth: int = 100
    margin: float = 0.05
    relative_margin: float | None = None
    highest: float | None = None
    lowest: float | None = None
    highest_judgement: float = 0.5

    def __post_init__(self) -> None:
        self._check_mode()
        _within("negatives", self.negatives, 1, None)
        _within("skip", self.skip, 0, None)
        _within("margin", self.margin, -_FURTHEST, _FURTHEST)
        _within("relative margin", self.relative_margin, 0, 1)
        _within("highest similarity", self.highest, -1, 1)
        _within("lowest similarity", self.lowest, -1, 1)
        _within("highest judgement", self.highest_judgement, 0, 1)
        self._check_together()

    def _check_mode(self) -> None:
        if self.mode not in get_args(Mode):
            known = ", ".join(get_args(Mode))
            raise UsageError(f"there is no mode {self.mode!r}: give one of {known}")

    def _check_together(self) -> None:
        least = self.skip + self.negatives
        if least > self.depth:
            raise UsageError(
                f"a depth of {self.depth} is too small for {self.negatives} negatives after "
                f"{self.skip} skipped candidates: give a depth of {least} or more"
            )
        low, high = self.lowest, self.highest
        if low is not None and high is not None and low >= high:
            raise UsageError(
                f"no similarity is above {low:g} and below {high:g}: "
                "give a lowest that is less than the highest"
            )
        if self.mode == "semi-hard" and self.margin <= 0:
            raise UsageError(
                f"semi-hard negatives need a margin below the positive, but the margin is "
                f"{self.margin:g}: give a margin above 0"
            )
        if self.mode == "easy" and self.skip:
            raise UsageError("easy negatives are random and have no rank: leave skip out")


def _within(name: str, value: float | None, low: float, high: float | None) -> None:
    if value is None or (low <= value and (high is None or value <= high)):
        return
    allowed = f"of {low:g} or more" if high is None else f"from {low:g} to {high:g}"
    raise UsageError(f"the {name} is {value:g}: give a number {allowed}")
