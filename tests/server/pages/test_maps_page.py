"""The map of a model: drawn once, sent once, and used by mouse and keys in a real browser."""

import shutil
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import sync_playwright

from tests.server.pages.sites import Site, check_sound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tunesmith.results.fit_result import FitResult

pytestmark = pytest.mark.slow
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SCRIPT = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def drawn(site: Site, toy_fit: "FitResult") -> str:
    """The address of the drawn map of a model; one text and one label would run a script."""
    words = ["card", "pay", "order", "late", "login", "broken"]
    lines = [f"text {row} {words[row % 6]},class {row % 3}" for row in range(90)]
    lines += [f"{SCRIPT} {row} card,{SCRIPT}" for row in range(12)]
    dataset = site.upload("map.csv", "\n".join(["text,label", *lines]).encode())
    site.model("tune-map", toy_fit.path, dataset)
    address = "/models/tune-map/map"
    assert site.browser.get(f"{address}/points").status_code == 400
    while "is being drawn" in site.words(address):
        time.sleep(0.2)
    return address


def test_the_page_has_the_labels_and_their_counts(site: Site, drawn: str) -> None:
    page = site.page(drawn)
    check_sound(page)
    assert "102 texts" in site.words(drawn)
    entries = [entry.get_text(" ", strip=True) for entry in page.select(".legend-entry")]
    assert entries[:3] == ["class 0 30", "class 1 30", "class 2 30"]
    assert entries[3] == f"{SCRIPT} 12"
    assert "Map" in [link.get_text(strip=True) for link in page.select(".tabs a")]


def test_the_points_are_sent_as_numbers(site: Site, drawn: str) -> None:
    sent = site.browser.get(f"{drawn}/points").content
    assert len(sent) == 102 * (4 * 5 + 2 + 1)
    assert np.isfinite(np.frombuffer(sent[: 102 * 20], "<f4")).all()
    labels = np.frombuffer(sent[102 * 20 : 102 * 22], "<u2")
    assert np.bincount(labels).tolist() == [30, 30, 30, 12]


def test_texts_are_escaped(site: Site, drawn: str) -> None:
    answer = site.browser.get(f"{drawn}/texts?rows=0,101,5000")
    listed = BeautifulSoup(answer.text, "html.parser")
    assert listed.img is None
    assert [item.span.get_text() for item in listed.select("li") if item.span] == [
        "text 0 card",
        f"{SCRIPT} 11 card",
    ]
    assert "row 102" in answer.text


@pytest.mark.parametrize("rows", ["", "x", "1,", "-1", "1" * 12, ",".join(["1"] * 200)])
def test_other_rows_are_refused(site: Site, drawn: str, rows: str) -> None:
    assert site.browser.get(f"{drawn}/texts", params={"rows": rows}).status_code in {400, 422}


def test_a_model_without_its_data_set_has_no_map(site: Site, drawn: str) -> None:
    assert site.browser.get("/models/all-MiniLM-L6-v2/map").status_code == 404


@pytest.fixture(scope="module")
def page(site: Site, drawn: str) -> "Iterator[Any]":
    """The map in a browser without a GPU; nothing may be asked of another machine."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium: apt install chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-3d-apis"]
        )
        opened = browser.new_page(viewport={"width": 1440, "height": 900})
        problems: list[str] = []
        opened.on("console", lambda message: problems.append(message.text))
        opened.on("pageerror", lambda error: problems.append(str(error)))
        own = str(site.browser.base_url)
        opened.on(
            "request", lambda sent: None if sent.url.startswith(own) else problems.append(sent.url)
        )
        opened.goto(f"{own}{drawn}")
        opened.wait_for_selector("#map[data-ready]")
        yield opened
        browser.close()
        assert problems == []


def test_a_lasso_selects_on_both_maps(page: Any) -> None:
    """The list, the legend and the number of selected texts follow; Escape ends it."""
    box = page.locator("canvas").first.bounding_box()
    corners = [(0.02, 0.02), (0.98, 0.02), (0.98, 0.98), (0.02, 0.98), (0.02, 0.02)]
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.click("[data-tool=lasso]")
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=3)
    page.mouse.up()
    page.wait_for_selector(".selection li:nth-child(50)")
    assert page.inner_text(".selected-count") == "102"
    assert page.is_visible(".selected-shown")
    assert page.locator(".legend-entry").nth(3).inner_text().endswith("12 / 12")
    page.click("[data-tool=lasso]")
    page.locator("canvas").first.press("Escape")
    assert page.inner_text(".selected-count") == "0"


def test_keys_walk_and_select(page: Any) -> None:
    """Without a mouse: the text at the cursor is shown, and Space selects it."""
    canvas = page.locator("canvas").first
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "+"):
        canvas.press(key)
    page.wait_for_selector(".pointed li")
    canvas.press(" ")
    page.wait_for_selector(".selection li")
    assert page.inner_text(".selection li span") == page.inner_text(".pointed li span")
    canvas.press(" ")
    assert page.inner_text(".selected-count") == "0"


def test_a_label_of_the_legend_and_its_inverse(page: Any) -> None:
    page.locator(".legend-entry").nth(3).click()
    assert page.inner_text(".selected-count") == "12"
    page.click("[data-tool=invert]")
    assert page.inner_text(".selected-count") == "90"
    page.click("[data-tool=clear]")
    page.select_option("[name=colour]", "moved")
    assert page.get_attribute("#map", "data-colour") == "moved"
