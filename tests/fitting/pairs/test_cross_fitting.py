"""Pairs and queries are scored by models of other folds, blends included."""

from pathlib import Path

import numpy as np
import pytest

import tunesmith
from tests.fitting.fits import fit
from tests.fitting.pair_tables import made
from tunesmith.evaluation.item_scores import FoldedScores, MeanScores, value
from tunesmith.results.summary import Outcome, RungStatus

KINDS = ["scored_pairs", "labelled_pairs", "nli", "triplets", "pairs"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_scored_on_all_rows(kind: str, tiny_model: Path) -> None:
    """The verdict is about all rows, and the model is trained on all of them."""
    result = fit(made(kind), tiny_model, kind=kind, cross_validate=2)
    summary = result.summary
    assert (summary.train, summary.validation, summary.folds) == (120, 0, 2)
    assert summary.test == 120
    assert {rung.status for rung in summary.rungs} <= {RungStatus.DONE, RungStatus.DROPPED}
    assert summary.pairs is not None
    assert result.evidence.pairs is not None
    assert len(result.evidence.pairs.left) >= 120
    tunesmith.load(result.path).encode(["my card"])


def test_a_likely_gain_on_pairs_keeps_the_base(tiny_model: Path) -> None:
    """Vectors may be stored elsewhere: only a proven gain is worth embedding again."""
    result = fit(made("scored_pairs", rows=60), tiny_model, kind="scored_pairs", cross_validate=2)
    better = result.verdict.outcome is Outcome.BETTER
    assert (result.summary.kept != "base") == better


def test_queries_are_told_apart_by_their_documents(tiny_model: Path) -> None:
    """Seen and unseen are relative to the other folds' queries."""
    result = fit(made("pairs"), tiny_model, kind="pairs", cross_validate=3)
    assert result.summary.pairs is not None
    parts = {part.name: part.items for part in result.summary.pairs.parts}
    assert sum(parts.values()) == result.summary.test


def test_folded_scores_average_the_folds() -> None:
    """A fold counts as much as its items weigh."""
    one, two = (MeanScores({"hits": np.array(hits)}) for hits in ([1.0, 0.0], [1.0, 1.0, 1.0]))
    folded = FoldedScores((one, two))
    assert len(folded) == 5
    assert value(folded, "hits") == pytest.approx(0.8)
    weights = np.array([[2, 0, 0, 0, 0], [0, 2, 1, 1, 0]], dtype=np.float32)
    assert folded.values("hits", weights).tolist() == [1.0, 0.5]
    other = FoldedScores((MeanScores({"hits": np.zeros(2)}), MeanScores({"hits": np.zeros(3)})))
    mixed = folded.swapped(other, np.array([True, False, False, True, False]))
    assert value(mixed, "hits") == pytest.approx(0.4)
