"""Tests that the report can be read by everybody: headings, table headers and contrast."""

import re
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest

from tests.report import pair_samples, report_samples
from tests.report.report_samples import Sample
from tunesmith.report.pages.page import render

SAMPLES = {
    name: getattr(module, name)
    for module, names in (
        (report_samples, ("few", "ten", "many", "multilabel", "worse", "bare", "calibrated")),
        (pair_samples, ("judged", "scored", "searched", "triplets")),
    )
    for name in names
}
TEMPLATES = Path(str(files("tunesmith.report"))) / "templates"
TEXT, LARGE_OR_GRAPHIC = 4.5, 3.0
TEXT_PAIRS = [
    *((colour, ground) for colour in ("ink", "muted") for ground in ("paper", "panel", "well")),
    *(("accent", ground) for ground in ("paper", "panel", "accent-wash")),
    *((look, ground) for look in ("better", "worse", "neutral") for ground in ("panel",)),
    *((look, f"{look}-wash") for look in ("better", "worse", "neutral", "warning")),
    ("warning", "panel"),
    ("ink", "accent-wash"),
    ("muted", "accent-wash"),
    ("on-accent", "accent"),
    ("on-accent", "worse"),
]


class _Outline(HTMLParser):
    """Collect the levels of headings and the cells of table heads."""

    def __init__(self) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.headers: list[tuple[str, dict[str, str | None]]] = []
        self.in_header = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag == "th":
            self.headers.append(("", dict(attrs)))
            self.in_header = True

    def handle_endtag(self, tag: str) -> None:
        self.in_header = self.in_header and tag != "th"

    def handle_data(self, data: str) -> None:
        if self.in_header:
            text, attributes = self.headers[-1]
            self.headers[-1] = text + data, attributes


def _outline(sample: Sample) -> _Outline:
    outline = _Outline()
    outline.feed(render(sample.summary, sample.evidence, model_id="m", model_path="m"))
    return outline


@pytest.mark.parametrize("name", SAMPLES)
def test_headings_skip_no_level(name: str) -> None:
    """There is one h1, and every heading is at most one level below the one before."""
    levels = _outline(SAMPLES[name]()).levels
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("name", SAMPLES)
def test_table_headers_have_words_and_a_scope(name: str) -> None:
    """A screen reader names the column or row of every cell."""
    for text, attributes in _outline(SAMPLES[name]()).headers:
        assert text.strip()
        assert attributes.get("scope")


def _tokens(theme: str) -> dict[str, str]:
    """Return the colours of a theme; the dark one is the second block of the file."""
    blocks = (TEMPLATES / "tokens.css").read_text(encoding="utf-8").split("@media", 1)
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", blocks[theme == "dark"]))


def _channels(colour: str) -> list[float]:
    return [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]


def _luminance(channels: list[float]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _contrast(one: list[float], other: list[float]) -> float:
    """Return the contrast ratio of WCAG 2."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("colour", "ground"), TEXT_PAIRS)
def test_text_has_contrast(theme: str, colour: str, ground: str) -> None:
    """At least 4.5 to 1 for every pair of colours that the pages use for text."""
    tokens = _tokens(theme)
    assert _contrast(_channels(tokens[colour]), _channels(tokens[ground])) >= TEXT


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("tint", ["accent", "worse"])
def test_counts_in_the_confusion_matrix_have_contrast(theme: str, tint: str) -> None:
    """The tints below the full colour are pale enough for the ink."""
    tokens = _tokens(theme)
    styles = (TEMPLATES / "charts.css").read_text(encoding="utf-8")
    shares = re.findall(r"var\(--tint\) (\d+)%, var\(--panel\)", styles)
    assert len(shares) == 4
    for share in shares:
        part = int(share) / 100
        mixed = [
            part * own + (1 - part) * panel
            for own, panel in zip(_channels(tokens[tint]), _channels(tokens["panel"]), strict=True)
        ]
        assert _contrast(_channels(tokens["ink"]), mixed) >= TEXT


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("look", ["accent", "better", "worse", "neutral"])
def test_marks_of_the_evidence_have_contrast(theme: str, look: str) -> None:
    """At least 3 to 1 for dots and icons."""
    tokens = _tokens(theme)
    assert _contrast(_channels(tokens[look]), _channels(tokens["panel"])) >= LARGE_OR_GRAPHIC


def test_both_themes_have_the_same_colours() -> None:
    """A colour that is missing in the dark theme would stay light there."""
    assert _tokens("light").keys() == _tokens("dark").keys()


def test_styles_use_the_tokens_only() -> None:
    """Every custom property is defined, and other files name no colours but black and white."""
    defined = set(re.findall(r"--([\w-]+):", "".join(_styles().values())))
    used = set(re.findall(r"var\(--([\w-]+)", "".join(_styles().values())))
    assert used <= defined
    others = "".join(text for name, text in _styles().items() if name != "tokens.css")
    assert set(re.findall(r"#[0-9a-f]{3,8}\b", others)) <= {"#fff", "#0d1017"}


def _styles() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.css")}
