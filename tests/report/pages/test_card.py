"""Promises of the model card."""

from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import ModelCard, ModelCardData

from tests.report import report_samples
from tunesmith.report.pages.card import model_card
from tunesmith.results.summary import Distillation, Finding, Severity

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
    """Read the front matter as the hub's own library does."""
    data = ModelCard(card).data
    assert isinstance(data, ModelCardData)
    return data


def _tables(card: str) -> list[list[str]]:
    """Return the tables as lists of lines."""
    blocks = card.split("\n\n")
    return [block.strip().splitlines() for block in blocks if block.strip().startswith("|")]


def _cells(line: str) -> int:
    return line.replace("\\|", "").count("|") - 1


def test_front_matter_names_library_task_and_base() -> None:
    """What a model hub reads."""
    front = _front(model_card(report_samples.few().summary))
    assert front.library_name == "sentence-transformers"
    assert front.pipeline_tag == "sentence-similarity"
    assert front.base_model == "sentence-transformers/all-MiniLM-L6-v2"


def test_front_matter_holds_the_scores_of_the_sealed_test() -> None:
    """The model's own, the base's beside them; the base's alone where that is the model."""
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


def test_scores_that_are_none_or_of_another_model_are_not_claimed() -> None:
    """No results without numbers, and none of its parent's in the card of a static model."""
    summary = report_samples.few().summary
    nothing = replace(summary, changes=(replace(summary.changes[0], tuned=float("nan")),))
    assert _front(model_card(nothing)).eval_results is None
    static = _front(model_card(summary, STATIC))
    assert (static.eval_results, static.model_name) == (None, None)


@pytest.mark.parametrize(
    "base", ["/srv/models/mine", r"C:\models\mine", "models/mine", "./mine", "mine"]
)
def test_a_local_base_is_named_but_is_no_hub_name(base: str) -> None:
    """No path is shown, and no base model claimed that a hub does not know."""
    card = model_card(
        replace(report_samples.few().summary, base=base, source="/srv/ann/tickets.csv")
    )
    assert _front(card).base_model is None
    assert "| base model | mine |" in card
    assert "srv" not in card
    assert "tickets.csv" in card


@pytest.mark.parametrize("text", NASTY)
def test_no_label_breaks_a_table_or_the_front_matter(text: str) -> None:
    """Each table keeps its columns, whatever the labels hold, and HTML is shown, not run."""
    card = model_card(report_samples.nasty(text).summary)
    assert _front(card).library_name == "sentence-transformers"
    card.encode("utf-8")
    tables = _tables(card)
    assert len(tables) == 6
    for table in tables:
        assert {_cells(line) for line in table} == {_cells(table[0])}
    assert "<script>" not in card
    assert card.count("\n```") == 6


def test_no_text_of_the_data_is_in_it() -> None:
    """Names of labels and counts, but no text."""
    sample = report_samples.ten()
    card = model_card(sample.summary)
    assert not [text for text in sample.evidence.texts if text in card]
    assert "refund\\_status" in card


def test_it_says_what_was_proven_and_kept() -> None:
    """The verdict, the intervals, and that the base was kept."""
    card = model_card(report_samples.ten().summary)
    assert "**No proven change: +2.3 points of accuracy (95% interval" in card
    assert "The vectors are those of the base model, unchanged" in card
    assert "lower is better" in card
    assert "unchanged" not in model_card(report_samples.few().summary)


def test_a_static_model_says_whose_it_is() -> None:
    """Its own figures come first, and those of its parent are said to be that."""
    card = model_card(report_samples.ten().summary, STATIC)
    assert "# A static model for" in card
    assert "distilled from tick\\|ets on 1,200 texts" in card
    assert "mean cosine of 0.913" in card
    assert "its labels are the same for 95.0%" in card
    assert "76,000 texts a second, its parent 1,022" in card
    assert "What follows is about its parent" in card


def test_it_says_what_the_check_found() -> None:
    """In words, without the texts that a finding quotes."""
    summary = report_samples.few().summary
    quote = ", such as “<b>secret”"
    finding = Finding("html", Severity.WARNING, 3, f"Tags in 3 rows{quote}.", "", sample=quote)
    card = model_card(replace(summary, findings=(finding,)))
    assert "\n- Tags in 3 rows.\n" in card
    assert "secret" not in card
    assert "found nothing wrong" in model_card(replace(summary, findings=()))


@pytest.mark.parametrize("name", ["many", "several", "worse", "bare"])
def test_every_kind_of_fit_has_a_card(name: str) -> None:
    """Also many classes, several labels a text, and next to nothing."""
    card = model_card(getattr(report_samples, name)().summary)
    assert "## Limits" in card
    assert "\n\n\n\n" not in card
