"""Which models were fitted on rows of a data set, so that a comparison on it can say so."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tunesmith.datasets.inspection import inspect
from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.errors import UnknownModel
from tunesmith.kinds import Examples
from tunesmith.models.model import find
from tunesmith.models.seen import SeenTexts, read_seen


@dataclass(frozen=True)
class TrainingOverlap:
    """How many rows of a data set a model has seen in its fit.

    Parameters
    ----------
    model
        The model, as it was given.
    rows
        Number of rows of the data set.
    trained, tested
        Rows that it was trained or validated on, and rows of its held-out test set; None if it is
        not known which texts it was fitted on, as for a base model.

    Examples
    --------
    >>> TrainingOverlap("tuned", rows=10, trained=8, tested=2).known
    True
    """

    model: str
    rows: int
    trained: int | None
    tested: int | None

    @property
    def known(self) -> bool:
        """Whether it is known which texts the model was fitted on."""
        return self.trained is not None


def training_overlap(models: Sequence[str | Path], data: object) -> tuple[TrainingOverlap, ...]:
    """Return how many rows of a data set each model has seen in its fit.

    Parameters
    ----------
    models
        Names, ids or folders of models.
    data
        As for :func:`tunesmith.evaluate`.

    Raises
    ------
    DataError
        The data cannot be read.

    Examples
    --------
    >>> training_overlap(["all-MiniLM-L6-v2"], "examples/tickets.csv")[0].known
    False
    """
    examples = inspect(data, base=DEFAULT_BASE).examples
    return tuple(_overlap(str(model), _seen(model), examples) for model in models)


def _seen(model: str | Path) -> SeenTexts | None:
    with suppress(UnknownModel):
        return read_seen(find(model))
    return None


def _overlap(model: str, seen: SeenTexts | None, examples: Examples) -> TrainingOverlap:
    rows = len(examples)
    if seen is None:
        return TrainingOverlap(model, rows, None, None)
    trained, tested = seen.rows(examples)
    return TrainingOverlap(model, rows, int(trained.sum()), int(tested.sum()))
