"""Tests of the report and the card for pairs, queries and triplets."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.report import pair_samples
from tests.report.pages.test_page import NASTY, VOID
from tests.report.report_samples import Sample
from tunesmith.report.pages.card import model_card
from tunesmith.report.pages.page import write_report

SAMPLES = ["judged", "scored", "searched", "triplets"]


class _Nesting(HTMLParser):
    """Check that tags nest, and collect words, tags and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not set(self.open) & {"style", "script"}:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def _page(sample: Sample, folder: Path) -> str:
    path = folder / "report.html"
    write_report(sample.summary, sample.evidence, path)
    return path.read_text(encoding="utf-8")


def _read(page: str) -> _Nesting:
    reader = _Nesting()
    reader.feed(page)
    reader.close()
    assert not reader.open
    return reader


@pytest.mark.parametrize("name", SAMPLES)
def test_every_form_has_a_valid_page(name: str, tmp_path: Path) -> None:
    """Tags nest, links have targets, charts have descriptions, and nothing is loaded."""
    page = _page(getattr(pair_samples, name)(), tmp_path)
    read = _read(page)
    ids = {attributes.get("id") for _, attributes in read.tags}
    links = [named["href"] for tag, named in read.tags if tag == "a"]
    assert {str(link).removeprefix("#") for link in links} <= ids
    drawn = [named for tag, named in read.tags if tag == "svg" and named.get("role") == "img"]
    assert len(drawn) >= (1 if name == "triplets" else 2)  # nothing changed there
    assert all(named.get("aria-label") for named in drawn)
    assert not re.search(r"(src|href)=\"(?!#)", page)
    assert len(page.encode()) < 1_000_000


@pytest.mark.parametrize("name", SAMPLES)
def test_sections_for_labelled_data_are_absent(name: str, tmp_path: Path) -> None:
    """There are no classes, confusions or maps, and test items have the right name."""
    text = _read(_page(getattr(pair_samples, name)(), tmp_path)).text
    for words in ("Results by class", "Confusion", "No map", "classif", "predicted", "Goal"):
        assert words not in text
    item = {"searched": "queries", "triplets": "triplets"}.get(name, "pairs")
    assert f"test {item}" in text
    assert "test text" not in text


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("name", SAMPLES)
def test_hostile_texts_are_escaped(name: str, text: str, tmp_path: Path) -> None:
    """Texts add no tags to the page, and the card stays valid."""
    sample = pair_samples.nasty_pairs(getattr(pair_samples, name)(), text)
    read = _read(_page(sample, tmp_path))
    tags = [tag for tag, _ in read.tags]
    assert tags.count("script") == 1
    assert "img" not in tags
    assert "onerror" not in {name for _, named in read.tags for name in named}
    card = model_card(sample.summary)
    assert "<script" not in card
    card.encode("utf-8")


def test_the_ladder_names_its_own_metric(tmp_path: Path) -> None:
    """The validation metric is named where it differs from the test metric."""
    text = _read(_page(pair_samples.scored(), tmp_path)).text
    assert "average precision on the 1,800 validation pairs" in text
    assert "Worse: −0.046 Spearman (cosine)" in text


def test_safeguards_are_shown(tmp_path: Path) -> None:
    """Recipe, test data, blending, the result without blending, and forgetting."""
    text = _read(_page(pair_samples.judged(), tmp_path)).text
    for words in (
        "61% of these have a text",
        "labelled pairs held out of questions.csv",
        "25% tuned weights, 75% base weights",
        "average precision from 0.781 to 0.742",
        "−6.0 to −2.0): worse.",
        "no proven forgetting",
    ):
        assert words in text
    lost = _read(_page(pair_samples.scored(), tmp_path)).text
    assert "some forgetting" in lost
    assert "The base model was kept, so this had no effect." in lost


def test_query_parts_are_shown_with_the_total(tmp_path: Path) -> None:
    """All, seen and unseen queries have all metrics; a single part has no table."""
    sample = pair_samples.searched()
    read = _read(_page(sample, tmp_path))
    for words in (
        "All queries 300 queries",
        "in training 196 queries",
        "unseen documents 104 queries",
    ):
        assert words in read.text
    assert read.text.count("MAP@100") == 5  # in four tables, and its meaning
    assert "harm queries with unseen documents are rejected" in read.text
    findings = sample.summary.pairs
    assert findings is not None
    one = replace(sample.summary, pairs=replace(findings, parts=findings.parts[1:]))
    alone = _read(_page(Sample(one, sample.evidence), tmp_path)).text
    assert "Metrics for seen and unseen" not in alone
    assert "Queries with unseen documents (" not in model_card(one)


def test_cross_validation_has_no_validation_rows(tmp_path: Path) -> None:
    """The page and the card list the training and the test rows only."""
    sample = pair_samples.searched()
    folded = replace(sample.summary, folds=5, folds_reason="few rows", validation=0)
    text = _read(_page(Sample(folded, sample.evidence), tmp_path)).text
    assert "Validation 0" not in text
    assert "| validation |" not in model_card(folded)
    assert "| validation | 300 |" in model_card(sample.summary)


def test_an_unchanged_model_is_stated(tmp_path: Path) -> None:
    """If the base was chosen, there is one chart, and no changes or forgetting."""
    text = _read(_page(pair_samples.triplets(), tmp_path)).text
    for words in (
        "Before and after best F1",
        "Nothing changed: before and after are the same model.",
        "No weights were trained",
        "nothing was forgotten",
        "on the validation triplets",
    ):
        assert words in text


def test_code_examples_suit_the_model(tmp_path: Path) -> None:
    """A query encoder is used where there is one, and classify needs labels."""
    route = _read(_page(pair_samples.searched(), tmp_path)).text
    assert "model.encode_query(" in route
    assert "tunesmith search" in route
    assert "--queries queries" in route
    plain = _read(_page(pair_samples.judged(), tmp_path)).text
    assert "encode_query" not in plain
    assert "tunesmith similarity" in plain
    assert "classify" not in plain + route


@pytest.mark.parametrize("kept", ["map", "adapted-map", "top"])
def test_the_card_warns_of_every_query_map(kept: str) -> None:
    """Also of one on an adapted base, whose documents must be embedded again."""
    card = model_card(replace(pair_samples.searched().summary, kept=kept))
    assert ("Warning: plain encode" in card) == kept.endswith("map")
    assert ("those of the adapted base" in card) == (kept == "adapted-map")
    assert "model.encode_query(" in card


def test_the_card_shows_parts_and_safeguards_without_texts() -> None:
    """It has a table for each part and the safeguards, but no paths or texts."""
    sample = pair_samples.searched()
    card = model_card(sample.summary)
    assert "Queries with unseen documents (104 queries):" in card
    assert "Warning: plain encode gives the vectors of documents" in card
    for name in ("LangChain", "LlamaIndex", "Haystack", "Vector databases"):
        assert name in card
    assert "Test data: retrieval held out of science." in card
    assert "| corpus | open |" in card
    assert "Queries with unseen documents are harder" in card
    assert sample.evidence.pairs is not None
    assert not [text for text in sample.evidence.pairs.left if text in card]
    judged = model_card(pair_samples.judged().summary)
    assert "- Whole model: 25% tuned weights, 75% base weights." in judged
    assert "Without blending, " in judged
    assert "classifier" not in judged + card
    assert "\n\n\n" not in judged + card
