"""The playground: what a model and its base make of any text, at an address that can be shared."""

import time
from collections.abc import Iterator

import numpy as np
import pytest
from bs4 import BeautifulSoup

from tests.server.pages.chromium import Chromium, open_chromium
from tests.server.pages.sites import Site, check_sound
from tests.server.pages.tuned import LABELS, SCRIPT
from tunesmith.models.base_classifier import read_base_classifier
from tunesmith.models.model import load
from tunesmith.wording import share

pytestmark = pytest.mark.slow
TEXTS = "my card was refused\nwhere is my order"


def _answer(site: Site, model: str, **query: str) -> BeautifulSoup:
    """Return the page once it waits for nothing."""
    for _ in range(600):
        answer = site.browser.get(f"/models/{model}/try", params=query)
        page = BeautifulSoup(answer.text, "html.parser")
        if page.select_one("meta[http-equiv=refresh]") is None:
            return page
        check_sound(page)
        time.sleep(0.2)
    raise AssertionError("it waits for ever")


@pytest.fixture(scope="module")
def chromium(site: Site) -> Iterator[Chromium]:
    with open_chromium(str(site.browser.base_url).rstrip("/")) as found:
        yield found


def test_probabilities_before_and_after_are_those_of_both_models(
    site: Site, tuned: str, common_home: None
) -> None:
    """Before: the base with the classifier that was tested on it."""
    page = _answer(site, tuned, use="classify", text=TEXTS)
    check_sound(page)
    folder = site.stores.models.folder(tuned)
    model, base = load(folder), load("all-MiniLM-L6-v2")
    classifier = read_base_classifier(model.path, model.metadata)
    assert classifier is not None
    for section, text in zip(page.select("section.panel")[1:], TEXTS.split("\n"), strict=True):
        after = model.classify([text])[0].probabilities
        before = classifier.probabilities(base.encode([text]))[0]
        for row in section.select("tbody tr"):
            label = next(each for each in LABELS if each in row.th.get_text())  # type: ignore[union-attr]
            shown = [cell.get_text() for cell in row.select("td.number")]
            assert shown == [share(float(before[LABELS.index(label)])), share(after[label])]


def test_nearest_texts_are_shown_before_and_after(site: Site, tuned: str) -> None:
    """Vectors of the data set are computed once; until then the page says what it waits for."""
    page = _answer(site, tuned, use="near", text="card pay")
    check_sound(page)
    before, after = page.select("ol.near")
    assert len(before.select("li")) == len(after.select("li")) == 8
    texts = [{each.span.get_text() for each in side.select("li")} for side in (before, after)]  # type: ignore[union-attr]
    marked = [
        {each.span.get_text() for each in side.select(f"li.{name}")}  # type: ignore[union-attr]
        for side, name in ((before, "gone"), (after, "new"))
    ]
    assert marked == [texts[0] - texts[1], texts[1] - texts[0]]
    assert f"{len(marked[1])} of 8 are new" in page.get_text()


def test_a_text_of_the_data_is_nearest_to_itself(site: Site, tuned: str) -> None:
    tickets = str(site.stores.models.show(tuned).dataset_id)
    text = site.stores.datasets.opened(tickets).examples.texts()[0]
    for side in _answer(site, tuned, use="near", text=text).select("ol.near"):
        first = side.li
        assert first is not None
        assert first.get_text().startswith(f"{text}1.00")


def test_similarities_are_shown_before_and_after(site: Site, tuned: str, common_home: None) -> None:
    page = _answer(site, tuned, use="compare", text=TEXTS)
    shown = [float(cell.get_text()) for cell in page.select("tbody td.number")]
    vectors = load("all-MiniLM-L6-v2").encode(TEXTS.split("\n"))
    assert shown[0] == pytest.approx(float(vectors[0] @ vectors[1]), abs=1e-3)
    vectors = load(site.stores.models.folder(tuned)).encode(TEXTS.split("\n"))
    assert shown[1] == pytest.approx(float(vectors[0] @ vectors[1]), abs=1e-3)


def test_the_vector_is_whole(site: Site, tuned: str) -> None:
    page = _answer(site, tuned, use="embed", text="my card")
    vector = np.array(page.select_one("pre.vector").get_text().strip("[]").split(","), dtype="f4")  # type: ignore[union-attr]
    sent = {"model": tuned, "texts": ["my card"]}
    expected = site.browser.post("/v1/embed", json=sent).json()["vectors"][0]
    assert np.allclose(vector, expected, atol=1e-6)
    assert "32 numbers, of length 1.000" in page.get_text()


def test_an_index_is_searched(site: Site, tuned: str) -> None:
    body = {"name": "answers", "model": tuned, "texts": ["order late", SCRIPT], "ids": ["a", "b"]}
    index = site.browser.post("/v1/indexes", json=body).json()
    page = _answer(site, tuned, use="search", index=index["id"], text="order late")
    check_sound(page)
    first = page.select("ol.near li")[0]
    assert first.get_text(" ", strip=True) == "order late 1.00 · a"
    site.browser.delete(f"/v1/indexes/{index['id']}")


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({"use": "compare", "text": "one"}, 400, "there is one text only"),
        ({"use": "near", "text": "\n".join("abcdefg")}, 400, "at most 5"),
        ({"use": "dance", "text": "a"}, 422, ""),
        ({"text": "x" * 7000}, 422, ""),
        ({"text": " \n "}, 200, "Texts, one a line"),
        ({"use": "search", "text": "a"}, 200, "Probability"),
    ],
)
def test_mistakes_say_what_is_wrong(
    site: Site, tuned: str, query: dict[str, str], status: int, words: str
) -> None:
    """A search without an index is a classification, the first that the model can do."""
    answer = site.browser.get(f"/models/{tuned}/try", params=query)
    assert answer.status_code == status
    assert words in answer.text or "Before" in answer.text


def test_a_hostile_text_stays_a_text(site: Site, tuned: str) -> None:
    for use in ("classify", "embed", "near"):
        page = _answer(site, tuned, use=use, text=f"{SCRIPT}</textarea>")
        check_sound(page)
        assert page.select("img") == []
        assert page.textarea.get_text() == f"{SCRIPT}</textarea>"  # type: ignore[union-attr]


def test_a_model_without_labels_or_data_compares_and_embeds(site: Site) -> None:
    page = site.page("/models/all-MiniLM-L6-v2/try")
    assert [each["value"] for each in page.select("input[name=use]")] == ["compare", "embed"]


def test_keys_alone_send_the_form_and_the_address_can_be_reloaded(
    chromium: Chromium, tuned: str
) -> None:
    page = chromium.open(f"/models/{tuned}/try", width=390)
    page.locator("input[value=embed]").press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("my card")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-copies]:visible")
    assert "use=embed&text=my+card" in page.url
    page.reload()
    page.wait_for_selector("[data-copies]:visible")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()
