"""Words are found anywhere, and the keys of pages lead to the search and to themselves."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.server.pages.browsers import browser_page
from tests.server.pages.sites import Site, check_sound

pytestmark = pytest.mark.slow
SCRIPT = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def zebras(site: Site) -> str:
    """The id of a data set with a word of its own in seven rows."""
    rows = [f"a zebra number {number},animal" for number in range(7)]
    rows += [f"a quiet text {number},text" for number in range(30)]
    rows += [f"{SCRIPT} zebra and okapi,animal"]
    return site.upload("herd.csv", "\n".join(["text,label", *rows]).encode())


def test_rows_with_all_words_are_found(site: Site, zebras: str) -> None:
    page = site.page("/find?q=ZEBRA")
    check_sound(page)
    assert "8 rows" in page.get_text()
    links = [str(each["href"]) for each in page.select("a.line")]
    assert links == [f"/datasets/{zebras}/rows?q=ZEBRA"] * 5
    words = site.words("/find?q=okapi zebra")
    assert "1 row" in words
    assert f"{SCRIPT} zebra" in words
    assert f"{SCRIPT} zebra" in site.words(f"/datasets/{zebras}/rows?q=okapi zebra")
    assert site.page("/find?q=okapi").select_one("main img") is None
    assert "No row" in site.words("/find?q=okapi quiet")


def test_a_hit_is_shown_with_its_text_and_only_in_the_newest_version(
    site: Site, zebras: str
) -> None:
    """A word may be in the label only."""
    made = site.browser.post(f"/datasets/{zebras}/rows", data={"act": "drop", "row": ["8"]})
    newer = made.headers["location"].split("/")[2].partition("?")[0]
    page = site.page("/find?q=animal")
    links = [str(each["href"]) for each in page.select("a.line")]
    assert links == [f"/datasets/{newer}/rows?q=animal"] * 5
    assert "a zebra number 0 · animal" in page.get_text()
    site.stores.datasets.delete(newer)


def test_names_are_found(site: Site, zebras: str, fitted: str) -> None:
    hrefs = {str(each["href"]) for each in site.page("/find?q=herd").select("a.line")}
    assert f"/datasets/{zebras}" in hrefs
    hrefs = {str(each["href"]) for each in site.page("/find?q=MODEL").select("a.line")}
    assert f"/models/{fitted}" in hrefs


def test_a_question_is_short_and_only_text(site: Site, zebras: str) -> None:
    assert site.browser.get("/find", params={"q": "a" * 201}).status_code == 422
    assert site.browser.get("/find?q=a&start=-1").status_code == 422
    page = site.page(f"/find?q={SCRIPT.replace(' ', '%20')}")
    assert page.select_one("main img") is None
    assert "Words in names and texts" in str(site.page("/find?q=%20"))


def test_a_later_part_goes_on_after_the_first(site: Site, zebras: str) -> None:
    """The newest data set is searched first, so that a search from the second misses it."""
    number = len(site.stores.datasets.all())
    assert "a zebra" not in site.words(f"/find?q=zebra&start={number}")


def test_files_that_cannot_be_read_are_named(site: Site, zebras: str) -> None:
    """They do not end the search of the others, and their pages say what is wrong."""
    content = b"text,label\n" + b"\xff\xfea\x00,\x00b\x00\n\x00" * 9
    broken = site.upload("halves.csv", content)
    words = site.words("/find?q=zebra okapi")
    assert "1 row" in words
    assert "cannot be read: halves.csv" in words
    assert "NUL byte" in site.words(f"/datasets/{broken}")


@pytest.fixture
def page(site: Site) -> Iterator[Any]:
    """A page of a real browser."""
    with browser_page(str(site.browser.base_url)) as found:
        yield found


def test_slash_finds_and_question_mark_shows_the_keys(page: Any, zebras: str) -> None:
    page.goto("/models")
    page.keyboard.press("/")
    page.wait_for_selector("#find-dialog[open]")
    page.keyboard.type("zebra/?")
    assert page.locator("#find-words").input_value() == "zebra/?"
    page.locator("#find-words").fill("zebra")
    page.keyboard.press("Enter")
    page.wait_for_url("**/find?q=zebra")
    page.locator("h1").click()
    page.keyboard.press("?")
    page.wait_for_selector("#keys-dialog[open]")
    page.keyboard.press("Escape")
    assert page.locator("#keys-dialog").is_hidden()
    page.keyboard.press("Tab")
    assert page.locator(":focus").count() == 1


def test_without_script_links_lead_there(site: Site) -> None:
    hrefs = {str(each["href"]) for each in site.page("/").select(".foot a")}
    assert hrefs == {"/find", "/keys", "/settings"}
    check_sound(site.page("/keys"))
    words = site.words("/keys")
    for text in ("Show the keys", "Invert the selection", "Approve a suggestion"):
        assert text in words
