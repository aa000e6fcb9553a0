"""Promises of the report."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.report import report_samples
from tests.report.report_samples import Sample
from tunesmith.errors import OutputError
from tunesmith.report.pages.page import write_report

VOID = {"meta", "br", "wbr", "link", "img", "input", "hr"}
SAMPLES = ["few", "ten", "many", "several", "worse", "bare"]
NASTY = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)> ' & </style></title></svg>",
    "{{ 7 * 7 }} {% raw %}",
    "مرحبا بالعالم \u202e txt.exe 👩\u200d👩\u200d👧 \ud800 \x00",
    "w" * 5000,
]


class _Reader(HTMLParser):
    """Checks that tags nest, and collects tags, attributes and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"script", "style"}:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def _report(sample: Sample, folder: Path) -> str:
    path = folder / "models" / "tickets-20261121-2b7f" / "report.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_report(sample.summary, sample.evidence, path)
    return path.read_text(encoding="utf-8")


def _read(page: str) -> _Reader:
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


@pytest.mark.parametrize("name", SAMPLES)
def test_the_page_is_whole_and_loads_nothing(name: str, tmp_path: Path) -> None:
    """Tags nest, and no attribute or style fetches anything from anywhere."""
    page = _report(getattr(report_samples, name)(), tmp_path)
    reader = _read(page)
    assert not {"link", "img", "iframe", "object", "base"} & set(reader.tags)
    fetching = [v for k, v in reader.attributes if k in {"src", "srcset", "href", "xlink:href"}]
    assert all(value.startswith("#") for value in fetching)
    assert not re.search(r"@import|url\(|https?://", page)
    assert "nan" not in re.findall(r'"(?:nan|inf)%?"', page.lower())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("few", "Better: +18.6 points of accuracy (95% interval +8.6 to +28.5)"),
        ("ten", "No proven change Measured: +2.3 points of accuracy (95% interval"),
        ("worse", "Worse: −28.6 points of accuracy (95% interval −41.2 to −16.0)"),
        ("several", "Better: +7.4 points of mean average precision"),
    ],
)
def test_the_verdict_comes_first_in_words(name: str, words: str, tmp_path: Path) -> None:
    """The first heading is the verdict with its interval."""
    page = _report(getattr(report_samples, name)(), tmp_path)
    heading = page[page.index("<h1") : page.index("</h1>") + 5]
    assert words in _read(heading).text
    assert page.index("<h1") < page.index("<h2")


def test_sections_stand_in_their_order(tmp_path: Path) -> None:
    """From the verdict down to how to use the model."""
    page = _report(report_samples.ten(), tmp_path)
    names = [
        "verdict", "scores", "classes", "confusions", "maps", "ladder", "lighter", "moved",
        "findings", "data", "use",
    ]  # fmt: skip
    places = [page.index(f'id="{name}"') for name in names]
    assert places == sorted(places)


def test_lighter_forms_say_what_they_keep(tmp_path: Path) -> None:
    """What was measured with its interval, and why there is no other."""
    sample = report_samples.ten()
    page = _report(sample, tmp_path)
    section = page[page.index('id="lighter"') : page.index('id="moved"')]
    assert "not proven worse" in section
    assert "−0.050 to +0.010" in section
    assert "refused: its vectors turn too far" in section
    without = replace(sample, summary=replace(sample.summary, variants=()))
    assert 'id="lighter"' not in _report(without, tmp_path)


@pytest.mark.parametrize("text", NASTY)
def test_every_text_is_escaped(text: str, tmp_path: Path) -> None:
    """Whatever stands in a text, a label, a file name or a title is shown and never run."""
    page = _report(report_samples.nasty(text), tmp_path)
    reader = _read(page)
    assert reader.tags.count("script") == 1
    assert "img" not in reader.tags
    assert not [name for name, _ in reader.attributes if name.startswith("on")]
    assert "w" * 500 not in page.split("</main>")[0].split('id="scores"')[1]


def test_arrows_and_words_agree_for_log_loss(tmp_path: Path) -> None:
    """A falling log loss has a falling arrow and is called better."""
    page = _report(report_samples.few(), tmp_path)
    card = next(part for part in page.split("<article") if "Log loss" in part.split("</h3>")[0])
    text = _read("<article" + card[: card.index("</article>") + 10]).text
    assert "lower is better" in text
    assert text.endswith("better")
    assert "M6 10.5 1 2h10z" in card
    assert 'class="card good' in "<article" + card


def test_the_reference_stands_apart(tmp_path: Path) -> None:
    """TF-IDF comes after the rungs, as never chosen."""
    text = _read(_report(report_samples.few(), tmp_path)).text
    assert (
        text.index("whole model") < text.index("For reference, never chosen") < text.index("TF-IDF")
    )
    assert "the loss was not finite in step 41" in text


def test_a_base_that_was_kept_is_said_to_be(tmp_path: Path) -> None:
    """The scores of the best rung are not mistaken for those of the model in the folder."""
    text = _read(_report(report_samples.ten(), tmp_path)).text
    assert "the base’s vectors" in text
    assert "which was not kept" in text
    assert "which was not kept" not in _read(_report(report_samples.few(), tmp_path)).text


def test_empty_parts_are_said_to_be_empty(tmp_path: Path) -> None:
    """No scores, maps, findings or changes: a sentence each; folds are explained."""
    text = _read(_report(report_samples.bare(), tmp_path)).text
    for words in (
        "No scores were measured",
        "No map was drawn",
        "the data is clean",
        "No test text changed",
        "before and after are the same model",
        "each once, by models that had not seen it",
    ):
        assert words in text


def test_multilabel_data_has_unknown_labels_and_no_confusions(tmp_path: Path) -> None:
    """The page says why there is no matrix, and counts yes, no and unknown."""
    text = _read(_report(report_samples.several(), tmp_path)).text
    assert "no single table of confusions" in text
    assert "yes no unknown" in text


def test_77_classes_and_3000_texts_stay_small(tmp_path: Path) -> None:
    """Below 2.5 MB, with a heat grid and every class in the table."""
    sample = report_samples.many()
    page = _report(sample, tmp_path)
    assert len(page.encode()) < 2_500_000
    assert page.count("<circle cx=") >= 4 * 3000
    assert 'class="grid"' in page
    assert sum(page.count(f'scope="row"><bdi>{c.label[:7]}') for c in sample.summary.classes) > 0


def test_lines_to_copy_name_the_model(tmp_path: Path) -> None:
    """The model is called as its folder, or as it is told."""
    sample = report_samples.few()
    text = _read(_report(sample, tmp_path)).text
    assert 'tunesmith.load("models/tickets-20261121-2b7f")' in text
    path = tmp_path / "report.html"
    write_report(sample.summary, sample.evidence, path, model_id="later")
    assert "tunesmith classify later" in path.read_text(encoding="utf-8")


def test_the_foot_warns_and_tells_how_it_was_made(tmp_path: Path) -> None:
    """Versions, seed, digests, date, cost, and that texts are inside."""
    sample = report_samples.few()
    page = _report(sample, tmp_path)
    foot = _read(page[page.index("<footer") : page.index("</footer>") + 9]).text
    digests = (sample.summary.data_digest, sample.summary.base_digest)
    told = ("Think before you share", "torch 2.13.0", "41 s", "Seed 0", "21 November 2026")
    for words in (*told, *digests):
        assert words in foot


def test_two_writes_give_one_page(tmp_path: Path) -> None:
    """The same fit gives the same bytes."""
    assert _report(report_samples.ten(), tmp_path) == _report(report_samples.ten(), tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The error names the file."""
    sample = report_samples.few()
    with pytest.raises(OutputError, match=r"report\.html cannot be written"):
        write_report(sample.summary, sample.evidence, tmp_path / "absent" / "report.html")
