"""Models side by side on a data set: made once, kept, with an interval for each pair."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.server.pages.sites import Site, check_sound, unseen_tickets

if TYPE_CHECKING:
    from tunesmith.results.fit_result import FitResult

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def fresh(site: Site) -> str:
    """The id of a data set that no model was fitted on."""
    return site.upload("fresh.csv", unseen_tickets(45))


@pytest.fixture(scope="module")
def compared(site: Site, fitted: str, toy_fit: "FitResult", fresh: str) -> str:
    """The address of a finished comparison of three models."""
    site.model("tune-twin", toy_fit.path)
    address = f"/compare?models={fitted},tune-twin&models=all-MiniLM-L6-v2&dataset={fresh}"
    while "so far" in site.words(address):
        time.sleep(0.3)
    return address


def test_each_pair_has_a_verdict(site: Site, compared: str) -> None:
    page = site.page(compared)
    check_sound(page)
    verdicts = [
        row.get_text(" ", strip=True)
        for row in page.select("#pairs ~ * tbody th, section[aria-labelledby=pairs] tbody th")
    ]
    assert len(verdicts) == 3
    assert all("95% CI" in each for each in verdicts)
    assert "is not proven different from" in verdicts[0]  # the twin of a model is the same
    assert "It is not known which texts it was trained on" in site.words(compared)
    assert "0 of 45" in site.words(compared)


def test_rows_that_differ_lead_to_the_data(site: Site, compared: str, fresh: str) -> None:
    page = site.page(compared)
    links = [str(each["href"]) for each in page.select("section[aria-labelledby=differ] a")]
    assert all(each.startswith(f"/datasets/{fresh}/rows?q=") for each in links)


def test_a_comparison_is_kept(site: Site, compared: str) -> None:
    (kept,) = site.stores.settings.home.comparisons.glob("*.json")
    changed = kept.stat().st_mtime_ns
    site.page(compared)
    assert kept.stat().st_mtime_ns == changed
    assert not list(kept.parent.glob("*.progress"))


def test_rows_of_the_fit_leave_nothing_to_compare(
    site: Site, fitted: str, tickets: str, tmp_path: Path
) -> None:
    """The page says how many rows each model has seen."""
    address = f"/compare?models={fitted}&models=all-MiniLM-L6-v2&dataset={tickets}"
    while "so far" in site.words(address):
        time.sleep(0.3)
    words = site.words(address)
    assert "of 150" in words
    assert "were in training and are left out" in words


def test_too_little_is_chosen(site: Site, fitted: str) -> None:
    words = site.words(f"/compare?models={fitted}")
    assert "Choose models and a data set" in words
    check_sound(site.page("/compare"))
    box = site.page(f"/compare?models={fitted}").select_one(f"input[value='{fitted}'][checked]")
    assert box is not None
    assert site.page("/models").select_one("form#compare") is not None


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("models=no-such,all-MiniLM-L6-v2", "no-such"),
        ("models=a,b,c,d,e,f,g", "too many"),
        ("models=all-MiniLM-L6-v2,all-MiniLM-L6-v2", "Choose models"),
        ("models=%3Cscript%3E,x", "cannot be compared"),
    ],
)
def test_wrong_models_are_named(site: Site, query: str, text: str) -> None:
    assert text in site.words(f"/compare?{query}")
