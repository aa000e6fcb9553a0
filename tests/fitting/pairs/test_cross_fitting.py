"""Pairs and queries are scored by models of other folds, blends included."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

import tunesmith
from tests.fitting.fits import fit
from tests.fitting.pair_tables import made
from tunesmith.datasets.training_data import DataOptions, load_training_data
from tunesmith.errors import DataError
from tunesmith.evaluation.item_scores import FoldedScores, MeanScores, value
from tunesmith.evaluation.pairs.retrieval import NDCG
from tunesmith.events import Event, Note, ignore
from tunesmith.fitting.cross_validation import CrossValidation
from tunesmith.fitting.pairs.cross_fitting import pair_cross_task
from tunesmith.fitting.pairs.cross_task import PairCrossCandidate
from tunesmith.fitting.settings import Settings
from tunesmith.fitting.workspace import Workspace
from tunesmith.recipes import PairedRecipe
from tunesmith.results.evidence import PairEvidence
from tunesmith.results.summary import Outcome, RungStatus
from tunesmith.stop import Stop

BRIEF = PairedRecipe("ranking", train_layers=1, epochs=1)
KINDS = ["scored_pairs", "labelled_pairs", "nli", "triplets", "pairs"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_scored_on_all_rows(kind: str, tiny_model: Path) -> None:
    """The verdict is about all rows, and the model is trained on all of them."""
    result = fit(made(kind, 60), tiny_model, kind=kind, cross_validate=2)
    summary = result.summary
    assert (summary.train, summary.validation, summary.folds) == (60, 0, 2)
    assert summary.test == 60
    assert {rung.status for rung in summary.rungs} <= {RungStatus.DONE, RungStatus.DROPPED}
    assert summary.pairs is not None
    assert result.evidence.pairs is not None
    assert len(result.evidence.pairs.left) >= 60
    tunesmith.load(result.path).encode(["my card"])


def test_a_likely_gain_on_pairs_keeps_the_base(tiny_model: Path) -> None:
    """Vectors may be stored elsewhere: only a proven gain is worth embedding again."""
    result = fit(made("scored_pairs", rows=60), tiny_model, kind="scored_pairs", cross_validate=2)
    better = result.verdict.outcome is Outcome.BETTER
    assert (result.summary.kept != "base") == better


def test_queries_are_told_apart_by_their_documents(tiny_model: Path) -> None:
    """Seen and unseen are relative to the other folds' queries."""
    result = fit(made("pairs", 60), tiny_model, kind="pairs", cross_validate=3, recipe=BRIEF)
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


def test_harm_to_unseen_documents_is_not_admitted(tiny_model: Path, tmp_path: Path) -> None:
    """Unless the corpus is closed, a candidate must keep its score on unseen documents."""
    data = load_training_data(made("pairs"), {}, DataOptions(), str(tiny_model), ignore)
    folding = CrossValidation(3, "as requested")
    settings = Settings(base=str(tiny_model))
    task, _ = pair_cross_task(data, settings, Workspace(tmp_path), Stop(), folding)
    marks = np.arange(len(task.validation)) % 2 == 0
    folds = tuple(
        replace(fold, validation=replace(fold.validation, seen=part))  # type: ignore[type-var]  # it retrieves
        for fold, part in zip(task.folds, np.array_split(marks, 3), strict=True)
    )
    open_, closed = (replace(task, folds=folds, corpus_type=kind) for kind in ("open", "closed"))
    base, harm = (candidate(np.where(marks, 1.0, unseen)) for unseen in (0.9, 0.1))
    assert open_.admits(base, base)
    assert not open_.admits(harm, base)
    assert closed.admits(harm, base)


def candidate(hits: NDArray[np.float64]) -> PairCrossCandidate:
    scores = FoldedScores(tuple(MeanScores({NDCG: part}) for part in np.array_split(hits, 3)))
    nothing = PairEvidence("search", (), (), *np.zeros((3, 0)))
    return PairCrossCandidate("top", scores, float(hits.mean()), 1.0, {1.0: scores}, nothing)


def test_few_groups_need_a_held_out_set(tiny_model: Path) -> None:
    """The automatic choice falls back and says why; asked for, it is an error."""
    table = made("scored_pairs", rows=60)
    table = table.set_column(0, "text1", pa.array(["my card", "an order"] * 30))
    events: list[Event] = []
    with pytest.raises(DataError, match="3 folds"):
        fit(table, tiny_model, kind="scored_pairs", cross_validate=3)
    with pytest.raises(DataError, match="validation set"):  # nor is a held-out set possible here
        fit(table, tiny_model, kind="scored_pairs", cross_validate="auto", on_event=events.append)
    assert any("no folds are possible" in event.text for event in events if isinstance(event, Note))
