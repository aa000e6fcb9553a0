"""A fit by a judge's margins goes the way of all raw texts."""

from pathlib import Path

import pytest

from tests.fitting.pair_tables import documents
from tunesmith.errors import UnknownModel, UsageError
from tunesmith.fitting.run import fit
from tunesmith.results.summary import Outcome, RungStatus


def test_documents_are_learned_by_a_judge(tiny_model: Path, tiny_judge: Path) -> None:
    """With first sentences as queries; the verdict is that of raw texts."""
    result = fit(documents(), base=tiny_model, recipe="gpl", judge=tiny_judge, budget=None)
    top = next(rung for rung in result.summary.rungs if rung.name == "top")
    assert top.status is RungStatus.DONE, top.reason
    assert result.verdict.outcome is Outcome.UNPROVEN


def test_what_gpl_needs_is_said(tiny_model: Path, tiny_judge: Path) -> None:
    """A judge; and no judge without it."""
    with pytest.raises(UsageError, match="give --judge"):
        fit(documents(), base=tiny_model, recipe="gpl")
    for wrong, message in (
        ({"judge": "no/such"}, "no cross-encoder 'no/such'"),
        ({"judge": tiny_judge, "generator": tiny_model}, "no text-to-text model"),
    ):
        with pytest.raises(UnknownModel, match=message):
            fit(documents(), base=tiny_model, recipe="gpl", **wrong)
    with pytest.raises(UsageError, match="give --recipe gpl too"):
        fit(documents(), base=tiny_model, judge=tiny_judge)
