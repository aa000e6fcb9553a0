"""The form to start a fit shows what would be tried, with and without script."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.server.pages.browsers import browser_page
from tests.server.pages.sites import Site, check_sound
from tunesmith.server.fits import Status

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def planned(site: Site, tickets: str) -> str:
    """The address of a form whose plan is known."""
    address = f"/fits/new?dataset={tickets}&budget=none&cross_validate=off"
    while "is being measured" in site.words(address):
        time.sleep(0.2)
    return address


def test_the_candidates_are_shown_before_the_start(site: Site, planned: str) -> None:
    page = site.page(planned)
    check_sound(page)
    names = [each.get_text() for each in page.select("#plan tbody th")]
    assert names[0].startswith("Untouched base")
    assert names[-1].startswith("Whole model")
    assert "One held-out test set: as requested." in site.words(planned)
    assert all("5 candidates, about" in each.get_text() for each in page.select(".choice small"))
    checked = page.select_one("input[name=budget][checked]")
    assert checked is not None
    assert checked["value"] == "none"


def test_another_budget_is_another_plan(site: Site, planned: str) -> None:
    """The estimate is not made again: the same page answers at once."""
    address = planned.replace("budget=none", "budget=1m")
    assert "of 1 min" in site.words(address)
    assert site.page(address).select_one("input[value='1m'][checked]") is not None


def test_a_budget_that_is_not_offered_becomes_a_choice(site: Site, tickets: str) -> None:
    page = site.page(f"/fits/new?dataset={tickets}&budget=0.01s&cross_validate=off")
    assert page.select_one("input[value='0.01s'][checked]") is not None
    page = site.page(f"/fits/new?dataset={tickets}&budget=soon")
    assert page.select_one("input[value='5m'][checked]") is not None


def test_a_plan_that_cannot_be_made_says_why(site: Site, tickets: str) -> None:
    words = site.words(f"/fits/new?dataset={tickets}&base=no-such")
    assert "There is no plan" in words
    assert "no-such" in words
    assert (
        "There is no plan" in site.browser.get(f"/fits/new/plan?dataset={tickets}&recipe=gpl").text
    )


def test_a_fit_that_was_short_of_time_leads_to_a_longer_one(site: Site, tickets: str) -> None:
    fit = site.fit(tickets, CUT_SHORT)
    site.stores.fits.move(fit.id, Status.CANCELLED)
    link = site.page(f"/fits/{fit.id}").select_one("#fit-actions a[href^='/fits/new']")
    assert link is not None
    assert f"dataset={tickets}" in str(link["href"])
    assert "budget=1200s" in str(link["href"])
    chosen = site.page(str(link["href"])).select_one("input[name=budget][checked]")
    assert chosen is not None
    assert chosen["value"] == "1200s"


CUT_SHORT: list[dict[str, Any]] = [
    {
        "event": "planned",
        "candidates": [{"name": "whole", "title": "Whole", "status": "skipped", "estimate": 9.0}],
        "budget": 300.0,
    },
    {
        "event": "candidate-finished",
        "candidate": {
            "name": "whole",
            "title": "Whole",
            "status": "skipped",
            "estimate": 9.0,
            "reason": "the budget is used up",
        },
    },
]


@pytest.fixture
def page(site: Site) -> Iterator[Any]:
    """A page of a real browser."""
    with browser_page(str(site.browser.base_url)) as found:
        yield found


def test_the_plan_follows_the_form(page: Any, planned: str) -> None:
    page.goto(planned)
    assert page.locator("[data-update]").is_hidden()
    page.locator("input[value='1m']").check()
    page.locator("#plan").get_by_text("of 1 min").first.wait_for()
    assert "budget=1m" in page.url
    page.reload()
    assert page.locator("input[value='1m']").is_checked()
