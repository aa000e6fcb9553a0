"""Forecasts per class."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tunesmith.advice.class_forecast import ClassForecast, Outlook, class_forecasts
from tunesmith.evaluation.labels.label_scores import LabelScores
from tunesmith.evaluation.labels.predictions import Predictions
from tunesmith.evaluation.labels.targets import Targets


def scores(answers: NDArray[np.bool_], values: NDArray[np.float32], **named: bool) -> LabelScores:
    names = tuple(f"class {number}" for number in range(values.shape[1]))
    targets = Targets(values, names, named.get("multilabel", False))
    return LabelScores(Predictions.of_labels(answers, targets), targets)


def predicted(sizes: list[int], wrong: list[int]) -> LabelScores:
    """Return predictions in which the first few rows of each class get the next class."""
    codes = np.repeat(np.arange(len(sizes)), sizes)
    answers = codes.copy()
    for code, errors in enumerate(wrong):
        answers[np.flatnonzero(codes == code)[:errors]] = (code + 1) % len(sizes)
    eye = np.eye(len(sizes), dtype=np.float32)
    return scores(eye[answers] == 1, eye[codes])


def by_name(found: tuple[ClassForecast, ...]) -> dict[str, ClassForecast]:
    return {each.label: each for each in found}


def test_the_class_with_most_errors_gains_most() -> None:
    """Classes are sorted by gain, and have their measured recall and F1."""
    found = class_forecasts([predicted([50, 50, 50], [0, 20, 0])], left=0.5)
    assert found[0].label == "class 1"
    assert found[0].recall == pytest.approx(0.6)
    assert found[0].f1 == pytest.approx(2 * 30 / 80)
    assert [each.gain for each in found] == sorted((each.gain for each in found), reverse=True)


def test_small_classes_are_shrunk_towards_the_overall_error() -> None:
    """If all four rows of a class are wrong, its expected error is still below 100%."""
    few = by_name(class_forecasts([predicted([4, 40, 400], [4, 40, 0])], left=1.0))
    assert few["class 0"].expected - few["class 0"].f1 > few["class 1"].expected
    assert few["class 0"].outlook is Outlook.TOO_FEW


def test_of_equal_errors_the_class_with_fewer_rows_gains_more() -> None:
    """A class with very few rows has no reliable forecast."""
    found = by_name(class_forecasts([predicted([4, 40, 400], [2, 20, 200])], left=0.5))
    assert found["class 0"].gain > found["class 1"].gain > found["class 2"].gain
    assert found["class 0"].outlook is Outlook.TOO_FEW
    assert found["class 1"].outlook is Outlook.GAIN


@given(wrong=st.lists(st.integers(0, 30), min_size=3, max_size=3), left=st.floats(0, 1))
def test_classes_gain_what_the_whole_gains(wrong: list[int], left: float) -> None:
    """The exception is a class that would gain more than its error."""
    predictions = predicted([30, 60, 90], wrong)
    found = class_forecasts([predictions], left)
    for each in found:
        assert 0 <= each.gain <= 1
        assert each.expected <= 1 + 1e-12
    predicted_rows = predictions.predictions.given.sum(axis=0)
    weights = (predicted_rows + predictions.targets.positive.sum(axis=0)) / 2
    gained = sum(weights[int(each.label[-1])] * each.gain for each in found)
    assert gained <= (1 - left) * sum(wrong) + 1e-9


def test_nothing_is_expected_where_the_curve_is_flat() -> None:
    """Without an overall gain no class gains, but regression to the mean is still expected."""
    flat = class_forecasts([predicted([50, 50, 50], [0, 20, 0])], left=1.0)
    assert {each.outlook for each in flat} == {Outlook.NONE}
    assert all(each.gain == 0 for each in flat)
    assert by_name(flat)["class 1"].expected > by_name(flat)["class 1"].f1


def test_unknown_entries_are_not_errors() -> None:
    """A prediction for an unknown entry is neither correct nor wrong."""
    values = np.array([[1, np.nan], [1, 1], [0, 1], [1, 0]], dtype=np.float32).repeat(10, axis=0)
    answers = np.where(np.isnan(values), 1, values) == 1
    found = class_forecasts([scores(answers, values, multilabel=True)], left=0.5)
    assert [(each.rows, each.f1, each.gain) for each in found] == [(30, 1, 0), (20, 1, 0)]


def test_a_label_without_rows_is_omitted() -> None:
    """It has no forecast."""
    eye = np.eye(3, dtype=np.float32)[np.repeat([0, 2], 10)]
    assert {each.label for each in class_forecasts([scores(eye == 1, eye)], 0.5)} == {
        "class 0",
        "class 2",
    }
