"""Whether a fit uses folds depends on the data and the settings, and the reason is given."""

from dataclasses import replace
from pathlib import Path

import pytest

from tunesmith.datasets.training_data import DataOptions, TrainingData, load_training_data
from tunesmith.events import ignore
from tunesmith.fitting.cross_validation import FOLDS, decide_folds, describe_folding
from tunesmith.fitting.settings import Settings
from tunesmith.kinds import labelled_examples
from tunesmith.recipes import Adaptation


@pytest.fixture
def data(toy_tickets: Path, tiny_model: Path) -> TrainingData:
    return load_training_data(toy_tickets, {}, DataOptions(), str(tiny_model), ignore)


def test_few_rows_are_cross_fitted(data: TrainingData) -> None:
    """Expensive candidates may have fewer folds, unless a number was asked for."""
    folding = decide_folds(data, Settings())
    assert (folding.folds, folding.flexible) == (FOLDS, True)
    assert "only 150 rows" in describe_folding(folding)
    asked = decide_folds(data, Settings(cross_validate=3))
    assert (asked.folds, asked.flexible) == (3, False)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (Settings(cross_validate="off"), "as requested"),
        (Settings(int8=True), "int8"),
        (Settings(recipe=Adaptation()), "adapt"),
        (Settings(recipe="augmented"), "stages"),
    ],
)
def test_some_settings_need_a_held_out_set(
    data: TrainingData, settings: Settings, reason: str
) -> None:
    """The reason is given."""
    folding = decide_folds(data, settings)
    assert folding.folds == 0
    assert reason in folding.reason


def test_many_rows_need_no_folds(data: TrainingData) -> None:
    """The reason names the width of the interval."""
    many = labelled_examples([f"text {n}" for n in range(6000)], ["a", "b"] * 3000)
    folding = decide_folds(replace(data, examples=many), Settings())
    assert (folding.folds, "±0.022" in folding.reason) == (0, True)


def test_a_validation_file_chooses(data: TrainingData) -> None:
    """There is nothing left for folds to choose."""
    given = replace(data, validation=data.examples)
    assert "validation file" in decide_folds(given, Settings()).reason
