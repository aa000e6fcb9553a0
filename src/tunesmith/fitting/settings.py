"""What a fit is asked for, checked."""

from dataclasses import dataclass
from typing import get_args

from tunesmith.errors import UsageError
from tunesmith.kinds import CorpusType
from tunesmith.recipes.registry import RECIPES

ADAPT, GPL = "adapt", "gpl"
GOALS = ("classify", "search")


@dataclass(frozen=True)
class Settings:
    """What a fit was asked for.

    Parameters
    ----------
    base
        Name or folder of the model to start from.
    budget
        Seconds; None for no limit.
    goal
        ``"classify"`` or ``"search"``.
    seed
        Of the split, the training and the intervals.
    folds
        0 for one sealed test.
    int8
        Keep weights of 8 bits too, where the sealed test allows it.
    recipe
        What trains weights on pairs; ``"auto"`` chooses by the data, ``"adapt"`` does so too, after
        the base was trained on the domain.
    first
        What trains the base on the domain then.
    judge, generator
        The cross-encoder, and the text-to-text model, of the recipe ``gpl``; empty for none.
    corpus_type
        Whether documents without training queries count.
    """

    base: str
    budget: float | None
    goal: str
    seed: int
    folds: int
    int8: bool = False
    recipe: str = "auto"
    corpus_type: CorpusType = "open"
    first: str = "auto"
    judge: str = ""
    generator: str = ""

    @property
    def adapts(self) -> bool:
        """Whether the base is trained on the domain first."""
        return self.recipe == ADAPT


def check_settings(settings: Settings) -> Settings:
    """Return the settings.

    Raises
    ------
    UsageError
        When one of them is out of range, or two do not go together.
    """
    if settings.goal not in GOALS:
        raise UsageError(f"a model is fitted for {' or '.join(GOALS)}, not for {settings.goal!r}")
    if settings.folds == 1 or settings.folds < 0:
        raise UsageError(f"folds must be 2 or more, not {settings.folds}")
    if not 0 <= settings.seed < 2**31:
        raise UsageError(f"seed must be a number from 0 to {2**31 - 1}, not {settings.seed}")
    if settings.int8 and settings.folds:
        raise UsageError(
            "int8 is judged on a sealed test, and folds have none: leave out --int8 or --folds"
        )
    if settings.corpus_type not in get_args(CorpusType):
        raise UsageError(
            f"a corpus is {' or '.join(get_args(CorpusType))}, not {settings.corpus_type!r}"
        )
    _check_recipes(settings)
    return settings


def _check_recipes(settings: Settings) -> None:
    for name, more in ((settings.recipe, ("auto", ADAPT)), (settings.first, ("auto",))):
        if name not in {*more, *RECIPES}:
            known = ", ".join((*more, *RECIPES))
            raise UsageError(f"there is no recipe {name!r}: give one of {known}")
    if (settings.judge or settings.generator) and settings.recipe != GPL:
        raise UsageError("a judge and a generator are what gpl needs: give --recipe gpl too")
    if settings.recipe == GPL and not settings.judge:
        raise UsageError(
            "gpl needs a cross-encoder that says what answers a query: give --judge with its folder"
        )
    if settings.first == GPL:
        raise UsageError(
            "gpl needs a judge, so it is a --recipe of its own: choose another --first"
        )
    if settings.first != "auto" and not settings.adapts:
        raise UsageError("--first says how a base is adapted: give --recipe adapt too")


TEST_SHARE = 0.2


VALIDATION_SHARE = 0.15
