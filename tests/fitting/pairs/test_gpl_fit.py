"""A fit with the recipe gpl has the verdict of unlabelled text."""

from pathlib import Path

import pytest

from tests.error_fields import about
from tests.fitting.fits import fit
from tests.fitting.pair_tables import documents
from tunesmith.errors import UnknownModel, UsageError
from tunesmith.recipes import GplRecipe
from tunesmith.results.summary import Outcome, RungStatus


def test_documents_are_trained_with_a_cross_encoder(tiny_model: Path, tiny_judge: Path) -> None:
    """First sentences are the queries, and the verdict is unproven."""
    result = fit(documents(), tiny_model, recipe=GplRecipe(str(tiny_judge)))
    top = next(rung for rung in result.summary.rungs if rung.name == "top")
    assert top.status is RungStatus.DONE, top.reason
    assert result.verdict.outcome is Outcome.UNPROVEN


def test_gpl_needs_a_cross_encoder(tiny_model: Path, tiny_judge: Path) -> None:
    """A name alone does not say which; what is not there is named."""
    with pytest.raises(UsageError, check=about(option="judge")):
        fit(documents(), tiny_model, recipe="gpl")
    for wrong, message in (
        (GplRecipe("no/such"), "no cross-encoder 'no/such'"),
        (GplRecipe(str(tiny_judge), str(tiny_model)), "no text-to-text model"),
    ):
        with pytest.raises(UnknownModel, match=message):
            fit(documents(), tiny_model, recipe=wrong)
