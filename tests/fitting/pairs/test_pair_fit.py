"""Fits of pairs, scores, NLI, triplets and retrieval data, end to end."""

from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

import tunesmith
from tests.error_fields import about
from tests.fitting.fits import BASE_ONLY
from tests.fitting.fits import fit as quick
from tests.fitting.pair_tables import KilledAfter, made
from tunesmith.encoders.text_encoder import TextEncoder
from tunesmith.errors import TunesmithError, UsageError
from tunesmith.fitting.verdict import seen_unseen_verdict
from tunesmith.recipes.paired import PairedRecipe
from tunesmith.results.fit_result import FitResult
from tunesmith.results.summary import Change, Outcome, PairFindings, Part, RungStatus, Verdict

# One layer and one epoch, where it does not matter how well a model is trained.
BRIEF = PairedRecipe("ranking", train_layers=1, epochs=1)
KINDS = ("pairs", "triplets", "labelled_pairs", "scored_pairs", "nli")


@pytest.fixture(scope="module")
def fitted(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, FitResult]:
    """A fit of every kind, to be read only."""
    out = tmp_path_factory.mktemp("fitted")
    return {kind: quick(made(kind, 60), tiny_model, output=out / kind) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_runs_the_whole_ladder(kind: str, fitted: dict[str, FitResult]) -> None:
    """The model gives the same vectors in sentence-transformers and Tunesmith."""
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
    assert tunesmith.load(result.path).summary == result.summary


def test_the_same_seed_gives_the_same_model(
    fitted: dict[str, FitResult], tiny_model: Path, tmp_path: Path
) -> None:
    """Scores, verdict and vectors are equal."""
    first, second = (
        fitted["triplets"],
        quick(made("triplets", 60), tiny_model, output=tmp_path / "b"),
    )
    assert first.verdict == second.verdict
    assert first.summary.pairs == second.summary.pairs
    vectors, again = (
        TextEncoder(result.path, cache=False).encode(["card ba"]) for result in (first, second)
    )
    assert np.array_equal(vectors, again)


def test_scores_of_any_scale_are_scaled_to_1(tiny_model: Path, tmp_path: Path) -> None:
    """Cosine loss with scores from 0 to 5 would train wrongly without an error."""
    result = quick(made("scored_pairs", 60), tiny_model, output=tmp_path / "m", recipe="cosine")
    trained = [rung for rung in result.summary.rungs if rung.name in {"top", "whole"}]
    assert all(rung.status is RungStatus.DONE for rung in trained), trained


def test_a_file_of_scores_tests_a_model_trained_on_pairs(tiny_model: Path, tmp_path: Path) -> None:
    """The headline metric is that of the test file, and the summary names its kind."""
    test = made("scored_pairs", 40, seed=6)
    other = made("scored_pairs", 40, seed=7)
    result = quick(
        made("pairs", 60),
        tiny_model,
        test=test,
        validation=other,
        recipe=BRIEF,
        output=tmp_path / "m",
    )
    assert result.verdict.headline.metric == "Spearman, cosine"
    assert result.summary.pairs is not None
    assert "scored_pairs" in result.summary.pairs.judged_by


def test_a_killed_fit_resumes_from_finished_rungs(
    fitted: dict[str, FitResult],
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Trained weights are not trained again, and the result is the same."""
    out = tmp_path / "again"
    with pytest.raises(KeyboardInterrupt):
        quick(made("triplets", 60), tiny_model, output=out, on_event=KilledAfter("whole"))

    def untouched(*_: object, **__: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(PairedRecipe, "run", untouched)
    again = quick(made("triplets", 60), tiny_model, output=out)
    assert again.verdict == fitted["triplets"].verdict


def test_settings_that_do_not_apply_are_rejected(
    tiny_model: Path, toy_tickets: Path, tmp_path: Path
) -> None:
    """The error says what to use instead, before anything is loaded."""
    for options, message in (
        ({"cross_validate": 1}, "2 folds or more"),
        ({"int8": True}, "omit `int8`"),
        ({"recipe": "softmax"}, "softmax .* nli"),
        ({"recipe": "magic"}, "no recipe 'magic'"),
        ({"corpus_type": "frozen"}, "open or closed"),
        ({"test": toy_tickets}, "labelled .* pairs"),
    ):
        with pytest.raises(UsageError, match=message):
            quick(made("pairs"), tiny_model, **options)
    with pytest.raises(UsageError, check=about(option="recipe")):
        quick(toy_tickets, tiny_model, recipe="ranking")


def change(low: float, high: float) -> Change:
    return Change("nDCG@10", 0.5, 0.5 + (low + high) / 2, low, high)


def findings(corpus_type: str) -> PairFindings:
    parts = (Part("seen", 60, (change(0.1, 0.3),)), Part("unseen", 40, (change(-0.09, -0.01),)))
    return PairFindings("ranking", "Why.", "retrieval", corpus_type=corpus_type, parts=parts)


def test_a_gain_at_the_cost_of_unseen_documents_counts_only_for_a_closed_corpus() -> None:
    """With an open corpus the base is kept; both verdicts give the results for both parts."""
    gain = Verdict(Outcome.BETTER, change(0.02, 0.1), "It gained.")
    opened, closed = (seen_unseen_verdict(gain, findings(name)) for name in ("open", "closed"))
    assert opened.outcome is Outcome.WORSE
    assert '`corpus_type="closed"`' in opened.advice
    assert closed.outcome is Outcome.BETTER
    for verdict in (opened, closed):
        assert "40 queries" in verdict.sentence
        assert "−9.0 to −1.0" in verdict.sentence


def test_retrieval_data_is_fitted(examples: Path, tiny_model: Path) -> None:
    """A retrieval folder gives results for seen and unseen documents."""
    result = quick(examples / "retrieval", tiny_model, corpus_type="closed", recipe=BRIEF)
    pairs = result.summary.pairs
    assert pairs is not None
    assert pairs.corpus_type == "closed"
    assert result.verdict.headline.metric == "nDCG@10"
    assert {part.name for part in pairs.parts} <= {"seen", "unseen"}
    assert sum(part.items for part in pairs.parts) == result.summary.test


def test_retrieval_data_may_be_tested_on_scores(examples: Path, tiny_model: Path) -> None:
    """Its relevance judgements are then used as pairs."""
    result = quick(
        examples / "retrieval",
        base=tiny_model,
        validation=examples / "labelled_pairs.csv",
        test=examples / "scored_pairs.csv",
        budget=BASE_ONLY,
    )
    assert result.verdict.headline.metric == "Spearman, cosine"


@pytest.mark.parametrize(
    ("kind", "rows", "passes"),
    [("scored_pairs", 120, 2), ("scored_pairs", 700, 14), ("labelled_pairs", 700, 8)],
)
def test_a_few_hundred_pairs_get_more_epochs(
    kind: str, rows: int, passes: int, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Epochs are repeated up to 3,000 scored or 1,500 labelled rows, but not for very few rows."""
    seen = []

    def record(recipe: PairedRecipe, *_: object, **__: object) -> None:
        seen.append((recipe.train_layers, recipe.epochs))
        raise TunesmithError("recorded")

    monkeypatch.setattr(PairedRecipe, "run", record)
    quick(made(kind, rows), base=tiny_model)
    assert seen == [(3, passes), (None, passes)]
