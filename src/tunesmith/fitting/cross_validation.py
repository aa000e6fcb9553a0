"""Whether a fit uses cross-fitting or a single held-out test set, and why."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tunesmith.datasets.training_data import TrainingData
from tunesmith.fitting.settings import TEST_SHARE, Settings, recipe_name
from tunesmith.kinds import Kind
from tunesmith.wording import plural

FOLDS, FEWER_FOLDS = 5, (3, 2)
MOST_OF_THE_BUDGET = 0.8
"""The share of the budget that the first candidate that trains weights may take."""
ENOUGH_ROWS = 5_000
"""From this number of rows, a fifth of them is a large enough test set."""
FEWEST_PAIRS = 50
"""With fewer rows of pairs, a fold is too small to be evaluated."""
_DISCORDANT = 0.15
STAGES = ("augmented", "gpl")
"""Recipes of several stages, which are not run in every fold."""


@dataclass(frozen=True)
class CrossValidation:
    """How a fit is tested.

    Parameters
    ----------
    folds
        Number of folds; 0 for a single held-out test set.
    reason
        Why, as a clause.
    flexible
        Whether slow candidates may be trained in fewer folds.
    """

    folds: int
    reason: str
    flexible: bool = False


def decide_folds(data: TrainingData, settings: Settings) -> CrossValidation:
    """Return how a fit on this data is tested.

    Parameters
    ----------
    data
        Training data, with the user's own validation and test data.
    settings
        Settings of the fit.
    """
    wanted = settings.cross_validate
    if wanted == "off":
        return CrossValidation(0, "as requested")
    if isinstance(wanted, int):
        return CrossValidation(wanted, "as requested")
    against = _against(data, settings)
    if against:
        return CrossValidation(0, against)
    rows = plural(len(data.examples), "row")
    reason = f"with only {rows}, a held-out test set would be too small"
    return CrossValidation(FOLDS, reason, flexible=True)


def within_budget(
    folding: CrossValidation, seconds: Callable[[int], float], budget: float
) -> CrossValidation:
    """Return the largest number of folds in which the budget allows weights to be trained.

    If it allows a single training only, there are no folds. If it allows none, the folds are kept
    for the candidates that train no weights.

    Parameters
    ----------
    folding
        The automatic choice.
    seconds
        Estimated seconds of the fastest training of weights in a number of folds and on all rows.
    budget
        Time budget in seconds.

    Examples
    --------
    >>> five = CrossValidation(5, "few rows", flexible=True)
    >>> [
    ...     within_budget(five, lambda count: (count + 1) * once, 300).folds
    ...     for once in (20, 50, 200, 900)
    ... ]
    [5, 3, 0, 5]
    """
    available = MOST_OF_THE_BUDGET * budget
    for count in (folding.folds, *FEWER_FOLDS):
        if seconds(count) <= available:
            return replace(folding, folds=count)
    if seconds(0) <= available:
        return CrossValidation(0, "the budget allows weights to be trained once, not in folds")
    return folding


def describe_folding(folding: CrossValidation) -> str:
    """Return how a fit is tested, and why, for the user.

    Examples
    --------
    >>> describe_folding(CrossValidation(0, "as requested"))
    'one held-out test set: as requested'
    """
    if not folding.folds:
        return f"one held-out test set: {folding.reason}"
    return f"cross-validation in {folding.folds} folds: {folding.reason}"


def _against(data: TrainingData, settings: Settings) -> str:
    """Return why the automatic choice is a single held-out set, or an empty string."""
    rows = len(data.examples)
    stages = recipe_name(settings.training) in STAGES
    width = 1.96 * (_DISCORDANT / (TEST_SHARE * rows)) ** 0.5
    reasons = (
        (data.validation is not None, "the validation file chooses the candidate"),
        (settings.adaptation is not None, "every fold would have to adapt the base again"),
        (
            data.examples.kind is Kind.TEXTS,
            "unlabelled text cannot prove a gain, with or without folds",
        ),
        (not data.labelled and rows < FEWEST_PAIRS, f"there are fewer than {FEWEST_PAIRS} rows"),
        (stages, "every fold would have to run all stages of the recipe"),
        (settings.int8, "int8 weights are checked on a held-out test set"),
        (
            rows >= ENOUGH_ROWS,
            f"a fifth of {rows:,} rows gives an interval of about ±{width:.3f}",
        ),
    )
    return next((reason for applies, reason in reasons if applies), "")
