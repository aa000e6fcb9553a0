"""Whether a fit uses cross-fitting or a single held-out test set, and why."""

from dataclasses import dataclass

from tunesmith.datasets.training_data import TrainingData
from tunesmith.fitting.settings import TEST_SHARE, Settings
from tunesmith.kinds import Kind
from tunesmith.wording import plural

FOLDS = 5
ENOUGH_ROWS = 5_000
"""From this number of rows, a fifth of them is a large enough test set."""
FEWEST_PAIRS = 50
"""With fewer rows of pairs, a fold is too small to be evaluated."""
_DISCORDANT = 0.15
_STAGES = ("augmented", "gpl")


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
    rows = f"{plural(len(data.examples), 'row')} are few"
    return CrossValidation(
        FOLDS, f"{rows}, so each is predicted by models that were not trained on it", flexible=True
    )


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
    rows, recipe = len(data.examples), settings.training
    stages = not isinstance(recipe, str) and recipe.name in _STAGES
    width = 1.96 * (_DISCORDANT / (TEST_SHARE * rows)) ** 0.5
    reasons = (
        (data.validation is not None, "the validation file chooses the candidate"),
        (settings.adaptation is not None, "every fold would have to adapt the base again"),
        (data.examples.kind is Kind.TEXTS, "unlabelled text proves nothing in folds either"),
        (not data.labelled and rows < FEWEST_PAIRS, f"there are fewer than {FEWEST_PAIRS} rows"),
        (stages, "every fold would have to run all stages of the recipe"),
        (settings.int8, "int8 weights are checked on a held-out test set"),
        (
            rows >= ENOUGH_ROWS,
            f"a fifth of {rows:,} rows gives an interval of about ±{width:.3f}",
        ),
    )
    return next((reason for applies, reason in reasons if applies), "")
