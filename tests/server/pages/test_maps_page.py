"""The map of a model: drawn once, sent once, and used by mouse and keys in a real browser."""

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from tests.server.pages.chromium import open_chromium
from tests.server.pages.sites import Site, check_sound, drawn_map
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tunesmith.results.fit_result import FitResult

pytestmark = pytest.mark.slow
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
    return drawn_map(site, "tune-map")


def test_the_page_has_the_labels_and_their_counts(site: Site, drawn: str) -> None:
    page = site.page(drawn)
    check_sound(page)
    assert "102 texts" in site.words(drawn)
    entries = [entry.get_text(" ", strip=True) for entry in page.select(".legend-entry")]
    assert entries[:3] == ["class 0 30", "class 1 30", "class 2 30"]
    assert entries[3] == f"{SCRIPT} 12"
    assert "Map" in [link.get_text(strip=True) for link in page.select(".tabs a")]


def test_the_points_are_sent_as_numbers(site: Site, drawn: str) -> None:
    sent = _final_points(site, f"{drawn}/points?final=true")
    assert len(sent) == 102 * (4 * 5 + 2 + 2 + 1)
    assert np.isfinite(np.frombuffer(sent[: 102 * 20], "<f4")).all()
    labels = np.frombuffer(sent[102 * 20 : 102 * 22], "<u2")
    assert np.bincount(labels).tolist() == [30, 30, 30, 12]
    predicted = np.frombuffer(sent[102 * 22 : 102 * 24], "<u2")
    assert (predicted > 3).all()  # the labels of the model are not those of the data set


def test_a_finer_map_is_another_one(site: Site, drawn: str) -> None:
    """It is drawn on demand; of few texts it is the same."""
    assert site.browser.get(f"{drawn}/points?finer=true").status_code == 400
    sent = _final_points(site, f"{drawn}/points?finer=true&final=true")
    assert sent == site.browser.get(f"{drawn}/points").content


def _final_points(site: Site, address: str) -> bytes:
    until(lambda: _points(site, address))  # the draft is replaced
    return _points(site, address)


def _points(site: Site, address: str) -> bytes:
    answer = site.browser.get(address)
    assert answer.status_code in {200, 204}
    return answer.content


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
    answer = site.browser.get("/models/all-MiniLM-L6-v2/map")
    assert answer.status_code == 404
    assert "The map cannot be drawn" in answer.text
    assert 'class="tabs"' in answer.text


@pytest.fixture(scope="module")
def page(site: Site, drawn: str) -> "Iterator[Any]":
    """The final map in a browser; nothing may be asked of another machine."""
    with open_chromium(str(site.browser.base_url).rstrip("/")) as chromium:
        opened = chromium.open(drawn)
        opened.wait_for_selector("#map[data-ready]:not([data-draft])")
        yield opened


def drag(page: Any, corners: list[tuple[float, float]]) -> None:
    """Drag over the first map, by shares of its sides."""
    canvas = page.locator("canvas").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=3)
    page.mouse.up()


def test_a_lasso_selects_on_both_maps(page: Any) -> None:
    """The list, the legend and the number of selected texts follow; Escape ends it."""
    page.click("[data-tool=lasso]")
    drag(page, [(0.02, 0.02), (0.98, 0.02), (0.98, 0.98), (0.02, 0.98), (0.02, 0.02)])
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
    page.wait_for_selector(".pointed span")
    canvas.press(" ")
    page.wait_for_selector(".selection li")
    assert page.inner_text(".selection li span") == page.inner_text(".pointed span")
    canvas.press(" ")
    assert page.inner_text(".selected-count") == "0"


def test_the_text_under_the_mouse_is_seen_without_scrolling(page: Any) -> None:
    """It does not cover the mouse, and it is only text."""
    page.get_by_role("button", name="Whole map").click()
    page.evaluate("scrollTo(0, 0)")
    canvas = page.locator("canvas").first
    corner = canvas.bounding_box()
    page.mouse.move(corner["x"] + 3, corner["y"] + 3)  # without points
    page.wait_for_selector(".pointed:empty", state="attached")
    colours = Image.open(io.BytesIO(canvas.screenshot())).convert("HSV").getchannel("S")
    y, x = np.argwhere(np.asarray(colours) > 150)[0]  # the highest point
    mouse = (corner["x"] + float(x), corner["y"] + float(y))
    page.mouse.move(*mouse)
    page.wait_for_selector(".pointed span")
    box = page.locator(".pointed").bounding_box()
    assert 0 <= box["y"] < box["y"] + box["height"] <= 900
    assert not box["x"] <= mouse[0] <= box["x"] + box["width"]
    assert page.locator(".pointed :not(span, small)").count() == 0


def test_the_keys_of_a_map_are_listed(page: Any) -> None:
    page.locator("h1").click()
    page.keyboard.press("?")
    page.wait_for_selector("#keys-dialog[open]")
    words = page.inner_text("#keys-dialog [data-own]")
    for text in ("nearest text", "Space", "Zoom", "whole map", "lasso", "box", "Invert", "clear"):
        assert text in words
    page.keyboard.press("Escape")


def test_a_label_of_the_legend_and_its_inverse(page: Any) -> None:
    page.locator(".legend-entry").nth(3).click()
    assert page.inner_text(".selected-count") == "12"
    page.click("[data-tool=invert]")
    assert page.inner_text(".selected-count") == "90"
    page.click("[data-tool=clear]")
    page.select_option("[name=colour]", "moved")
    assert page.get_attribute("#map", "data-colour") == "moved"


def test_a_box_adds_to_the_selection_and_removes_from_it(page: Any) -> None:
    """By the buttons, and by the keys of a map."""
    page.click("[data-tool=fit]")
    page.locator(".legend-entry").nth(3).click()
    page.click("[data-tool=box]")
    page.check("[name=way][value=remove]", force=True)
    drag(page, [(0.01, 0.01), (0.99, 0.99)])
    assert page.inner_text(".selected-count") == "0"
    page.check("[name=way][value=add]", force=True)
    page.locator(".legend-entry").nth(3).click()
    page.locator(".legend-entry").nth(2).click()
    assert page.inner_text(".selected-count") == "42"
    page.check("[name=way][value=replace]", force=True)
    canvas = page.locator("canvas").first
    canvas.press("b")
    assert page.get_attribute("[data-tool=box]", "aria-pressed") == "false"
    canvas.press("i")
    assert page.inner_text(".selected-count") == "60"
    page.click("[data-tool=clear]")


def test_colours_have_a_key(page: Any) -> None:
    for colour in ("errors", "strangers", "moved"):
        page.select_option("[name=colour]", colour)
        assert page.is_visible(f"[data-key={colour}]")
        assert not page.is_visible(".legend .swatch")
    page.select_option("[name=colour]", "predicted")
    assert page.locator("[data-key]:visible").count() == 0


def test_names_do_not_cover_each_other(page: Any) -> None:
    boxes = page.eval_on_selector_all(
        "[data-of=before] .names li",
        "(all) => all.filter((one) => one.style.visibility === 'visible')"
        ".map((one) => one.getBoundingClientRect()).map((b) => [b.left, b.top, b.right, b.bottom])",
    )
    assert len(boxes) >= 3
    for index, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[:index]:
            assert left >= other[2] or right <= other[0] or top >= other[3] or bottom <= other[1]


def test_a_listed_text_is_shown_on_the_map(page: Any) -> None:
    page.locator(".legend-entry").nth(3).click()
    page.wait_for_selector(".selection li:nth-child(12)")
    page.locator(".selection li button").nth(1).focus()
    page.keyboard.press("Enter")
    wanted = page.locator(".selection li span").nth(1).inner_text()
    page.wait_for_selector(".pointed span")
    assert page.inner_text(".pointed span") == wanted
