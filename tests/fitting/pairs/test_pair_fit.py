"""Pairs, scores, NLI, triplets and queries go from a file to a proven model."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

import tunesmith
from tests.fitting.pair_tables import KilledAfter, made
from tunesmith.encoders.text_encoder import TextEncoder
from tunesmith.errors import TunesmithError, UsageError
from tunesmith.fitting.run import fit
from tunesmith.fitting.verdict import judge_parts
from tunesmith.recipes.paired import PairedRecipe
from tunesmith.results.summary import (
    Change,
    FitResult,
    Outcome,
    PairFindings,
    Part,
    RungStatus,
    Verdict,
)


def quick(source: object, base: Path, **words: Any) -> FitResult:
    return fit(source, base=base, **{"budget": None, **words})


KINDS = ("pairs", "triplets", "labelled_pairs", "scored_pairs", "nli")


@pytest.fixture(scope="module")
def fitted(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, FitResult]:
    """A fit of every kind, to be read only."""
    out = tmp_path_factory.mktemp("fitted")
    return {kind: quick(made(kind), tiny_model, output=out / kind) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_climbs_the_whole_ladder(kind: str, fitted: dict[str, FitResult]) -> None:
    """And leaves a model that sentence-transformers and Tunesmith read alike."""
    result = fitted[kind]
    summary = result.summary
    assert summary.kind == kind
    assert [rung.status for rung in summary.rungs] == [RungStatus.DONE] * 4, summary.rungs
    assert summary.pairs is not None
    assert result.evidence.pairs is not None
    texts = ["card ba ce", "login di fo"]
    ours = TextEncoder(result.path, cache=False).encode(texts)
    theirs = SentenceTransformer(str(result.path), device="cpu").encode(texts)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert tunesmith.load(result.path).summary["kind"] == kind


def test_the_same_seed_gives_the_same_model(
    fitted: dict[str, FitResult], tiny_model: Path, tmp_path: Path
) -> None:
    """Scores, verdict and vectors."""
    first, second = fitted["triplets"], quick(made("triplets"), tiny_model, output=tmp_path / "b")
    assert first.verdict == second.verdict
    assert first.summary.pairs == second.summary.pairs
    vectors, again = (
        TextEncoder(result.path, cache=False).encode(["card ba"]) for result in (first, second)
    )
    assert np.array_equal(vectors, again)


def test_scores_of_any_scale_are_brought_to_1(tiny_model: Path, tmp_path: Path) -> None:
    """Cosine loss with scores from 0 to 5 would teach nonsense without a word."""
    result = quick(made("scored_pairs"), tiny_model, output=tmp_path / "m", recipe="cosine")
    trained = [rung for rung in result.summary.rungs if rung.name in {"top", "whole"}]
    assert all(rung.status is RungStatus.DONE for rung in trained), trained


def test_a_file_of_scores_judges_what_was_learned_from_pairs(
    tiny_model: Path, tmp_path: Path
) -> None:
    """What decides is its own metric, and the summary says what it was."""
    test = made("scored_pairs", 40, seed=6)
    held = made("scored_pairs", 40, seed=7)
    result = quick(made("pairs"), tiny_model, test=test, validation=held, output=tmp_path / "m")
    assert result.verdict.headline.metric == "Spearman, cosine"
    assert result.summary.pairs is not None
    assert "scored_pairs" in result.summary.pairs.judged_by


def test_a_killed_fit_goes_on_with_the_rungs_that_are_there(
    fitted: dict[str, FitResult],
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Weights that were trained are not trained again, and the result is the same."""
    out = tmp_path / "again"
    with pytest.raises(KeyboardInterrupt):
        quick(made("triplets"), tiny_model, output=out, events=KilledAfter("whole"))

    def untouched(*_: object, **__: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(PairedRecipe, "run", untouched)
    again = quick(made("triplets"), tiny_model, output=out)
    assert again.verdict == fitted["triplets"].verdict


def test_settings_that_mean_nothing_are_refused(
    tiny_model: Path, toy_tickets: Path, tmp_path: Path
) -> None:
    """With what to write instead, before anything is loaded."""
    for words, message in (
        ({"folds": 3}, "folds are for texts with labels"),
        ({"int8": True}, "int8 is judged by a classifier"),
        ({"recipe": "softmax"}, "softmax learns from nli"),
        ({"recipe": "magic"}, "no recipe 'magic'"),
        ({"corpus_type": "frozen"}, "open or closed"),
        ({"test": toy_tickets}, "cannot be judged by the other"),
    ):
        with pytest.raises(UsageError, match=message):
            quick(made("pairs"), tiny_model, **words)
    with pytest.raises(UsageError, match="recipe contrastive, not ranking"):
        quick(toy_tickets, tiny_model, recipe="ranking")


def change(low: float, high: float) -> Change:
    return Change("nDCG@10", 0.5, 0.5 + (low + high) / 2, low, high)


def findings(collection: str) -> PairFindings:
    parts = (Part("seen", 60, (change(0.1, 0.3),)), Part("unseen", 40, (change(-0.09, -0.01),)))
    return PairFindings("ranking", "Why.", "retrieval", corpus_type=collection, parts=parts)


def test_a_gain_that_costs_new_documents_counts_only_where_there_are_none() -> None:
    """Growing: the base is kept; fixed: the gain stands, and both parts are told."""
    gain = Verdict(Outcome.BETTER, change(0.02, 0.1), "It gained.")
    growing, fixed = (judge_parts(gain, findings(name)) for name in ("open", "closed"))
    assert growing.outcome is Outcome.WORSE
    assert "--corpus-type closed" in growing.advice
    assert fixed.outcome is Outcome.BETTER
    for verdict in (growing, fixed):
        assert "40 queries" in verdict.sentence
        assert "-0.090 to -0.010" in verdict.sentence


def test_queries_learn_where_their_documents_are(examples: Path, tiny_model: Path) -> None:
    """A retrieval folder gives every result in parts, and a model whose queries may be moved."""
    result = quick(examples / "retrieval", tiny_model, corpus_type="closed")
    pairs = result.summary.pairs
    assert pairs is not None
    assert pairs.corpus_type == "closed"
    assert result.verdict.headline.metric == "nDCG@10"
    assert {part.name for part in pairs.parts} <= {"seen", "unseen"}
    assert sum(part.items for part in pairs.parts) == result.summary.test


def test_a_collection_may_be_judged_by_scores(examples: Path, tiny_model: Path) -> None:
    """Its judgements are pairs then, that stand in rows."""
    result = fit(
        examples / "retrieval",
        base=tiny_model,
        budget=None,
        validation=examples / "labelled_pairs.csv",
        test=examples / "scored_pairs.csv",
    )
    assert result.verdict.headline.metric == "Spearman, cosine"


@pytest.mark.parametrize(("rows", "passes"), [(120, 2), (700, 14)])
def test_some_hundred_scores_are_read_often(
    rows: int, passes: int, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As often as makes 3,000 of them; of fewer still that would bring nothing."""
    seen = []

    def looked_at(recipe: PairedRecipe, *_: object, **__: object) -> None:
        seen.append((recipe.train_layers, recipe.epochs))
        raise TunesmithError("seen enough")

    monkeypatch.setattr(PairedRecipe, "run", looked_at)
    fit(made("scored_pairs", rows), base=tiny_model, budget=None)
    assert seen == [(3, passes), (None, 2)]
