"""On a phone tables show their numbers and controls, and words stay whole."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.server.pages.chromium import Chromium, open_chromium
from tests.server.pages.sites import Site, unseen_tickets

if TYPE_CHECKING:
    from tunesmith.results.fit_result import FitResult

pytestmark = pytest.mark.slow
PHONE = 390
LONG = "questions_to_the_town_hall_of_a_large_city"
LINES = """(element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return range.getClientRects().length;
}"""


@pytest.fixture(scope="module")
def chromium(site: Site) -> Iterator[Chromium]:
    with open_chromium(str(site.browser.base_url).rstrip("/")) as found:
        yield found


@pytest.fixture(scope="module")
def compared(site: Site, toy_fit: "FitResult") -> str:
    """The address of a finished comparison with a model of a long name."""
    site.model("tune-long", toy_fit.path)
    site.browser.post("/models/tune-long/rename", data={"name": LONG})
    dataset = site.upload("narrow.csv", unseen_tickets(45))
    address = f"/compare?models=tune-long&models=all-MiniLM-L6-v2&dataset={dataset}"
    while "so far" in site.words(address):
        time.sleep(0.3)
    return address


def end(found: Any) -> float:
    """Return the right end of an element, in pixels of the page."""
    box = found.bounding_box()
    return float(box["x"] + box["width"])


def test_a_comparison_shows_its_numbers(chromium: Chromium, compared: str) -> None:
    page = chromium.open(compared, PHONE)
    assert page.locator(".compared thead").first.inner_text().count("questions") == 1
    for cell in page.locator("section[aria-labelledby=metrics] tbody td").all():
        assert end(cell) <= PHONE
    names = page.locator("section[aria-labelledby=metrics] tbody th").all()
    for name in names:  # each word is whole
        assert name.evaluate(LINES) <= len(name.inner_text().replace("-", " ").split())
    page.close()


def test_a_new_label_can_be_chosen(chromium: Chromium, tuned: str) -> None:
    page = chromium.open(f"/models/{tuned}/data", PHONE)
    assert page.is_visible(".suspects label:text-is('All')")
    choices = page.locator(".suspects select").all()
    assert len(choices) == 4
    assert all(end(choice) <= PHONE for choice in choices)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    page.close()


def test_the_role_of_a_key_is_one_word(chromium: Chromium, site: Site) -> None:
    site.stores.keys.create("laptop of a colleague", "read")
    page = chromium.open("/settings", PHONE)
    assert page.locator("td:text-is('read')").first.evaluate(LINES) == 1
    page.close()
