"""Settings of a fit, and their validation."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.errors import UsageError
from tunesmith.kinds import CorpusType
from tunesmith.recipes.adaptation import Adaptation
from tunesmith.recipes.registry import RECIPES

if TYPE_CHECKING:
    from tunesmith.recipes.training.recipe import Recipe

ADAPT, AUTO, GPL, OFF = "adapt", "auto", "gpl", "off"
FEWEST_FOLDS = 2
KEEP = (AUTO, "proven", "likely")
CrossValidate: TypeAlias = int | str
GOALS = ("classify", "search")
TEST_SHARE = 0.2
VALIDATION_SHARE = 0.15


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
    cross_validate
        ``"auto"`` predicts every row by models that were not trained on it (five folds) where rows
        are few; a number of folds, or ``"off"`` for a single held-out test set.
    keep
        When the chosen candidate replaces the base: ``"proven"`` if it is proven better,
        ``"likely"`` also if it is better with a probability of 0.8; ``"auto"`` means likely for
        classification. Where vectors may be stored elsewhere (pairs, search), only a proven gain is
        worth embedding everything again.
    int8
        Also quantize to int8 if test accuracy holds.
    recipe
        Training recipe: a name, a recipe object with its own settings, or an
        :class:`~tunesmith.recipes.Adaptation`; ``"auto"`` chooses by the data, ``"adapt"`` does the
        same after adapting the base to the training texts.
    corpus_type
        Whether unseen documents will be added to the corpus: ``"open"`` or ``"closed"``.

    Examples
    --------
    >>> Settings(recipe="adapt", budget=60).adaptation is not None
    True
    """

    base: str = DEFAULT_BASE
    budget: float | None = 300.0
    goal: str = "classify"
    seed: int = 0
    cross_validate: CrossValidate = AUTO
    keep: str = AUTO
    int8: bool = False
    recipe: "str | Recipe | Adaptation" = AUTO
    corpus_type: CorpusType = "open"

    @property
    def adaptation(self) -> Adaptation | None:
        """The domain adaptation that comes first, or None."""
        if isinstance(self.recipe, Adaptation):
            return self.recipe
        return Adaptation() if self.recipe == ADAPT else None

    @property
    def training(self) -> "str | Recipe":
        """The recipe that trains on the file's own examples, after any adaptation."""
        if self.adaptation is not None:
            return self.adaptation.recipe
        assert not isinstance(self.recipe, Adaptation)
        return self.recipe

    @property
    def facts(self) -> dict[str, Any]:
        """Everything in the settings that determines the outcome, as JSON values."""
        adaptation = self.adaptation
        return {
            "budget": self.budget,
            "goal": self.goal,
            "seed": self.seed,
            "cross_validate": self.cross_validate,
            "keep": self.keep,
            "int8": self.int8,
            "recipe": repr(self.training),
            "first": "" if adaptation is None else repr(adaptation.first),
            "corpus_type": self.corpus_type,
        }


def recipe_name(recipe: "str | Recipe") -> str:
    """Return the name of a recipe in :data:`~tunesmith.recipes.RECIPES`, or ``"auto"``."""
    return recipe if isinstance(recipe, str) else recipe.name


def check_settings(settings: Settings) -> Settings:
    """Return the settings if they are valid.

    Raises
    ------
    UsageError
        A setting is out of range, or two contradict each other.
    """
    if settings.goal not in GOALS:
        raise UsageError(
            f"the goal must be {' or '.join(GOALS)}, not {settings.goal!r}", option="goal"
        )
    _check_testing(settings)
    if not 0 <= settings.seed < 2**31:
        raise UsageError(
            f"seed must be an integer from 0 to {2**31 - 1}, not {settings.seed}", option="seed"
        )
    if settings.corpus_type not in get_args(CorpusType):
        raise UsageError(
            f"the corpus type must be {' or '.join(get_args(CorpusType))}, not "
            f"{settings.corpus_type!r}",
            option="corpus_type",
        )
    _check_recipes(settings)
    return settings


def _check_testing(settings: Settings) -> None:
    folds = settings.cross_validate
    if folds not in (AUTO, OFF) and not (isinstance(folds, int) and folds >= FEWEST_FOLDS):
        raise UsageError(
            f"cross-validation needs 2 folds or more, {AUTO} or {OFF}, not {folds!r}",
            option="cross_validate",
        )
    if settings.int8 and isinstance(folds, int):
        raise UsageError(
            "int8 is checked on a held-out test set, and folds have none",
            hint="omit `int8` or `cross_validate`",
            option="int8",
        )
    if settings.keep not in KEEP:
        raise UsageError(
            f"keep must be one of {', '.join(KEEP)}, not {settings.keep!r}", option="keep"
        )


def _check_recipes(settings: Settings) -> None:
    adaptation = settings.adaptation
    first = AUTO if adaptation is None else adaptation.first
    for recipe in (settings.training, first):
        if recipe_name(recipe) not in {AUTO, *RECIPES}:
            known = ", ".join((AUTO, ADAPT, *RECIPES))
            raise UsageError(
                f"there is no recipe {recipe_name(recipe)!r}",
                hint=f"use one of {known}",
                option="recipe",
            )
    if settings.training == GPL:
        raise UsageError(
            "the recipe gpl needs a cross-encoder to score query–passage pairs",
            hint="give its folder with `judge`",
            option="judge",
        )
    if first == GPL:
        raise UsageError(
            "gpl needs a cross-encoder, so it works only as the recipe of the fit",
            hint="choose another `first`",
            option="first",
        )
