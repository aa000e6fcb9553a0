"""Tests of the HTML report."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.report import report_samples
from tests.report.report_samples import Sample
from tunesmith.errors import OutputError
from tunesmith.report.pages.page import write_report
from tunesmith.results import Outcome

VOID = {"meta", "br", "wbr", "link", "img", "input", "hr"}
SAMPLES = ["few", "ten", "many", "multilabel", "worse", "bare", "calibrated"]
NASTY = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)> ' & </style></title></svg>",
    "{{ 7 * 7 }} {% raw %}",
    "مرحبا بالعالم \u202e txt.exe 👩\u200d👩\u200d👧 \ud800 \x00",
    "w" * 5000,
]


class _Reader(HTMLParser):
    """Check that tags nest, and collect tags, attributes and text."""

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
def test_the_page_is_valid_and_loads_nothing(name: str, tmp_path: Path) -> None:
    """Tags nest, and no attribute or style loads external content."""
    page = _report(getattr(report_samples, name)(), tmp_path)
    reader = _read(page)
    assert not {"link", "img", "iframe", "object", "base"} & set(reader.tags)
    fetching = [v for k, v in reader.attributes if k in {"src", "srcset", "href", "xlink:href"}]
    assert all(value.startswith("#") for value in fetching)
    embedded = "url(data:font/woff2;base64,"
    assert page.count("url(") == page.count(embedded) == 1
    assert not re.search(r"@import|https?://", page)
    assert "nan" not in re.findall(r'"(?:nan|inf)%?"', page.lower())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("few", "Better: +18.6 points of accuracy (95% CI +8.6 to +28.5)"),
        ("ten", "No proven change Measured: +2.3 points of accuracy (95% CI"),
        ("worse", "Worse: −28.6 points of accuracy (95% CI −41.2 to −16.0)"),
        ("multilabel", "Better: +7.4 points of mean average precision"),
    ],
)
def test_the_verdict_comes_first(name: str, words: str, tmp_path: Path) -> None:
    """The first heading is the verdict with its interval."""
    page = _report(getattr(report_samples, name)(), tmp_path)
    heading = page[page.index("<h1") : page.index("</h1>") + 5]
    assert words in _read(heading).text
    assert page.index("<h1") < page.index("<h2")


def test_sections_are_in_order(tmp_path: Path) -> None:
    """From the verdict to the usage examples."""
    page = _report(report_samples.calibrated(), tmp_path)
    names = [
        "verdict", "scores", "classes", "confusions", "calibration", "maps", "ladder", "lighter",
        "moved", "suspects", "findings", "data", "use",
    ]  # fmt: skip
    positions = [page.index(f'id="{name}"') for name in names]
    assert positions == sorted(positions)


def test_calibration_has_plots_and_a_table(tmp_path: Path) -> None:
    """Error before and after, a point for each bin, and the answered shares."""
    page = _report(report_samples.calibrated(), tmp_path)
    section = page[page.index('<section id="calibration"') : page.index('<section id="maps"')]
    text = _read(section.strip()).text
    assert "Before calibration error 0.132, log loss 0.532" in text
    assert "After calibration error 0.021" in text
    assert "scaled by the temperature of the other folds" in text
    assert section.count("<circle") == 30
    assert "0.80 71.0% 0.972" in text
    assert "0.99 0.0% –" in text
    assert 'id="calibration"' not in _report(report_samples.ten(), tmp_path)


def test_suspected_label_errors_are_listed(tmp_path: Path) -> None:
    """The first hundred, with the command that writes all of them."""
    sample = report_samples.calibrated()
    page = _report(sample, tmp_path)
    section = page[page.index('<section id="suspects"') : page.index('<section id="findings"')]
    text = _read(section.strip()).text
    assert section.count("<tr><td>") == 100
    assert "100 of 130 rows are shown" in text
    assert "tunesmith inspect tickets-20261121-2b7f --label-errors -o suspects.csv" in text
    assert sample.evidence.suspects[0].text in text
    assert "in the suspected label errors" in _read(page).text
    plain = _report(report_samples.ten(), tmp_path)
    assert 'id="suspects"' not in plain
    assert "label errors" not in plain


def test_compressed_variants_show_their_scores(tmp_path: Path) -> None:
    """Scores with their interval, or the reason why a variant is missing."""
    sample = report_samples.ten()
    page = _report(sample, tmp_path)
    section = page[page.index('id="lighter"') : page.index('id="moved"')]
    assert "not proven worse" in section
    assert "−5.0 to +1.0" in section
    assert "rejected: its embeddings differ too much" in section
    without = replace(sample, summary=replace(sample.summary, variants=()))
    assert 'id="lighter"' not in _report(without, tmp_path)


@pytest.mark.parametrize("text", NASTY)
def test_every_text_is_escaped(text: str, tmp_path: Path) -> None:
    """Markup in texts, labels, file names and titles is escaped."""
    page = _report(report_samples.nasty(text), tmp_path)
    reader = _read(page)
    assert reader.tags.count("script") == 1
    assert "img" not in reader.tags
    assert not [name for name, _ in reader.attributes if name.startswith("on")]
    assert "w" * 500 not in page.split("</main>")[0].split('id="scores"')[1]


def test_a_lower_log_loss_is_better(tmp_path: Path) -> None:
    """A lower log loss has a downward arrow and is marked as better."""
    page = _report(report_samples.few(), tmp_path)
    card = next(part for part in page.split("<article") if "Log loss" in part.split("</h3>")[0])
    text = _read("<article" + card[: card.index("</article>") + 10]).text
    assert "lower is better" in text
    assert text.endswith("better")
    assert "M6 10.5 1 2h10z" in card
    assert 'class="card good' in "<article" + card


def test_the_headline_metric_has_the_verdicts_outcome(tmp_path: Path) -> None:
    """Its interval excludes zero, but the permutation test does not agree."""
    sample = report_samples.few()
    verdict = replace(sample.summary.verdict, outcome=Outcome.NO_PROVEN_CHANGE)
    unproven = replace(sample, summary=replace(sample.summary, verdict=verdict))
    scores = _report(unproven, tmp_path).split('id="scores"')[1].split("</section>")[0]
    cards = scores.split("<article")[1:]
    tags = {card.split("<h3>")[1].split("<")[0]: 'class="tag">better' in card for card in cards}
    assert tags["Accuracy"] is False
    assert tags["Log loss "] is True


def test_the_reference_comes_last(tmp_path: Path) -> None:
    """TF-IDF follows the candidates and is marked as never chosen."""
    text = _read(_report(report_samples.few(), tmp_path)).text
    assert text.index("whole model") < text.index("Reference only") < text.index("TF-IDF")
    assert "loss was not finite in step 41" in text


def test_a_kept_base_is_stated(tmp_path: Path) -> None:
    """The page states that the scores are those of a candidate that was not kept."""
    text = _read(_report(report_samples.ten(), tmp_path)).text
    assert "base model embeddings" in text
    assert "which was not kept" in text
    assert "which was not kept" not in _read(_report(report_samples.few(), tmp_path)).text


def test_the_kept_model_has_the_large_number(tmp_path: Path) -> None:
    """It is the base if the candidate was not kept, and the tuned model otherwise."""
    for name, side in (("ten", "base"), ("few", "tuned"), ("bare", "base")):
        sample = getattr(report_samples, name)()
        changes = sample.summary.changes
        page = _report(sample, tmp_path)
        large = re.findall(r'class="kept">([^<]+)<', page)
        assert large == [f"{getattr(change, side):.3f}" for change in changes]
    assert "kept; candidate 0.862" in _read(_report(report_samples.ten(), tmp_path)).text


def test_changes_are_in_points_only(tmp_path: Path) -> None:
    """Shares change by points with one decimal and a true minus, other metrics by their unit."""
    sample = report_samples.ten()
    cards = re.findall(r"<article.*?</article>", _report(sample, tmp_path), re.S)
    text = " ".join(_read(card).text for card in cards[:6])
    signs = re.findall(r"[+−-]\d[\d.]*", text)
    points, loss = signs[:-3], signs[-3:]
    assert all(re.fullmatch(r"[+−]\d+\.\d", sign) for sign in points)
    assert all(re.fullmatch(r"[+−]\d\.\d{3}", sign) for sign in loss)


def test_all_but_the_summary_is_folded(tmp_path: Path) -> None:
    """Every section that a link leads to has its own fold, closed at first."""
    page = _report(report_samples.calibrated(), tmp_path)
    linked = set(re.findall('href="#([^"]+)"', page)) - {"verdict"}
    for name in linked:
        assert f'<section id="{name}">\n<details class="fold">' in page
    assert "<details open" not in page


def test_an_unchanged_model_is_shown_once(tmp_path: Path) -> None:
    """If the base was chosen, there are no changes, and one confusion matrix."""
    sample = report_samples.few()
    summary = replace(sample.summary, chosen="base", kept="base")
    counts = sample.evidence.confusion_base
    page = _report(
        Sample(summary, replace(sample.evidence, confusion_tuned=counts, changed=())), tmp_path
    )
    assert page.count('<table class="matrix') == 1
    assert 'class="interval' not in page
    assert "Weakest classes" in page


def test_classes_are_sorted_by_what_changed(tmp_path: Path) -> None:
    """Proven changes come first, then the largest."""
    sample = report_samples.ten()
    page = _report(sample, tmp_path)
    table = page[page.index('<table class="classes"') :]
    shown = re.findall(r'scope="row"><bdi>(.*?)</bdi>', table[: table.index("</table>")])
    proven = {
        row.label: row.f1.outcome is not Outcome.NO_PROVEN_CHANGE for row in sample.summary.classes
    }
    size = {row.label: abs(row.f1.difference) for row in sample.summary.classes}
    names = [name.replace("<wbr>", "") for name in shown]
    assert names == sorted(names, key=lambda name: (not proven[name], -size[name]))


def test_findings_show_their_texts(tmp_path: Path) -> None:
    """The first three rows, with what to do; notes come last."""
    sample = report_samples.ten()
    conflicts = {17: "my card", 203: "<b>my</b> card", 310: "third", 344: "fourth"}
    texts: tuple[dict[int, str], ...] = (conflicts, {}, {88: "long"})
    page = _report(Sample(sample.summary, replace(sample.evidence, finding_texts=texts)), tmp_path)
    text = _read(page).text
    assert "What to do: Decide on one label for each. row 17 my card row 203 <b>my</b> card" in text
    assert "fourth" not in text
    assert text.index("row 88 long") < text.index("Show 1 note on the data")
    assert "and in the data check" in text


def test_empty_sections_have_a_sentence(tmp_path: Path) -> None:
    """Missing scores, maps, findings and changes are stated, and folds are explained."""
    text = _read(_report(report_samples.bare(), tmp_path)).text
    for words in (
        "No scores were measured",
        "No map is available",
        "No problems found",
        "No test text has a new",
        "before and after are the same model",
        "by models not trained on it",
    ):
        assert words in text


def test_multilabel_data_has_no_confusion_matrix(tmp_path: Path) -> None:
    """The page explains why, and counts yes, no and unknown labels."""
    text = _read(_report(report_samples.multilabel(), tmp_path)).text
    assert "no single confusion matrix" in text
    assert "yes no unknown" in text


def test_the_verdict_names_no_parameters(tmp_path: Path) -> None:
    """Its readers may have neither Python nor the command line."""
    sample = report_samples.few()
    verdict = replace(sample.summary.verdict, advice="Try a larger `budget` <first> (`budget`).")
    page = _report(Sample(replace(sample.summary, verdict=verdict), sample.evidence), tmp_path)
    assert "Try a larger budget &lt;first&gt;." in page


def test_the_kind_is_named_once(tmp_path: Path) -> None:
    """The reason of the detection starts with the kind, which the sentence has already."""
    sample = report_samples.few()
    summary = replace(sample.summary, decision="labelled: column 'text' holds texts")
    text = _read(_report(Sample(summary, sample.evidence), tmp_path)).text
    assert "was detected as labelled data: column 'text' holds texts" in text


def test_a_page_without_texts_has_no_warning(tmp_path: Path) -> None:
    """The warning names the places that show texts."""
    assert "contains texts of your data" not in _report(report_samples.bare(), tmp_path)
    foot = _read(_report(report_samples.few(), tmp_path)).text.split("Before you share")[1]
    assert "on the maps and in the examples of the largest changes" in foot


def test_77_classes_and_3000_texts_stay_small(tmp_path: Path) -> None:
    """The page is below 2.5 MB, with a heat map and all classes in the table."""
    sample = report_samples.many()
    page = _report(sample, tmp_path)
    assert len(page.encode()) < 2_500_000
    assert page.count("<circle cx=") >= 4 * 3000
    assert 'class="grid"' in page
    assert sum(page.count(f'scope="row"><bdi>{c.label[:7]}') for c in sample.summary.classes) > 0


def test_code_examples_name_the_model(tmp_path: Path) -> None:
    """The name is that of the folder, or the given model ID."""
    sample = report_samples.few()
    text = _read(_report(sample, tmp_path)).text
    assert 'tunesmith.load("models/tickets-20261121-2b7f")' in text
    path = tmp_path / "report.html"
    write_report(sample.summary, sample.evidence, path, model_id="later")
    assert "tunesmith classify later" in path.read_text(encoding="utf-8")


def test_the_footer_has_a_warning_and_the_settings(tmp_path: Path) -> None:
    """Versions, seed, digests, date, time, and that the file contains texts."""
    sample = report_samples.few()
    page = _report(sample, tmp_path)
    foot = _read(page[page.index("<footer") : page.index("</footer>") + 9]).text
    digests = (sample.summary.data_digest, sample.summary.base_digest)
    settings = ("Before you share", "torch 2.13.0", "41 s", "Seed 0", "21 November 2026")
    for words in (*settings, *digests):
        assert words in foot


def test_the_page_is_deterministic(tmp_path: Path) -> None:
    """The same fit gives the same bytes."""
    assert _report(report_samples.ten(), tmp_path) == _report(report_samples.ten(), tmp_path)


def test_a_write_error_names_the_file(tmp_path: Path) -> None:
    """The folder does not exist."""
    sample = report_samples.few()
    with pytest.raises(OutputError, match=r"report\.html cannot be written"):
        write_report(sample.summary, sample.evidence, tmp_path / "absent" / "report.html")
