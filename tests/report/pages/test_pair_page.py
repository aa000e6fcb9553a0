"""Promises of the report and the card of pairs, queries and triplets."""

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
    """Collects words, tags and attributes, and checks that tags nest."""

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
def test_every_form_has_its_page(name: str, tmp_path: Path) -> None:
    """Tags nest, links lead to sections, pictures are described, and nothing is loaded."""
    page = _page(getattr(pair_samples, name)(), tmp_path)
    read = _read(page)
    ids = {attributes.get("id") for _, attributes in read.tags}
    links = [named["href"] for tag, named in read.tags if tag == "a"]
    assert {str(link).removeprefix("#") for link in links} <= ids
    drawn = [named for tag, named in read.tags if tag == "svg" and named.get("role") == "img"]
    assert len(drawn) >= 2
    assert all(named.get("aria-label") for named in drawn)
    assert not re.search(r"(src|href)=\"(?!#)", page)
    assert len(page.encode()) < 1_000_000


@pytest.mark.parametrize("name", SAMPLES)
def test_what_only_labels_have_is_not_there(name: str, tmp_path: Path) -> None:
    """No classes, confusions, maps, labels or texts: the words are those of the kind."""
    text = _read(_page(getattr(pair_samples, name)(), tmp_path)).text
    for words in ("Class by class", "taken for what", "No map", "classif", "predicted", "Made for"):
        assert words not in text
    item = {"searched": "queries", "triplets": "triplets"}.get(name, "pairs")
    assert f"test {item}" in text
    assert "test text" not in text


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("name", SAMPLES)
def test_hostile_texts_stay_texts(name: str, text: str, tmp_path: Path) -> None:
    """No tag of theirs becomes one of the page's, and no cell breaks the card."""
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
    """Where validation is of another kind than the test, scores of the two are not mixed up."""
    text = _read(_page(pair_samples.scored(), tmp_path)).text
    assert "The score is average precision on the 1,800 validation pairs" in text
    assert "Worse: −0.046 Spearman (cosine)" in text


def test_the_guards_are_told_plainly(tmp_path: Path) -> None:
    """Recipe, test, shares kept, what training alone would have done, what was forgotten."""
    text = _read(_page(pair_samples.judged(), tmp_path)).text
    for words in (
        "61% of these have a text",
        "labelled pairs held out of questions.csv",
        "25% of its training, the rest is the base",
        "Unmixed, the trained weights would have taken average precision from 0.781 to 0.742",
        "(−0.060 to −0.020): worse.",
        "nothing is proven to be forgotten",
    ):
        assert words in text
    lost = _read(_page(pair_samples.scored(), tmp_path)).text
    assert "some of it was forgotten" in lost
    assert "The base was kept, so nothing was lost." in lost


def test_parts_are_shown_beside_the_whole(tmp_path: Path) -> None:
    """All, seen and unseen queries with every metric; a single part has no table."""
    sample = pair_samples.searched()
    read = _read(_page(sample, tmp_path))
    for words in ("All queries 300 queries", "in training 196 queries", "in training 104 queries"):
        assert words in read.text
    assert read.text.count("MAP@100") == 4
    assert "what harms queries for new documents is refused" in read.text
    findings = sample.summary.pairs
    assert findings is not None
    one = replace(sample.summary, pairs=replace(findings, parts=findings.parts[1:]))
    alone = _read(_page(Sample(one, sample.evidence), tmp_path)).text
    assert "Every metric, by part" not in alone


def test_nothing_moved_is_said(tmp_path: Path) -> None:
    """The base itself was chosen: one picture, no moved pairs, nothing forgotten."""
    text = _read(_page(pair_samples.triplets(), tmp_path)).text
    for words in (
        "Before and after best told apart",
        "Nothing moved: before and after are the same model.",
        "No weights were trained, so there was nothing to guard against.",
        "has forgotten nothing",
        "On the validation triplets no rung was better",
    ):
        assert words in text


def test_lines_to_copy_fit_the_model(tmp_path: Path) -> None:
    """Queries go their own way where there is one; nothing that has no labels classifies."""
    route = _read(_page(pair_samples.searched(), tmp_path)).text
    assert "model.encode_query(" in route
    assert "tunesmith search" in route
    plain = _read(_page(pair_samples.judged(), tmp_path)).text
    assert "encode_query" not in plain
    assert "tunesmith similarity" in plain
    assert "classify" not in plain + route


def test_the_card_tells_parts_and_guards_and_no_text() -> None:
    """A table for each part, what the guards did, no path and no text of the data."""
    sample = pair_samples.searched()
    card = model_card(sample.summary)
    assert "Unseen: no document was asked for in training (104 queries):" in card
    assert "The test: retrieval held out of science." in card
    assert "| corpus | open |" in card
    assert "Queries for documents that no training query had" in card
    assert sample.evidence.pairs is not None
    assert not [text for text in sample.evidence.pairs.left if text in card]
    judged = model_card(pair_samples.judged().summary)
    assert "- Whole model: 25% of its training, the rest is the base." in judged
    assert "Unmixed, " in judged
    assert "classifier" not in judged + card
    assert "\n\n\n" not in judged + card
