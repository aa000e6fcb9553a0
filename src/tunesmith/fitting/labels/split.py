"""The three sides of a fit: train, validation and the sealed test."""

from dataclasses import dataclass

from tunesmith.data.splits.near_duplicates import groups
from tunesmith.data.splits.split import split
from tunesmith.datasets.training_data import Material
from tunesmith.errors import DataError
from tunesmith.fitting.labels.task import WithLabels, with_labels
from tunesmith.fitting.settings import TEST_SHARE, VALIDATION_SHARE


@dataclass(frozen=True, eq=False)
class Sides:
    """Three sets of examples that share no text, nor nearly the same text."""

    train: WithLabels
    validation: WithLabels
    test: WithLabels


def divide(material: Material, seed: int) -> Sides:
    """Divide the examples; the user's own test and validation files stay as they are."""
    examples = with_labels(material.examples)
    division = split(
        examples,
        seed=seed,
        test=TEST_SHARE if material.test is None else 0.0,
        validation=VALIDATION_SHARE if material.validation is None else 0.0,
        groups=groups(examples.texts()),
    )
    sides = Sides(
        examples.take(division.train),
        with_labels(material.validation or examples.take(division.validation)),
        with_labels(material.test or examples.take(division.test)),
    )
    for name, side in (
        ("training", sides.train),
        ("validation", sides.validation),
        ("test", sides.test),
    ):
        if not len(side):
            raise DataError(
                f"{material.inspection.name} has too few rows for a {name} side: add examples, "
                "or give --test and --validation files"
            )
    return sides
