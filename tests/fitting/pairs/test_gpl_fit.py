"""A fit with the recipe gpl has the verdict of unlabelled text."""

from pathlib import Path

import pytest

from tests.fitting.pair_tables import documents
from tunesmith.errors import UnknownModel, UsageError
from tunesmith.fitting.run import fit
from tunesmith.results.summary import Outcome, RungStatus


def test_documents_are_trained_with_a_cross_encoder(tiny_model: Path, tiny_judge: Path) -> None:
    """First sentences are the queries, and the verdict is unproven."""
    result = fit(documents(), base=tiny_model, recipe="gpl", judge=tiny_judge, budget=None)
    top = next(rung for rung in result.summary.rungs if rung.name == "top")
    assert top.status is RungStatus.DONE, top.reason
    assert result.verdict.outcome is Outcome.UNPROVEN


def test_gpl_needs_a_cross_encoder(tiny_model: Path, tiny_judge: Path) -> None:
    """A cross-encoder is required for gpl, and rejected for other recipes."""
    with pytest.raises(UsageError, match="--judge"):
        fit(documents(), base=tiny_model, recipe="gpl")
    for wrong, message in (
        ({"judge": "no/such"}, "no cross-encoder 'no/such'"),
        ({"judge": tiny_judge, "generator": tiny_model}, "no text-to-text model"),
    ):
        with pytest.raises(UnknownModel, match=message):
            fit(documents(), base=tiny_model, recipe="gpl", **wrong)
    with pytest.raises(UsageError, match="--recipe gpl"):
        fit(documents(), base=tiny_model, judge=tiny_judge)
