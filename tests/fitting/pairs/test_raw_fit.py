"""Unlabelled text trains a model, and the verdict is unproven."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from transformers import DistilBertConfig, DistilBertModel

from tests.fitting.fits import fit as quick
from tests.fitting.pair_tables import documents, made
from tunesmith.encoders.build import build
from tunesmith.errors import DataError, ModelError, UsageError
from tunesmith.fitting.verdict import label_free_gain, label_free_verdict
from tunesmith.results.summary import Change, Outcome, PairFindings, RungStatus, Verdict

GAIN = Change("nDCG@10", 0.5, 0.6, 0.05, 0.15)
KEPT = Change("Spearman, cosine", 0.8, 0.795, -0.02, 0.01)


@pytest.mark.parametrize("recipe", ["auto", "simcse", "tsdae"])
def test_documents_run_the_ladder_and_prove_nothing(recipe: str, tiny_model: Path) -> None:
    """Label-free metrics are shown, and the advice is to give a test file."""
    result = quick(documents(50), tiny_model, recipe=recipe)
    summary = result.summary
    assert summary.kind == "texts"
    done = {rung.name for rung in summary.rungs if rung.status is RungStatus.DONE}
    assert done == {"base", "map", "whole"} | ({"top"} if recipe != "tsdae" else set())
    assert summary.verdict.outcome is Outcome.UNPROVEN
    assert "`test`" in summary.verdict.advice
    assert summary.pairs is not None
    assert [change.metric for change in summary.pairs.label_free] == ["alignment", "uniformity"]
    assert "Unproven" in result.report.read_text(encoding="utf-8")


def test_a_test_file_gives_a_regular_verdict(tiny_model: Path) -> None:
    """A model trained on unlabelled text can be tested on scored pairs."""
    test, other = (made("scored_pairs", seed=seed) for seed in (8, 9))
    result = quick(documents(50), tiny_model, recipe="simcse", test=test, validation=other)
    assert result.verdict.outcome is not Outcome.UNPROVEN
    assert result.verdict.headline.metric.startswith("Spearman")
    assert result.summary.pairs is not None
    assert not result.summary.pairs.label_free


def test_texts_of_the_test_file_are_not_trained_on(tiny_model: Path) -> None:
    """A document is removed if it occurs in any column of the test file."""
    raw = documents(70)
    shared = raw["text"].to_pylist()[:20]
    titles = [f"Title number {row} of {text[:9]}" for row, text in enumerate(shared)]
    pairs = pa.table({"title": titles, "abstract": shared})
    result = quick(raw, tiny_model, recipe="simcse", test=pairs)
    assert result.summary.rows == len(raw) - 20


def test_unlabelled_data_that_cannot_be_evaluated_is_rejected(tiny_model: Path) -> None:
    """Examples are single sentences without a test file, and unlabelled test files."""
    single = pa.table({"text": [f"word number {row} here" for row in range(60)]})
    with pytest.raises(DataError, match=r"\b0 (raw )?texts"):
        quick(single, tiny_model)
    with pytest.raises(UsageError, match="texts, which"):
        quick(documents(50), tiny_model, test=documents(seed=4))
    with pytest.raises(UsageError, match=r"labelled .*texts"):
        quick(documents(50), tiny_model, test=pa.table({"text": ["a", "b"], "label": ["x", "y"]}))


def test_an_architecture_without_a_language_model_head_is_rejected(
    tiny_model: Path, tmp_path: Path
) -> None:
    """The error comes before training, and names an alternative."""
    words = json.loads((tiny_model / "config.json").read_text())["vocab_size"]
    small = DistilBertConfig(vocab_size=words, dim=16, n_layers=1, n_heads=2, hidden_dim=16)
    plain = tmp_path / "plain"
    shutil.copytree(tiny_model, plain)
    DistilBertModel(small).save_pretrained(plain)
    build(plain, tmp_path / "built")
    with pytest.raises(ModelError, match=r"distilbert has no .* choose simcse"):
        quick(documents(50), tmp_path / "built", recipe="tsdae")


@pytest.mark.parametrize(
    ("outcome", "forgetting", "kept"),
    [
        (Outcome.BETTER, KEPT, True),
        (Outcome.NO_PROVEN_CHANGE, KEPT, False),
        (Outcome.BETTER, replace(KEPT, tuned=0.7), False),
    ],
)
def test_an_unproven_model_is_kept_only_if_retrieval_and_general_english_agree(
    outcome: Outcome, forgetting: Change, kept: bool
) -> None:
    """Retrieval of documents must be better, with a loss of at most 0.01 on general English."""
    findings = PairFindings("ranking", "", "", forgetting=forgetting)
    retrieval = Verdict(outcome, GAIN, "")
    verdict = label_free_verdict(retrieval, findings)
    assert label_free_gain(retrieval, findings) is kept
    assert verdict.outcome is Outcome.UNPROVEN
    assert ("tuned model is kept" in verdict.sentence) is kept
    assert "better" not in verdict.sentence
