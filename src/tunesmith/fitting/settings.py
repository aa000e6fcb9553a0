"""Settings of a fit, and their validation."""

from dataclasses import dataclass
from typing import get_args

from tunesmith.errors import UsageError
from tunesmith.kinds import CorpusType
from tunesmith.recipes.registry import RECIPES

ADAPT, GPL = "adapt", "gpl"
GOALS = ("classify", "search")


@dataclass(frozen=True)
class Settings:
    """Settings of a fit.

    Parameters
    ----------
    base
        Name or folder of the base model.
    budget
        Time budget in seconds; None for no limit.
    goal
        Metric to optimise: ``"classify"`` or ``"search"``.
    seed
        Random seed for splitting, training and resampling.
    folds
        Number of cross-validation folds; 0 for a single held-out test set.
    int8
        Also quantize to int8 if test accuracy holds.
    recipe
        Training recipe; ``"auto"`` chooses by the data, ``"adapt"`` does the same after adapting
        the base to the domain.
    first
        Recipe for domain adaptation.
    judge, generator
        Cross-encoder and text-to-text model for the recipe ``gpl``; empty if not used.
    corpus_type
        Whether unseen documents will be added to the corpus: ``"open"`` or ``"closed"``.
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
        """Whether the base is adapted to the domain first."""
        return self.recipe == ADAPT


def check_settings(settings: Settings) -> Settings:
    """Return the settings if they are valid.

    Raises
    ------
    UsageError
        A setting is out of range, or two contradict each other.
    """
    if settings.goal not in GOALS:
        raise UsageError(f"the goal must be {' or '.join(GOALS)}, not {settings.goal!r}")
    if settings.folds == 1 or settings.folds < 0:
        raise UsageError(f"folds must be 2 or more, not {settings.folds}")
    if not 0 <= settings.seed < 2**31:
        raise UsageError(f"seed must be an integer from 0 to {2**31 - 1}, not {settings.seed}")
    if settings.int8 and settings.folds:
        raise UsageError(
            "int8 is checked on a held-out test set, and folds have none: omit --int8 or --folds"
        )
    if settings.corpus_type not in get_args(CorpusType):
        raise UsageError(
            f"the corpus type must be {' or '.join(get_args(CorpusType))}, not "
            f"{settings.corpus_type!r}"
        )
    _check_recipes(settings)
    return settings


def _check_recipes(settings: Settings) -> None:
    for name, more in ((settings.recipe, ("auto", ADAPT)), (settings.first, ("auto",))):
        if name not in {*more, *RECIPES}:
            known = ", ".join((*more, *RECIPES))
            raise UsageError(f"there is no recipe {name!r}: use one of {known}")
    if (settings.judge or settings.generator) and settings.recipe != GPL:
        raise UsageError("--judge and --generator are for the recipe gpl only: add --recipe gpl")
    if settings.recipe == GPL and not settings.judge:
        raise UsageError(
            "the recipe gpl needs a cross-encoder to score query–passage pairs: give its folder "
            "with --judge"
        )
    if settings.first == GPL:
        raise UsageError(
            "gpl needs a cross-encoder, so it works only as --recipe: choose another --first"
        )
    if settings.first != "auto" and not settings.adapts:
        raise UsageError("--first is for domain adaptation only: add --recipe adapt")


TEST_SHARE = 0.2


VALIDATION_SHARE = 0.15
