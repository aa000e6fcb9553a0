"""The three sides of a fit: train, validation and the sealed test."""

from dataclasses import dataclass

from tunesmith.data.splits.near_duplicates import groups
from tunesmith.data.splits.split import split
from tunesmith.datasets.training_data import TrainingData
from tunesmith.errors import DataError
from tunesmith.fitting.labels.task import WithLabels, with_labels
from tunesmith.fitting.settings import TEST_SHARE, VALIDATION_SHARE


@dataclass(frozen=True, eq=False)
class LabelledSplit:
    """Three sets of examples that share no text, nor nearly the same text."""

    train: WithLabels
    validation: WithLabels
    test: WithLabels


def split_labelled(data: TrainingData, seed: int) -> LabelledSplit:
    """Divide the examples; the user's own test and validation files stay as they are."""
    examples = with_labels(data.examples)
    division = split(
        examples,
        seed=seed,
        test=TEST_SHARE if data.test is None else 0.0,
        validation=VALIDATION_SHARE if data.validation is None else 0.0,
        groups=groups(examples.texts()),
    )
    sides = LabelledSplit(
        examples.take(division.train),
        with_labels(data.validation or examples.take(division.validation)),
        with_labels(data.test or examples.take(division.test)),
    )
    for name, side in (
        ("training", sides.train),
        ("validation", sides.validation),
        ("test", sides.test),
    ):
        if not len(side):
            raise DataError(
                f"{data.inspection.name} has too few rows for a {name} side: add examples, "
                "or give --test and --validation files"
            )
    return sides
