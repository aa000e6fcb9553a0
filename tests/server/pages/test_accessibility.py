"""axe-core finds nothing serious or critical on any page, in either theme, wide or narrow."""

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING

import pytest

from tests.axe import faults
from tests.server.pages.addresses import page_addresses
from tests.server.pages.chromium import THEMES, WIDTHS, Chromium, open_chromium
from tests.server.pages.sites import Site, drawn_map, running_site

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def chromium(site: Site) -> Iterator[Chromium]:
    with open_chromium(str(site.browser.base_url).rstrip("/")) as found:
        yield found


@pytest.fixture(scope="module")
def addresses(site: Site, tickets: str, fitted: str) -> list[str]:
    """Every page, and the report: of two data sets, a waiting fit, a fitted model and a base."""
    drawn_map(site, fitted)
    datasets, fits = [tickets, site.upload("bad.csv", b"")], [site.fit(tickets).id]
    models = [fitted, "all-MiniLM-L6-v2"]
    values = {
        **dict.fromkeys(("dataset", "dataset_id", "ident", "version"), datasets),
        **dict.fromkeys(("fit", "fit_id"), fits),
        **dict.fromkeys(("model", "model_id"), models),
    }
    return [*page_addresses(values), f"/v1/models/{fitted}/report"]


def faults_everywhere(page: "Page") -> list[str]:
    """Return the faults of an open page in each theme and width, with all folds open."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    found = []
    for theme, width in product(THEMES, WIDTHS):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # no colour on its way
        page.set_viewport_size({"width": width, "height": WIDTHS[width]})
        found += [f"{theme}, {width}: {fault}" for fault in faults(page)]
    return found


@pytest.mark.long
def test_no_page_has_a_grave_fault(chromium: Chromium, addresses: list[str]) -> None:
    found, page = [], chromium.open("/")
    for address in addresses:
        answer = page.goto(f"{chromium.address}{address}")
        if answer is None or not answer.body().lstrip().startswith(b"<!doctype"):
            continue  # a piece of a page
        if page.query_selector("#map"):
            page.wait_for_selector("#map[data-ready]")
        found += [f"{address}, {fault}" for fault in faults_everywhere(page)]
    page.close()
    assert not found, "\n".join(found)


def test_the_form_to_sign_in_has_no_grave_fault(
    tmp_path_factory: pytest.TempPathFactory, chromium: Chromium
) -> None:
    with running_site(tmp_path_factory.mktemp("closed"), require_keys=True) as closed:
        page = chromium.browser.new_page()
        page.goto(str(closed.browser.base_url.join("/datasets")))
        assert page.is_visible("#key")
        assert faults_everywhere(page) == []
        page.close()
