"""Each count of a confusion matrix opens the held-out texts behind it."""

from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup

from tests.server.pages.sites import Site, check_sound
from tests.server.pages.tuned import LABELS, SCRIPT, held_out

pytestmark = pytest.mark.slow


def _texts(page: BeautifulSoup) -> list[str]:
    return [cell.get_text() for cell in page.select("table.rows td.long")]


def test_each_cell_opens_as_many_texts_as_it_counts(site: Site, tuned: str) -> None:
    page = site.page(f"/models/{tuned}/confusions")
    links = page.select("table.confusion td a")
    assert {parse_qs(urlsplit(str(link["href"])).query)["by"][0] for link in links} == {
        "before",
        "after",
    }
    for link in links:
        opened = site.page(str(link["href"]))
        assert len(_texts(opened)) == int(link.get_text())
        assert f"{link.get_text()} text" in opened.main.get_text()  # type: ignore[union-attr]


def test_the_texts_are_those_of_the_cell(site: Site, tuned: str) -> None:
    address = f"/models/{tuned}/confusions/rows?true=card&predicted=login"
    own = [each for each in held_out() if each.label == "card"]
    for by, found in (
        ("before", [each.text for each in own if each.base == "login"]),
        ("after", [each.text for each in own if each.tuned == "login"]),
    ):
        page = site.page(f"{address}&by={by}")
        check_sound(page)
        assert sorted(_texts(page)) == sorted(found)
        assert page.select("img") == []
    assert any(SCRIPT in each.text for each in own)


def test_the_surest_come_first(site: Site, tuned: str) -> None:
    page = site.page(f"/models/{tuned}/confusions/rows?true=card&predicted=card")
    shares = [int(cell.get_text().rstrip("%")) for cell in page.select("td:last-child small")]
    assert shares == sorted(shares, reverse=True)


@pytest.mark.parametrize("label", ["", "no such class", SCRIPT, "x" * 2000])
def test_a_cell_without_texts_says_so(site: Site, tuned: str, label: str) -> None:
    answer = site.browser.get(
        f"/models/{tuned}/confusions/rows", params={"true": label, "predicted": LABELS[0]}
    )
    assert answer.status_code == 200
    page = BeautifulSoup(answer.text, "html.parser")
    check_sound(page)
    assert page.select("img") == []
    assert "No held-out text" in answer.text


def test_other_addresses_are_refused(site: Site, tuned: str) -> None:
    address = f"/models/{tuned}/confusions/rows"
    assert site.browser.get(address).status_code == 422
    wrong = {"true": "a", "predicted": "b", "by": "later"}
    assert site.browser.get(address, params=wrong).status_code == 422


def test_without_texts_the_counts_are_no_links(site: Site, tuned: str, tickets: str) -> None:
    """As of a model that an earlier version has fitted."""
    folder = site.stores.models.folder(tuned)
    site.model("tune-older", folder, tickets)  # type: ignore[arg-type]
    (site.stores.models.folder("tune-older") / "held_out.parquet").unlink()  # type: ignore[operator]
    page = site.page("/models/tune-older/confusions")
    assert page.select("table.confusion")
    assert page.select("table.confusion a") == []
    assert "keeps no held-out texts" in site.words("/models/tune-older/changes")
