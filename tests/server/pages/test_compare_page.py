"""Models side by side on a data set: made once, kept, with an interval for each pair."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.server.pages.browsers import browser_page
from tests.server.pages.sites import Site, check_sound, unseen_tickets
from tunesmith.home import Home
from tunesmith.server.comparisons import ComparisonRequest, Comparisons
from tunesmith.server.datasets import ReadOptions
from tunesmith.server.judging import DataFile, Judge

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
    # The twin of a model is the same, also by its name.
    assert "the model (tune-twin) is not proven different from the model (tune-toy)" in verdicts[
        0
    ].replace("- ", "-")
    assert "It is not known which texts it was trained on" in site.words(compared)
    assert "0 of 45" in site.words(compared)


def test_rows_that_differ_lead_to_the_data(site: Site, compared: str, fresh: str) -> None:
    page = site.page(compared)
    links = [str(each["href"]) for each in page.select("section[aria-labelledby=differ] a")]
    assert all(each.startswith(f"/datasets/{fresh}/rows?q=") for each in links)


def test_three_models_fit_on_a_phone(site: Site, compared: str) -> None:
    """No table has to be scrolled sideways, and each value names its model."""
    with browser_page(str(site.browser.base_url), viewport={"width": 390, "height": 844}) as page:
        page.goto(compared)
        for table in page.locator(".scroll").all():
            assert table.evaluate("each => each.scrollWidth - each.clientWidth") <= 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        name = page.locator("section[aria-labelledby=metrics] td").nth(2)
        assert "all-MiniLM-L6-v2" in name.evaluate(
            "each => getComputedStyle(each, '::before').content"
        )


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


def test_the_page_says_what_is_measured(site: Site, compared: str) -> None:
    assert "A new classifier (logistic regression) is trained" in site.words(compared)
    assert "For labelled texts, a new classifier" in site.words("/compare")


def test_the_progress_names_models(
    site: Site, fitted: str, fresh: str, tmp_path: Path, judge: Judge
) -> None:
    model = site.stores.models.get(fitted)
    file = DataFile(tmp_path / "data.csv", ReadOptions())
    asked = ComparisonRequest((model, model), (Path("base"), tmp_path / fitted), file, "digest")
    comparisons = Comparisons(Home(tmp_path), judge)
    noted = tmp_path / "comparisons" / f"{asked.key}.progress"
    noted.parent.mkdir()
    steps = [(f"Encoding with {fitted}", 3, 45), (f"Encoding with {fitted}", 45, 45)]
    found = []
    for step in [*steps, ("Comparing", 0, 4)]:
        noted.write_text(json.dumps(step), encoding="utf-8")
        found.append(comparisons.progress(asked)[1])
    assert found == [
        "Computing vectors with the model (model 2 of 2): 3 of 45 texts",
        "Measuring the model (model 2 of 2)",
        "Computing the intervals",
    ]


def test_a_comparison_can_be_cancelled(site: Site, fitted: str) -> None:
    """Nothing of it is left, and a page that follows it does not begin it again."""
    other = site.upload("cancelled.csv", unseen_tickets(48))
    form = {"models": [fitted, "all-MiniLM-L6-v2"], "dataset": other}
    address = f"/compare?models={fitted},all-MiniLM-L6-v2&dataset={other}"
    waiting = site.page(address)
    check_sound(waiting)
    refresh = waiting.select_one("meta[http-equiv=refresh]")
    assert refresh is not None
    folder = site.stores.settings.home.comparisons
    while not list(folder.glob("*.progress")):
        time.sleep(0.02)
    answer = site.browser.post("/compare/cancel", data=form)
    assert answer.status_code == 303
    assert not [each for each in folder.iterdir() if each.suffix != ".json"]
    following = str(refresh["content"]).partition("url=")[2]
    for path in (following, answer.headers["location"]):
        assert "The comparison was cancelled" in site.words(path)
    while "so far" in site.words(address):
        time.sleep(0.3)
    assert site.browser.post("/compare/cancel", data=form).status_code == 303
    assert "Verdicts" in site.words(following)  # a finished one is kept


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
