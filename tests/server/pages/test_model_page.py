"""Every part of a model's page is sound, fits a phone, and answers for every kind of model."""

from collections.abc import Iterator

import pytest

from tests.server.pages.chromium import Chromium, open_chromium
from tests.server.pages.sites import Site, check_sound
from tests.server.pages.tuned import SCRIPT

pytestmark = pytest.mark.slow
TABS = (
    *("", "/classes", "/confusions", "/probabilities", "/changes", "/data", "/ladder"),
    *("/try", "/use", "/manage", "/confusions/rows?true=card&predicted=card"),
)


@pytest.fixture(scope="module")
def chromium(site: Site) -> Iterator[Chromium]:
    with open_chromium(str(site.browser.base_url).rstrip("/")) as found:
        yield found


@pytest.mark.parametrize("tab", TABS)
def test_every_part_is_sound_for_every_model(site: Site, tuned: str, fitted: str, tab: str) -> None:
    for model in (tuned, fitted, "all-MiniLM-L6-v2"):
        page = site.page(f"/models/{model}{tab}")
        check_sound(page)
        assert page.select("img") == []
        assert len(page.select(".button.main")) <= 1


def test_the_parts_are_linked_and_the_current_one_is_marked(site: Site, tuned: str) -> None:
    page = site.page(f"/models/{tuned}/changes")
    links = [link.get_text(strip=True) for link in page.select(".tabs a")]
    assert links == [
        *("Overview", "Classes", "Confusions", "Probabilities", "Map", "What changed"),
        *("Data and check", "Ladder", "Try it", "Use it", "Manage"),
    ]
    assert page.select_one(".tabs [aria-current]").get_text(strip=True) == "What changed"  # type: ignore[union-attr]


def test_the_cards_have_every_metric_of_labels(site: Site, tuned: str) -> None:
    words = site.words(f"/models/{tuned}").lower()
    for metric in ("accuracy", "log loss", "macro f1", "macro precision", "macro recall"):
        assert metric in words


def test_probabilities_are_plotted_and_tabulated(site: Site, tuned: str) -> None:
    """One point a bin in both plots, and a line for each minimum probability."""
    page = site.page(f"/models/{tuned}/probabilities")
    plots = page.select("svg.reliability")
    assert len(plots) == 2
    assert all(plot.select("circle title") for plot in plots)
    minimums = [cell.get_text() for cell in page.select("table.counts tbody th")]
    assert minimums == sorted(minimums)
    assert "0.90" in minimums


def test_every_part_fits_a_phone(chromium: Chromium, tuned: str) -> None:
    for tab in TABS:
        page = chromium.open(f"/models/{tuned}{tab}", width=390)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, tab
        page.close()


def test_a_hostile_text_stays_a_text(chromium: Chromium, tuned: str) -> None:
    page = chromium.open(f"/models/{tuned}/changes?show=fixed")
    assert page.locator(f"text={SCRIPT} 3").count() == 1
    page.close()
