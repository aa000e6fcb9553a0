"""Whether a fit uses cross-fitting or a single held-out test set, and why."""

from dataclasses import dataclass

from tunesmith.datasets.training_data import TrainingData
from tunesmith.fitting.settings import TEST_SHARE, Settings
from tunesmith.wording import plural

FOLDS = 5
ENOUGH_ROWS = 5_000
"""From this number of rows, a fifth of them is a large enough test set."""
_DISCORDANT = 0.15


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


def _against(data: TrainingData, settings: Settings) -> str:
    """Return why the automatic choice is a single held-out set, or an empty string."""
    if data.validation is not None:
        return "the validation file chooses the candidate"
    if settings.adaptation is not None:
        return "every fold would have to adapt the base again"
    if settings.int8:
        return "int8 weights are checked on a held-out test set"
    if len(data.examples) >= ENOUGH_ROWS:
        width = 1.96 * (_DISCORDANT / (TEST_SHARE * len(data.examples))) ** 0.5
        return f"a fifth of {len(data.examples):,} rows gives an interval of about ±{width:.3f}"
    return ""
