"""Summaries are written as JSON and read back with their types; nothing unknown is dropped."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tunesmith.errors import DamagedModel
from tunesmith.results import summary_of, summary_schema, verdict_of
from tunesmith.results.calibration import (
    AnsweredShare,
    Calibration,
    Reliability,
    ReliabilityBin,
)
from tunesmith.results.fit_result import FitResult


@pytest.fixture
def stored(toy_fit: FitResult) -> dict[str, Any]:
    """A summary as in a model folder."""
    text = (toy_fit.path / "tunesmith.json").read_text("utf-8")
    return dict(json.loads(text)["summary"])


def test_what_is_written_is_read(toy_fit: FitResult, stored: dict[str, Any]) -> None:
    """The same values and types."""
    assert summary_of(stored, toy_fit.path) == toy_fit.summary
    assert verdict_of(stored, toy_fit.path) == toy_fit.verdict


def test_calibration_is_read_back(toy_fit: FitResult, stored: dict[str, Any]) -> None:
    """With its bins and shares; a share without an answered text has no accuracy."""
    reliability = Reliability(0.1, 0.4, (ReliabilityBin(0.9, 0.8, 10),))
    answered = (AnsweredShare(0.5, 1.0, 0.8), AnsweredShare(0.99, 0.0, None))
    calibration = Calibration("temperature scaling", 0.7, reliability, reliability, answered)
    summary = replace(toy_fit.summary, calibration=calibration)
    again = json.loads(json.dumps(summary.to_dict()))
    assert summary_of(again, toy_fit.path) == summary
    assert summary_of({**stored, "calibration": None}, toy_fit.path).calibration is None


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        ({"rows": "many"}, r"\$.rows"),
        ({"verdict": {"outcome": "great"}}, "outcome"),
        ({"rungs": None}, r"\$.rungs"),
        ({"surprise": 1}, "'surprise'"),
    ],
)
def test_an_invalid_entry_is_named(
    stored: dict[str, Any], entry: dict[str, Any], named: str
) -> None:
    """A wrong type, a wrong value, and an entry that this version does not know."""
    with pytest.raises(DamagedModel, match=named):
        summary_of({**stored, **entry}, Path("model"))


def test_an_unknown_entry_deep_inside_is_named(stored: dict[str, Any]) -> None:
    """Its path is in the message."""
    stored["verdict"]["headline"]["p_value"] = 0.04
    with pytest.raises(DamagedModel, match=r"'verdict\.headline\.p_value'"):
        summary_of(stored, Path("model"))


def test_the_schema_describes_what_is_written(stored: dict[str, Any]) -> None:
    """Every entry is a property, and every required one is there."""
    schema = summary_schema()
    summary = schema["$defs"]["Summary"]
    assert stored.keys() <= summary["properties"].keys()
    assert set(summary["required"]) <= stored.keys()
