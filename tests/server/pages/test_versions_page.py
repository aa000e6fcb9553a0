"""Data sets on their pages: remedies, rows to edit, another reading, versions, undo."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.server.pages.browsers import browser_page
from tests.server.pages.chromium import launched
from tests.server.pages.sites import Site, check_sound
from tunesmith.kinds import Multilabel, labels_of_rows
from tunesmith.server.fits import Status

if TYPE_CHECKING:
    from httpx import Response

pytestmark = pytest.mark.slow
SCRIPT = "<script>alert(1)</script>"
LINES = [
    *(
        f"text {number} about things,{('Card', 'order', 'other')[number % 3]}"
        for number in range(90)
    ),
    *(
        f"text {number} about things,{('Card', 'order', 'other')[number % 3]}"
        for number in range(14)
    ),
    *(f"{SCRIPT} row {number},{SCRIPT}" for number in range(6)),
    *(f"spelled {number} otherwise,card" for number in range(3)),
    ",other",
    "text 5 about things,order",
]


@pytest.fixture
def messy(site: Site, request: pytest.FixtureRequest) -> str:
    """The id of a data set of its own, with repeated rows, spellings and a missing text."""
    lines = ["text,label", *LINES, f"the test {request.node.name},order"]
    return site.upload("messy.csv", "\n".join(lines).encode())


def _post(site: Site, path: str, **fields: Any) -> "Response":
    return site.browser.post(path, data=fields)


def _made(response: "Response") -> str:
    """Return the id of the data set that a form leads to."""
    assert response.status_code == 303, response.text[:500]
    return response.headers["location"].split("/")[2].partition("?")[0]


def test_a_data_set_is_deleted_with_its_versions(site: Site, messy: str) -> None:
    made = _made(_post(site, f"/datasets/{messy}/remedies", code="duplicate", name="drop"))
    page = site.page(f"/datasets/{made}/versions")
    check_sound(page)
    assert "Delete this data set with its 2 versions" in page.get_text()
    fit = site.stores.fits.add(messy, {"budget": 300.0}, name="a fit")
    here = f"{site.browser.base_url}/datasets/{made}/versions"
    refused = site.browser.post(f"/datasets/{made}/delete", headers={"Referer": here})
    assert refused.status_code == 400
    assert fit.id in refused.text
    assert f'href="/datasets/{made}/versions">Back</a>' in refused.text
    site.stores.fits.move(fit.id, Status.CANCELLED)
    assert _post(site, f"/datasets/{made}/delete").headers["location"] == "/datasets"
    assert not {messy, made} & {each.id for each in site.stores.datasets.all()}
    site.upload("other.csv", "\n".join(["text,label", *LINES]).encode())
    assert "was deleted" in site.words(f"/fits/new?dataset={made}")
    assert "Choose a data set" in site.words(f"/fits/new?dataset={made}")


@pytest.mark.parametrize("elsewhere", ["https://example.org/a", "http://{here}//example.org/a"])
def test_an_error_leads_back_to_this_server_only(site: Site, elsewhere: str) -> None:
    came = elsewhere.format(here=site.browser.base_url.netloc.decode())
    answer = site.browser.get("/datasets/none", headers={"Referer": came})
    assert answer.status_code == 404
    assert "Back" not in answer.text


def test_a_remedy_says_what_it_changes_and_makes_a_version(site: Site, messy: str) -> None:
    address = f"/datasets/{messy}"
    check_sound(site.page(address))
    buttons = [each.get_text(strip=True) for each in site.page(address).select(".remedies button")]
    assert "Drop 14 repeated rows" in buttons
    assert "Merge the spellings in 3 rows" in buttons
    assert "Drop 1 row without a text" in buttons
    made = _made(_post(site, f"{address}/remedies", code="duplicate", name="drop"))
    words = site.words(f"/datasets/{made}")
    assert "Version 2: Dropped 14 repeated rows." in words
    assert "repeated row" not in words.replace("nearly repeated", "").partition("Findings")[2]
    assert _made(_post(site, f"{address}/remedies", code="duplicate", name="drop")) == made
    assert site.stores.datasets.get(messy).rows == len(LINES) + 1


def test_every_remedy_of_the_page_works(site: Site, messy: str) -> None:
    for form in site.page(f"/datasets/{messy}").select(".remedies form"):
        fields = {str(each["name"]): str(each["value"]) for each in form.select("input")}
        made = _made(_post(site, str(form["action"]), **fields))
        assert site.stores.datasets.get(made).version > 1


def test_merged_spellings_are_the_same_everywhere(site: Site, messy: str) -> None:
    """Counts, rows, the downloaded file and the exported labels agree."""
    made = _made(_post(site, f"/datasets/{messy}/remedies", code="label-spelling", name="merge"))
    counted = site.stores.datasets.get(made).report
    assert counted is not None
    numbers = {each["label"]: each["count"] for each in counted["classes"]}
    assert f"{numbers['Card']} of 116 rows" in site.words(f"/datasets/{made}/rows?label=Card")
    assert "otherwise Card" in site.words(f"/datasets/{made}/rows?q=otherwise")
    for part in ("file", "labels.csv"):
        text = site.browser.get(f"/v1/datasets/{made}/{part}").text.replace('"', "")
        assert "otherwise,Card" in text
        assert "otherwise,card" not in text


def test_undo_goes_back_unless_something_uses_the_version(site: Site, messy: str) -> None:
    second = _made(_post(site, f"/datasets/{messy}/remedies", code="duplicate", name="drop"))
    third = _made(_post(site, f"/datasets/{second}/rows", act="drop", row=1))
    refused = _post(site, f"/datasets/{second}/undo")
    assert refused.status_code == 400
    assert "Version 3 was made from version 2" in refused.text
    assert _made(_post(site, f"/datasets/{third}/undo")) == second
    assert site.browser.get(f"/datasets/{third}").status_code == 404
    site.fit(second)
    assert "A fit used version 2" in _post(site, f"/datasets/{second}/undo").text
    assert "upload is not a change" in _post(site, f"/datasets/{messy}/undo").text


def test_rows_are_found_by_label_finding_and_text(site: Site, messy: str) -> None:
    rows = f"/datasets/{messy}/rows"
    assert "35 of 116 rows" in site.words(f"{rows}?label=Card")
    assert "14 of 116 rows" in site.words(f"{rows}?finding=duplicate")
    assert "3 of 116 rows" in site.words(f"{rows}?q=OTHERWISE")
    assert "No row matches" in site.words(f"{rows}?q=nowhere&label=Card")
    page = site.page(f"{rows}?q={SCRIPT}")
    check_sound(page)
    assert len(page.select("tbody tr")) == 6
    links = [str(each["href"]) for each in site.page(f"/datasets/{messy}").select(".counts a")]
    assert f"/datasets/{messy}/rows?label=Card" in links


def test_a_search_without_a_row_runs_its_script(site: Site, messy: str) -> None:
    """The form for changes is absent there."""
    errors: list[str] = []
    with browser_page(str(site.browser.base_url)) as page:
        page.on("pageerror", lambda error: errors.append(str(error)))
        for words in ("nowhere", "text"):
            page.goto(f"/datasets/{messy}/rows?q={words}")
            page.wait_for_load_state("networkidle")
    assert not errors


def test_rows_are_relabelled_and_dropped(site: Site, messy: str) -> None:
    """The same rows are shown afterwards; each press is a version."""
    response = _post(
        site, f"/datasets/{messy}/rows", act="label", row=[1, 2], new_label="new & old", q="text 1"
    )
    made = _made(response)
    assert response.headers["location"] == f"/datasets/{made}/rows?q=text+1"
    labels = site.stores.datasets.opened(made).loaded.table["label"].to_pylist()
    assert labels[:3] == ["new & old", "new & old", "other"]
    assert "Version 2: Relabelled 2 rows." in site.words(f"/datasets/{made}/rows")
    fewer = _made(_post(site, f"/datasets/{made}/rows", act="drop", row=[1, 2, 3]))
    assert site.stores.datasets.opened(fewer).loaded.table.num_rows == 113
    none = _made(_post(site, f"/datasets/{messy}/rows", act="unlabel", row=[1]))
    assert site.stores.datasets.opened(none).loaded.table["label"][0].as_py() is None
    for fields in ({"act": "drop"}, {"act": "drop", "row": 999}, {"act": "label", "row": 1}):
        assert _post(site, f"/datasets/{messy}/rows", **fields).status_code in {400, 422}


def test_rows_with_several_labels_get_and_lose_some(site: Site) -> None:
    """The other labels of a row stay; each press is a version."""
    kinds = ('["fee", "card"]', '["card"]', '["loan"]')
    lines = [
        json.dumps({"text": f"a text {n}", "labels": json.loads(kinds[n % 3])}) for n in range(60)
    ]
    ident = site.upload("several.jsonl", "\n".join(lines).encode())
    assert f'href="/datasets/{ident}/rows">' in str(site.page("/label"))
    check_sound(site.page(f"/datasets/{ident}/rows"))

    def after(ident: str, act: str, row: list[int], names: str) -> tuple[str, dict[int, set[str]]]:
        made = _made(_post(site, f"/datasets/{ident}/rows", act=act, row=row, new_label=names))
        examples = site.stores.datasets.opened(made).examples
        assert isinstance(examples, Multilabel)
        return made, labels_of_rows(examples, [1, 2, 3])

    made, labels = after(ident, "add", [2, 3], "fee, urgent")
    assert labels == {
        1: {"fee", "card"},
        2: {"card", "fee", "urgent"},
        3: {"loan", "fee", "urgent"},
    }
    made, labels = after(made, "take", [1, 2], "fee")
    assert labels == {1: {"card"}, 2: {"card", "urgent"}, 3: {"loan", "fee", "urgent"}}
    _, labels = after(made, "label", [1], "loan")
    assert labels[1] == {"loan"}
    refused = _post(site, f"/datasets/{ident}/rows", act="add", row=[1])
    assert "No label is given" in refused.text


def test_versions_are_compared(site: Site, messy: str) -> None:
    second = _made(_post(site, f"/datasets/{messy}/rows", act="drop", row=list(range(1, 61))))
    third = _made(
        _post(site, f"/datasets/{second}/rows", act="label", row=[1, 2], new_label=SCRIPT)
    )
    words = site.words(f"/datasets/{messy}/versions")
    for part in ("Version 3", "Relabelled 2 rows", "made from version 2", "Uploaded as messy"):
        assert part in words
    compared = f"/datasets/{messy}/versions?before={messy}&after={third}"
    check_sound(site.page(compared))
    words = site.words(compared)
    assert "2 relabelled" in words
    assert "60 dropped" in words
    assert "54 rows unchanged" in words
    assert len(site.page(f"{compared}&show=dropped").select(".diff tbody tr")) == 50
    assert len(site.page(f"{compared}&show=dropped&page=2").select(".diff tbody tr")) == 10
    assert site.browser.get(f"{compared}&page=99").status_code == 404
    backwards = site.words(f"/datasets/{messy}/versions?before={third}&after={messy}")
    assert "60 added" in backwards


def test_another_reading_is_previewed(site: Site, messy: str) -> None:
    form = site.page(f"/datasets/{messy}").select_one("form.reading")
    assert form is not None
    preview = f"/datasets/{messy}/reading?kind=texts&column=text&role=text&column=label&role="
    check_sound(site.page(preview))
    words = site.words(preview)
    assert "What this would do texts" in words
    assert len(site.stores.datasets.versions(messy)) == 1
    fields = {"kind": "texts", "column": ["text", "label"], "role": ["text", ""]}
    made = site.stores.datasets.get(_made(_post(site, f"/datasets/{messy}/reading", **fields)))
    assert (made.kind, made.digest) == ("texts", site.stores.datasets.get(messy).digest)
    assert "Read as texts, text = text" in site.words(f"/datasets/{made.id}")
    back = {"kind": "auto", "column": ["text", "label"], "role": ["text", "label"]}
    again = _made(_post(site, f"/datasets/{made.id}/reading", **back))
    assert site.stores.datasets.get(again).kind == "labelled"
    wrong = site.words(f"/datasets/{messy}/reading?kind=triplets&column=text&role=anchor")
    assert "cannot be read like this" in wrong


def test_the_api_changes_and_compares(site: Site, messy: str) -> None:
    address = f"/v1/datasets/{messy}"
    made = site.browser.post(
        f"{address}/changes", json={"relabel": {"1": "x", "2": None}, "drop": [3], "note": "Mine"}
    ).json()
    assert (made["version"], made["origin"]["change"]["note"]) == (2, "Mine")
    found = site.browser.get(f"{address}/versions/{made['id']}/diff").json()
    assert found["counts"] == {"relabelled": 2, "dropped": 1}
    assert found["rows"][0]["before"] == {
        "number": 1,
        "texts": ["text 0 about things"],
        "label": "Card",
    }
    assert found["rows"][0]["after"]["label"] == "x"
    part = site.browser.get(
        f"{address}/versions/{made['id']}/diff", params={"difference": "dropped", "limit": 1}
    ).json()
    assert [row["before"]["number"] for row in part["rows"]] == [3]
    for options in ({}, {"drop": [9999]}, {"relabel": {"0": "a"}}, {"relabel": {"1": ["a"]}}):
        assert site.browser.post(f"{address}/changes", json=options).status_code in {400, 422}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser without a GPU."""
    with launched() as browser:
        yield browser


@pytest.mark.parametrize("width", [1440, 390])
def test_the_whole_way_in_a_browser(site: Site, messy: str, chromium: Any, width: int) -> None:
    """Drop repeated rows, undo, label rows with the keyboard, reload, and compare."""
    page = chromium.new_page(viewport={"width": width, "height": 900})
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", lambda dialog: problems.append(dialog.message))
    page.goto(f"{site.browser.base_url}/datasets/{messy}")
    page.get_by_role("button", name="Drop 14 repeated rows").click()
    assert "Version 2: Dropped 14 repeated rows." in page.inner_text(".note.made")
    page.reload()
    page.get_by_role("button", name="Undo").click()
    assert page.url.endswith(messy)
    page.get_by_role("link", name="Rows", exact=True).click()
    first = page.locator("input[name=row]").first
    first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    assert page.inner_text("[data-chosen]") == "3 rows chosen"
    page.get_by_label("New label").fill("by hand")
    page.keyboard.press("Enter")
    page.wait_for_selector(".note.made")
    assert "Relabelled 3 rows" in page.inner_text(".note.made")
    page.reload()
    page.get_by_role("link", name="What changed").first.click()
    assert "3 relabelled" in page.inner_text(".ways")
    wide = page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    assert not wide
    assert problems == []
    page.close()
