"""Rules for accepting a text as a negative."""

from dataclasses import dataclass
from typing import Literal, get_args

from tunesmith.errors import UsageError

Mode = Literal["hard", "semi-hard", "easy"]
_FURTHEST = 2.0  # the largest possible difference of two cosines


@dataclass(frozen=True)
class Rules:
    """Which texts may be negatives, and how many.

    Parameters
    ----------
    mode
        ``"hard"``: the most similar texts. ``"semi-hard"``: the most similar texts that are less
        similar than the positive, but by less than the margin (Schroff et al. 2015,
        https://arxiv.org/abs/1503.03832, with cosines for distances). ``"easy"``: random texts.
    negatives
        Maximum number of negatives per pair.
    skip_top
        Number of most similar candidates to skip.
    depth
        Number of candidates to consider, including skipped ones.
    margin
        Minimum difference between the similarities of positive and negative, from -2 (keeps all) to
        2. For semi-hard negatives, the maximum difference.
    relative_margin
        Minimum difference relative to the positive's similarity (Moreira et al. 2024,
        https://arxiv.org/abs/2407.15831, use 0.05).
    max_similarity, min_similarity
        Maximum and minimum similarity of a negative.
    max_judge_score
        Maximum score of a negative by the judge, 0 to 1.

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
    skip_top: int = 0
    depth: int = 100
    margin: float = 0.05
    relative_margin: float | None = None
    max_similarity: float | None = None
    min_similarity: float | None = None
    max_judge_score: float = 0.5

    def __post_init__(self) -> None:
        self._check_mode()
        self._within("negatives", "negatives", 1, None)
        self._within("skip_top", "number of skipped texts", 0, None)
        self._within("margin", "margin", -_FURTHEST, _FURTHEST)
        self._within("relative_margin", "relative margin", 0, 1)
        self._within("max_similarity", "maximum similarity", -1, 1)
        self._within("min_similarity", "minimum similarity", -1, 1)
        self._within("max_judge_score", "maximum judge score", 0, 1)
        self._check_together()

    def _check_mode(self) -> None:
        if self.mode not in get_args(Mode):
            known = ", ".join(get_args(Mode))
            raise UsageError(
                f"there is no mode {self.mode!r}", hint=f"give one of {known}", option="mode"
            )

    def _check_together(self) -> None:
        least = self.skip_top + self.negatives
        if least > self.depth:
            raise UsageError(
                f"a depth of {self.depth} is too small for {self.negatives} negatives after "
                f"{self.skip_top} skipped candidates",
                hint=f"give a depth of {least} or more",
                option="depth",
            )
        low, high = self.min_similarity, self.max_similarity
        if low is not None and high is not None and low >= high:
            raise UsageError(
                f"no similarity is above {low:g} and below {high:g}",
                hint="give a minimum below the maximum",
                option="min_similarity",
            )
        if self.mode == "semi-hard" and self.margin <= 0:
            raise UsageError(
                f"semi-hard negatives need a margin below the positive, but the margin is "
                f"{self.margin:g}",
                hint="give a margin above 0",
                option="margin",
            )
        if self.mode == "easy" and self.skip_top:
            raise UsageError(
                "easy negatives are random and have no rank",
                hint="leave skip_top out",
                option="skip_top",
            )

    def _within(self, option: str, name: str, low: float, high: float | None) -> None:
        value = getattr(self, option)
        if value is None or (low <= value and (high is None or value <= high)):
            return
        allowed = f"of at least {low:g}" if high is None else f"from {low:g} to {high:g}"
        raise UsageError(f"the {name} is {value:g}", hint=f"give a number {allowed}", option=option)


DEFAULT_RULES = Rules()
