"""Tests of the model card."""

from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import ModelCard, ModelCardData

from tests.report import report_samples
from tunesmith.report.pages.card import model_card
from tunesmith.results.distillation import Distillation
from tunesmith.results.finding import Finding, Severity

STATIC = Distillation("tick|ets", 1200, 60, 0.913, 0.95, 76_000.4, 1_022.0, seed=0, path=Path("a"))
NASTY = [
    "a|b",
    "`code` and ```",
    "line\nbreak: x\n---\n# h",
    "<script>alert(1)</script>",
    "[x](y) $z$ _e_ *b*",
    "👩\u200d👧 مرحبا \ud800",
]


def _front(card: str) -> ModelCardData:
    """Parse the front matter with the hub's own library."""
    data = ModelCard(card).data
    assert isinstance(data, ModelCardData)
    return data


def _tables(card: str) -> list[list[str]]:
    """Return each table as a list of lines."""
    blocks = card.split("\n\n")
    return [block.strip().splitlines() for block in blocks if block.strip().startswith("|")]


def _cells(line: str) -> int:
    return line.replace("\\|", "").count("|") - 1


def test_front_matter_names_library_task_and_base() -> None:
    """The fields are those that the hub reads."""
    front = _front(model_card(report_samples.few().summary))
    assert front.library_name == "sentence-transformers"
    assert front.pipeline_tag == "sentence-similarity"
    assert front.base_model == "sentence-transformers/all-MiniLM-L6-v2"


def test_texts_in_another_language_are_named() -> None:
    """With what to take instead."""
    summary = report_samples.few().summary
    found = Finding("base-language", Severity.WARNING, 9, "All texts are German.", "Set `base`.")
    assert "**Language:**" not in model_card(summary)
    assert "**Language:** All texts are German. Set `base`." in model_card(
        replace(summary, findings=(found,))
    )


def test_front_matter_holds_the_test_scores() -> None:
    """The scores of model and base, or only the base's if the base was kept."""
    summary = report_samples.few().summary
    front = _front(model_card(summary))
    expected = [(change.metric, round(change.tuned, 4)) for change in summary.changes]
    found = [(result.metric_name, result.metric_value) for result in front.eval_results or []]
    assert found[::2] == expected
    assert found[1] == ("accuracy of the base model, all-MiniLM-L6-v2", 0.8)
    assert front.model_name == "A model for atis-ft-3classes.csv"
    assert front.metrics == ["accuracy", "f1", "precision", "recall", "5_nn_accuracy", "log_loss"]
    kept = report_samples.ten().summary
    values = [result.metric_value for result in _front(model_card(kept)).eval_results or []]
    assert values == [round(change.base, 4) for change in kept.changes]


def test_missing_scores_and_scores_of_other_models_are_left_out() -> None:
    """NaN gives no result, and the card of a static model has none of its parent's."""
    summary = report_samples.few().summary
    nothing = replace(summary, changes=(replace(summary.changes[0], tuned=float("nan")),))
    assert _front(model_card(nothing)).eval_results is None
    static = _front(model_card(summary, STATIC))
    assert (static.eval_results, static.model_name) == (None, None)


@pytest.mark.parametrize(
    "base", ["/srv/models/mine", r"C:\models\mine", "models/mine", "./mine", "mine"]
)
def test_a_local_base_has_no_hub_name(base: str) -> None:
    """Paths are hidden, and the front matter has no base model."""
    card = model_card(
        replace(report_samples.few().summary, base=base, source="/srv/ann/tickets.csv")
    )
    assert _front(card).base_model is None
    assert "| base model | mine |" in card
    assert "srv" not in card
    assert "tickets.csv" in card


@pytest.mark.parametrize("text", NASTY)
def test_no_label_breaks_a_table_or_the_front_matter(text: str) -> None:
    """Tables keep their columns whatever the labels contain, and HTML is escaped."""
    card = model_card(report_samples.nasty(text).summary)
    assert _front(card).library_name == "sentence-transformers"
    card.encode("utf-8")
    tables = _tables(card)
    assert len(tables) == 6
    for table in tables:
        assert {_cells(line) for line in table} == {_cells(table[0])}
    assert "<script>" not in card
    assert card.count("\n```") == 6


def test_the_card_contains_no_texts() -> None:
    """It has label names and counts, but no texts of the data."""
    sample = report_samples.ten()
    card = model_card(sample.summary)
    assert not [text for text in sample.evidence.texts if text in card]
    assert "refund\\_status" in card


def test_the_card_states_verdict_and_kept_model() -> None:
    """Verdict, interval, and that the base was kept."""
    card = model_card(report_samples.ten().summary)
    assert "**No proven change: +2.3 points of accuracy (95% CI" in card
    assert "those of the base model, unchanged" in card
    assert "lower is better" in card
    assert "unchanged" not in model_card(report_samples.few().summary)


def test_a_static_model_names_its_parent() -> None:
    """Its own results come first, and those of its parent are marked as such."""
    card = model_card(report_samples.ten().summary, STATIC)
    assert "# A static model for" in card
    assert "distilled from tick\\|ets on 1,200 texts" in card
    assert "mean cosine of 0.913" in card
    assert "its labels are the same for 95.0%" in card
    assert "76,000 texts per second, the original model 1,022" in card
    assert "The rest of this card describes the original model" in card


def test_the_card_lists_findings() -> None:
    """Findings are listed without the texts that they quote."""
    summary = report_samples.few().summary
    quote = ", such as “<b>secret”"
    finding = Finding("html", Severity.WARNING, 3, f"Tags in 3 rows{quote}.", "", sample=quote)
    card = model_card(replace(summary, findings=(finding,)))
    assert "\n- Tags in 3 rows.\n" in card
    assert "secret" not in card
    assert "found no problems" in model_card(replace(summary, findings=()))


@pytest.mark.parametrize("name", ["many", "multilabel", "worse", "bare"])
def test_every_kind_of_fit_has_a_card(name: str) -> None:
    """Including many classes, multi-label data and a minimal result."""
    card = model_card(getattr(report_samples, name)().summary)
    assert "## Limits" in card
    assert "\n\n\n\n" not in card
