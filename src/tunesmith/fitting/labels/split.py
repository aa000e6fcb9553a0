"""Split labelled text into training, validation and held-out test sets."""

from dataclasses import dataclass

from tunesmith.data.splits.near_duplicates import groups
from tunesmith.data.splits.split import split
from tunesmith.datasets.training_data import TrainingData
from tunesmith.errors import DataError
from tunesmith.fitting.labels.task import WithLabels, with_labels
from tunesmith.fitting.settings import TEST_SHARE, VALIDATION_SHARE


@dataclass(frozen=True, eq=False)
class LabelledSplit:
    """Three sets of examples that share no equal or nearly equal texts."""

    train: WithLabels
    validation: WithLabels
    test: WithLabels


def split_labelled(data: TrainingData, seed: int) -> LabelledSplit:
    """Split the examples; the user's own test and validation files are used as they are.

    Returns
    -------
    LabelledSplit
        Training, validation and test examples.

    Raises
    ------
    DataError
        There are too few rows for one of the sets.

    Examples
    --------
    >>> from tunesmith.datasets.training_data import DataOptions, load_training_data
    >>> from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
    >>> from tunesmith.events import ignore
    >>> data = load_training_data("examples/tickets.csv", {}, DataOptions(), DEFAULT_BASE, ignore)
    >>> parts = split_labelled(data, seed=0)
    >>> len(parts.train), len(parts.validation), len(parts.test)
    (421, 97, 129)
    """
    examples = with_labels(data.examples)
    division = split(
        examples,
        seed=seed,
        test=TEST_SHARE if data.test is None else 0.0,
        validation=VALIDATION_SHARE if data.validation is None else 0.0,
        groups=groups(examples.texts()),
    )
    result = LabelledSplit(
        examples.take(division.train),
        with_labels(data.validation or examples.take(division.validation)),
        with_labels(data.test or examples.take(division.test)),
    )
    for name, part in (
        ("training", result.train),
        ("validation", result.validation),
        ("test", result.test),
    ):
        if not len(part):
            raise DataError(
                f"{data.inspection.name} has too few rows for a {name} set",
                hint="add examples, or give `test` and `validation` files",
                option="test",
            )
    return result
