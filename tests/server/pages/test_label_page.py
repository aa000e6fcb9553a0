"""Labelling in a real browser: lasso, keys, undo, reload, export, fit again; also on a phone."""

import csv
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.server.pages.chromium import launched
from tests.server.pages.sites import Site, check_sound
from tests.waiting import until
from tunesmith.server.labelling.labelled_texts import labelled_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow
SCRIPT = "<img src=x onerror=alert(1)>"
TEXTS = 61
WAIT = 120_000  # milliseconds that vectors may take on a busy machine


@pytest.fixture(scope="module")
def dataset(site: Site) -> str:
    """Texts of three classes, of which every second has its label; one would run a script."""
    words = ["my card was charged twice", "the parcel is late again", "i cannot log in today"]
    lines = [
        [f"{words[row % 3]}, case {row}", ["card", "parcel", "login"][row % 3] if row % 2 else ""]
        for row in range(TEXTS - 1)
    ]
    out = io.StringIO()
    csv.writer(out).writerows([["text", "label"], *lines, [f"{SCRIPT} my card", SCRIPT]])
    return site.upload("label.csv", out.getvalue().encode())


@pytest.fixture(scope="module")
def address(site: Site, dataset: str) -> str:
    """The address of the page, when its suggestions are there."""
    found = f"/datasets/{dataset}/label"
    site.page(found)

    def considered() -> bool:
        state = site.browser.get(f"{found}/state").json()
        assert not state["problem"], state
        return state["considered"] and not state["working"]

    until(considered)
    return found


def labels_of(site: Site, dataset: str) -> list[str | None]:
    return labelled_texts(site.stores, dataset).labels()


def test_the_page_is_sound_and_escapes_everything(site: Site, address: str) -> None:
    page = site.page(address)
    check_sound(page)
    assert page.select_one("main img") is None
    names = [button["data-assign"] for button in page.select("[data-assign]")]
    assert names == ["card", "login", "parcel", SCRIPT]
    assert "31 of 61 texts labelled" in site.words(address)
    assert "9 more labels will tell" in site.words(address)
    answer = site.browser.get(f"{address}/texts?rows={TEXTS - 1}")
    assert "<img" not in answer.text
    assert "&lt;img" in answer.text


def test_places_guesses_and_codes_are_sent_as_numbers(site: Site, address: str) -> None:
    places = np.frombuffer(site.browser.get(f"{address}/places").content, "<f4")
    assert places.shape == (2 * TEXTS,)
    assert np.isfinite(places).all()
    codes = site.browser.get(f"{address}/codes").content
    assert len(codes) == 3 * TEXTS
    assert (np.frombuffer(codes[: 2 * TEXTS], "<u2") == 65535).sum() == 30
    guesses = site.browser.get(f"{address}/guesses").content
    doubts = np.frombuffer(guesses[: 4 * TEXTS], "<f4")
    assert ((doubts >= 0) & (doubts <= 1)).all()


def test_texts_are_found_by_words_and_by_meaning(site: Site, address: str) -> None:
    words = site.browser.get(f"{address}/find", params={"words": "PARCEL late"}).json()
    assert words["places"] == list(range(1, 60, 3))
    meaning = site.browser.get(f"{address}/find", params={"meaning": "billed two times"}).json()
    assert len(meaning["places"]) == TEXTS
    assert sum(place % 3 == 0 for place in meaning["places"][:10]) >= 8
    like = {"positives": [1, 4], "rejected": [0]}
    found = site.browser.post(f"{address}/like", json=like).json()["places"]
    assert all(place % 3 == 1 for place in found[:10])
    assert not {0, 1, 4} & set(found)


@pytest.mark.parametrize(
    "act",
    [
        {"kind": "assign", "places": [], "label": "a"},
        {"kind": "assign", "places": [TEXTS], "label": "a"},
        {"kind": "assign", "places": [-1], "label": "a"},
        {"kind": "assign", "places": [0]},
        {"kind": "assign", "places": [0], "label": "a" * 300},
        {"kind": "other", "places": [0], "label": "a"},
    ],
)
def test_other_acts_are_refused(site: Site, address: str, act: dict[str, Any]) -> None:
    headers = {"Accept": "application/json"}
    answer = site.browser.post(f"{address}/acts", json=act, headers=headers)
    assert answer.status_code in {400, 422}
    assert "message" in answer.json()["error"]


def test_without_a_script_forms_label_and_undo(site: Site, dataset: str, address: str) -> None:
    before = labels_of(site, dataset)
    answer = site.browser.post(address, data={"place": "0", "new": "typed"})
    assert (answer.status_code, answer.headers["location"]) == (303, address)
    assert labels_of(site, dataset)[0] == "typed"
    assert "1 text labelled typed" in site.words(address)
    site.browser.post(f"{address}/turn-back", data={})
    assert labels_of(site, dataset) == before


def test_pages_of_other_sites_cannot_label(site: Site, address: str) -> None:
    act = {"kind": "assign", "places": [0], "label": "a"}
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert site.browser.post(f"{address}/acts", json=act, headers=headers).status_code == 403


@pytest.fixture(scope="module")
def browser(site: Site) -> "Iterator[Any]":
    """A browser without a GPU."""
    with launched() as opened:
        yield opened


@pytest.fixture
def page(browser: Any, site: Site, address: str, request: pytest.FixtureRequest) -> "Iterator[Any]":
    """The page at a width; nothing may be asked of another machine, and no script may fail."""
    width = getattr(request, "param", 1440)
    opened = browser.new_page(viewport={"width": width, "height": 900})
    opened.set_default_timeout(WAIT)
    problems: list[str] = []
    own = str(site.browser.base_url)
    opened.on("console", lambda message: problems.append(message.text))
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on(
        "request", lambda sent: None if sent.url.startswith(own) else problems.append(sent.url)
    )
    opened.goto(f"{own}{address}")
    opened.wait_for_selector("#label[data-ready]")
    yield opened
    opened.close()
    assert problems == []


def lasso(page: Any) -> None:
    """Draw around all points of the map."""
    box = page.locator("#label canvas").bounding_box()
    corners = [(0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99), (0.01, 0.01)]
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=3)
    page.mouse.up()


def test_lasso_label_undo_reload_export_and_fit_again(
    page: Any, site: Site, dataset: str, address: str
) -> None:
    before = labels_of(site, dataset)
    lasso(page)
    page.wait_for_selector(f"[data-selected]:text-is('{TEXTS}')")
    page.wait_for_selector(
        "[data-list] [role=table][aria-rowcount='TEXTS'] [role=row]:nth-child(50)".replace(
            "TEXTS", str(TEXTS)
        )
    )
    page.keyboard.press("1")
    page.wait_for_selector("[data-unlabelled]:text-is('0')")
    assert labels_of(site, dataset) == ["card"] * TEXTS
    page.keyboard.press("z")
    page.wait_for_selector("[data-unlabelled]:text-is('30')")
    assert labels_of(site, dataset) == before
    page.keyboard.press("y")
    page.wait_for_selector("[data-unlabelled]:text-is('0')")
    page.reload()
    page.wait_for_selector("#label[data-ready]")
    page.keyboard.press("z")  # also after a reload
    page.wait_for_selector("[data-unlabelled]:text-is('30')")
    page.fill("#search", "parcel late")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-selected]:text-is('20')")
    page.fill("#new-label", "late delivery")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-new]:text-is('20')")
    exported = site.browser.get(f"/v1/datasets/{dataset}/labels.jsonl").text
    assert exported.count('"late delivery"') == 20
    assert len(exported.splitlines()) == TEXTS
    page.click("text=Fit with")
    page.wait_for_url("**/fits/*")
    assert "20 new labels" in page.inner_text("main")
    version = site.stores.datasets.versions(dataset)[-1]
    assert labelled_texts(site.stores, version.id).labels() == labels_of(site, dataset)
    site.browser.post(f"{address}/turn-back", data={})


def test_keys_alone_are_enough(page: Any, site: Site, dataset: str) -> None:
    """Walk on the map, select two texts, label them, undo; then the count of a label."""
    canvas = page.locator("#label canvas")
    canvas.focus()
    for key in ("ArrowRight", "Space", "ArrowDown", "ArrowLeft", "Space"):
        page.keyboard.press(key)
    selected = int(page.inner_text("[data-selected]"))
    assert selected in {1, 2}
    before = len(site.stores.label_acts.all(dataset))
    page.keyboard.press("3")
    until(lambda: len(site.stores.label_acts.all(dataset)) > before)
    last = site.stores.label_acts.all(dataset)[-1]
    assert (last.label, len(last.rows)) == ("parcel", selected)
    page.keyboard.press("z")
    undone = f".label-log-lines .undone:has-text('act {last.number}')"
    page.wait_for_selector(undone, state="attached")
    page.focus("[data-of='1']")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-selected]:text-is('10')")
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-selected]:text-is('0')")


def test_the_slider_names_the_count_before_an_act(page: Any) -> None:
    page.select_option("#search-by", "meaning")
    page.fill("#search", "billed two times")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-how-many]:text-is('10')")
    page.fill("#how-many", "7")
    page.wait_for_selector("[data-selected]:text-is('7')")
    assert page.inner_text("[data-target]").startswith("for 7 selected texts")
    page.locator("[data-list] input").first.uncheck()
    page.wait_for_selector("[data-selected]:text-is('6')")
    page.click("text=Like these")
    page.wait_for_selector("[data-how-many]:text-is('10')")


def test_the_labels_that_an_act_would_replace_are_counted(page: Any) -> None:
    page.fill("#search", "parcel late")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-selected]:text-is('20')")
    words = "for 20 selected texts, 10 of which have a label already"
    assert page.inner_text("[data-target]") == words
    page.click("[data-pick=unlabelled]")
    page.wait_for_selector("[data-target]:text-is('for 30 selected texts')")


def test_a_search_that_finds_nothing_says_so(page: Any) -> None:
    page.fill("#search", "zebra")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-empty]:text-is('No text has these words.')")
    page.locator("#search").press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-empty]:has-text('draw around them')")


def test_slash_goes_to_the_search_of_the_page(page: Any) -> None:
    page.keyboard.press("/")
    page.wait_for_selector("#search:focus")
    assert page.locator("dialog[open]").count() == 0


def test_the_keys_of_the_page_are_listed(page: Any, site: Site, dataset: str) -> None:
    """The keys of labels do nothing while they are shown."""
    acts = len(site.stores.label_acts.all(dataset))
    page.keyboard.press("/")
    page.wait_for_selector("#search:focus")
    page.keyboard.type("parcel")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-selected]:text-is('20')")
    page.locator("#search").press("Escape")
    page.keyboard.press("?")
    page.wait_for_selector("#keys-dialog[open]")
    words = page.inner_text("#keys-dialog [data-own]")
    keys = ("Assign the label", "unsure", "Approve", "Skip", "Undo", "Redo", "Type a label")
    for text in (*keys, "Search the texts", "nearest text", "Space", "Clear the selection"):
        assert text in words
    page.keyboard.press("1")
    page.keyboard.press("Escape")
    page.wait_for_selector("#keys-dialog:not([open])", state="attached")
    assert page.inner_text("[data-selected]") == "20"
    assert len(site.stores.label_acts.all(dataset)) == acts


def test_long_names_of_labels_differ(browser: Any, site: Site) -> None:
    """They begin with the same words: their ends are shown, before and after the script has run."""
    names = [f"{'question_about_a_transfer_' * 4}{number}" for number in range(20)]
    lines = [f"text {row} of twenty labels,{names[row % 20]}" for row in range(60)]
    other = site.upload("long.csv", "\n".join(["text,label", *lines]).encode())
    here = f"/datasets/{other}/label"
    shown = {each.get_text() for each in site.page(here).select(".label-name span")}
    assert len(shown) == 20
    assert all(each.startswith("question_about") and len(each) <= 60 for each in shown)
    opened = browser.new_page()
    opened.goto(f"{site.browser.base_url}{here}")
    opened.wait_for_selector("#label[data-ready]")
    assert set(opened.locator(".label-name span").all_inner_texts()) == shown
    opened.close()
    counted = {each.get_text() for each in site.page(f"/datasets/{other}").select(".counts th a")}
    assert len(counted) == 20


def test_a_long_list_is_a_window(browser: Any, site: Site) -> None:
    """A few parts are in the page, the number of all rows is known, and ticks stay."""
    lines = [f"a text of number {row}" for row in range(600)]
    other = site.upload("many.csv", "\n".join(["text", *lines]).encode())
    opened = browser.new_page(viewport={"width": 1440, "height": 900})
    opened.set_default_timeout(WAIT)
    opened.goto(f"{site.browser.base_url}/datasets/{other}/label")
    opened.wait_for_selector("#label[data-ready]")
    opened.click("[data-pick=unlabelled]")
    opened.wait_for_selector("[data-list] [role=table][aria-rowcount='600']")
    rows = opened.locator("[data-list] [role=row]")
    opened.locator("[data-list] input").first.uncheck()
    opened.wait_for_selector("[data-selected]:text-is('599')")
    opened.locator("[data-list]").focus()  # the part with the focus stays in the page
    opened.locator("[data-list]").evaluate("each => each.scrollTo(0, each.scrollHeight)")
    opened.wait_for_selector("[role=row][aria-rowindex='600']")
    opened.wait_for_selector("[role=row][aria-rowindex='1']", state="detached")
    assert rows.count() <= 200
    opened.locator("[data-list]").evaluate("each => each.scrollTo(0, 0)")
    opened.wait_for_selector("[role=row][aria-rowindex='1']")
    assert not opened.locator("[data-list] input").first.is_checked()
    opened.close()


def test_words_of_the_button_to_fit_have_single_spaces(page: Any) -> None:
    assert page.locator("[data-fit] > span").count() == 1
    parts = page.eval_on_selector_all(
        "[data-fit] span span",
        "(all) => all.map((one) => one.getBoundingClientRect()).map((b) => [b.left, b.right])",
    )
    assert parts[1][0] - parts[0][1] < 40  # "new" and two spaces


@pytest.mark.parametrize("page", [390], indirect=True)
def test_on_a_phone_suggestions_are_approved_one_by_one(
    page: Any, site: Site, dataset: str
) -> None:
    assert not page.is_visible("#label canvas")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    place = int(page.get_attribute("[data-card]", "data-place"))
    likely = page.get_attribute("[data-card] .approve", "data-approve")
    page.click("[data-card] .approve")
    page.wait_for_selector(f"[data-card]:not([data-place='{place}'])")
    assert labels_of(site, dataset)[place] == likely
    skipped = page.get_attribute("[data-card]", "data-place")
    page.click("[data-skip]")
    page.wait_for_selector(f"[data-card]:not([data-place='{skipped}'])")
    page.click("[data-undo]")
    while labels_of(site, dataset)[place] is not None:
        page.wait_for_timeout(50)
