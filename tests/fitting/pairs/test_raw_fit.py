"""Raw texts train a model, and the verdict says that no one has judged it."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from transformers import DistilBertConfig, DistilBertModel

from tests.fitting.pair_tables import documents, made
from tunesmith.encoders.build import build
from tunesmith.errors import DataError, ModelError, UsageError
from tunesmith.fitting.run import fit
from tunesmith.fitting.verdict import favoured, judge_unjudged
from tunesmith.results.summary import Change, FitResult, Outcome, PairFindings, RungStatus, Verdict

GAIN = Change("nDCG@10", 0.5, 0.6, 0.05, 0.15)
KEPT = Change("Spearman, cosine", 0.8, 0.795, -0.02, 0.01)


def quick(source: object, base: Path, **words: Any) -> FitResult:
    return fit(source, base=base, **{"budget": None, **words})


@pytest.mark.parametrize("recipe", ["auto", "simcse", "tsdae"])
def test_documents_climb_the_ladder_and_prove_nothing(recipe: str, tiny_model: Path) -> None:
    """Signs are shown, an evaluation file is asked for, and nothing is called better."""
    result = quick(documents(), tiny_model, recipe=recipe)
    summary = result.summary
    assert summary.kind == "texts"
    done = {rung.name for rung in summary.rungs if rung.status is RungStatus.DONE}
    assert done == {"base", "map", "whole"} | ({"top"} if recipe != "tsdae" else set())
    assert summary.verdict.outcome is Outcome.UNPROVEN
    assert "--test" in summary.verdict.advice
    assert summary.pairs is not None
    assert [change.metric for change in summary.pairs.label_free] == ["alignment", "uniformity"]
    assert "Unproven" in result.report.read_text(encoding="utf-8")


def test_a_test_file_proves_as_for_any_other_kind(tiny_model: Path) -> None:
    """Scores judge what was learned from raw texts, and the verdict is a usual one."""
    judged, other = (made("scored_pairs", seed=seed) for seed in (8, 9))
    result = quick(documents(), tiny_model, recipe="simcse", test=judged, validation=other)
    assert result.verdict.outcome is not Outcome.UNPROVEN
    assert result.verdict.headline.metric.startswith("Spearman")
    assert result.summary.pairs is not None
    assert not result.summary.pairs.label_free


def test_texts_of_the_test_file_are_not_learned_from(tiny_model: Path) -> None:
    """A document counts as seen when any of its texts is, alone in the other file's column."""
    raw = documents()
    shared = raw["text"].to_pylist()[:20]
    titles = [f"Title number {row} of {text[:9]}" for row, text in enumerate(shared)]
    pairs = pa.table({"title": titles, "abstract": shared})
    result = quick(raw, tiny_model, recipe="simcse", test=pairs)
    assert result.summary.rows == len(raw) - 20


def test_what_cannot_be_judged_by_parts_is_refused(tiny_model: Path) -> None:
    """Single sentences without a file to judge by, and raw texts to judge by."""
    single = pa.table({"text": [f"word number {row} here" for row in range(60)]})
    with pytest.raises(DataError, match="0 raw texts of several sentences"):
        quick(single, tiny_model)
    with pytest.raises(UsageError, match="do not say what belongs together"):
        quick(documents(), tiny_model, test=documents(seed=4))
    with pytest.raises(UsageError, match="cannot be judged"):
        quick(documents(), tiny_model, test=pa.table({"text": ["a", "b"], "label": ["x", "y"]}))


def test_an_architecture_that_cannot_write_is_refused_by_its_name(
    tiny_model: Path, tmp_path: Path
) -> None:
    """Before anything is trained, with what can be done."""
    words = json.loads((tiny_model / "config.json").read_text())["vocab_size"]
    small = DistilBertConfig(vocab_size=words, dim=16, n_layers=1, n_heads=2, hidden_dim=16)
    plain = tmp_path / "plain"
    shutil.copytree(tiny_model, plain)
    DistilBertModel(small).save_pretrained(plain)
    build(plain, tmp_path / "built")
    with pytest.raises(ModelError, match=r"distilbert has no head .* choose simcse"):
        quick(documents(), tmp_path / "built", recipe="tsdae")


@pytest.mark.parametrize(
    ("outcome", "forgetting", "kept"),
    [
        (Outcome.BETTER, KEPT, True),
        (Outcome.NO_PROVEN_CHANGE, KEPT, False),
        (Outcome.BETTER, replace(KEPT, tuned=0.7), False),
    ],
)
def test_a_model_is_kept_by_its_signs_only_where_all_of_them_agree(
    outcome: Outcome, forgetting: Change, kept: bool
) -> None:
    """Documents are found better by both guards, and of general English 0.01 at most is lost."""
    findings = PairFindings("ranking", "", "", forgetting=forgetting)
    verdict = Verdict(outcome, GAIN, "told")
    told = judge_unjudged(verdict, findings)
    assert favoured(verdict, findings) is kept
    assert told.outcome is Outcome.UNPROVEN
    assert ("The tuned model is kept" in told.sentence) is kept
    assert "better" not in told.sentence
