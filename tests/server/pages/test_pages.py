"""Every page answers with its facts, and hostile texts stay texts."""

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.server.pages.browsers import browser_page
from tests.server.pages.sites import Site, check_sound
from tunesmith.server.pages.rendering import _environment
from tunesmith.wording import number

if TYPE_CHECKING:
    from tunesmith.results.fit_result import FitResult

pytestmark = pytest.mark.slow

SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(1)>'
TABS = ("", "/classes", "/confusions", "/ladder", "/use")


@pytest.fixture
def addresses(site: Site, tickets: str, fitted: str) -> list[str]:
    """The addresses of all pages."""
    fit = site.fit(tickets)
    return [
        *("/", "/datasets", "/fits", "/fits/new", "/models", "/models/all-MiniLM-L6-v2"),
        *(f"/datasets/{tickets}", f"/datasets/{tickets}/rows", f"/fits/{fit.id}"),
        *(f"/models/{fitted}{tab}" for tab in TABS),
        *(f"/models/all-MiniLM-L6-v2{tab}" for tab in TABS),
    ]


def test_every_page_is_sound_and_runs_no_script_of_a_text(site: Site, addresses: list[str]) -> None:
    for address in addresses:
        check_sound(site.page(address))
        headers = site.browser.get(address).headers
        assert headers["Content-Security-Policy"] == "default-src 'self'; frame-ancestors 'none'"
        assert headers["Cache-Control"] == "no-store"


def test_pages_ask_this_server_only(site: Site, addresses: list[str]) -> None:
    for address in addresses:
        for tag in site.page(address).select("[src], link[href]"):
            path = str(tag.get("src") or tag.get("href"))
            assert path.startswith("/static/")
            assert site.browser.get(path).status_code == 200


def test_every_template_is_valid() -> None:
    environment = _environment()
    for name in environment.list_templates():
        environment.get_template(name)


def test_home_offers_an_upload_and_lists_verdicts(site: Site, fitted: str) -> None:
    page = site.page("/")
    form = page.select_one("form[data-upload]")
    assert form is not None
    assert form["action"] == "/v1/datasets"
    assert page.select_one(f"#verdicts a[href='/models/{fitted}']") is not None
    assert page.select_one("main[data-events='/now/events']") is not None


def test_a_data_set_shows_its_check(site: Site, tickets: str) -> None:
    words = site.words(f"/datasets/{tickets}")
    assert "150 rows" in words
    assert "labelled" in words
    assert re.search(r"Rows by class 3 classes .* card 50", words)
    assert "text text label label" in words  # roles and columns


def test_a_finding_shows_the_texts_of_its_rows(site: Site) -> None:
    rows = [f"a text about parcel {number},parcel" for number in range(20)]
    rows += [f"a text about money {number},money" for number in range(20)]
    table = "\n".join(["text,label", *rows, rows[3]])
    ident = site.upload("twice.csv", table.encode())
    findings = site.page(f"/datasets/{ident}").select("details.finding")
    shown = next(each.get_text(" ") for each in findings if "duplicate row" in each.get_text())
    assert "row 41" in shown
    assert shown.count("a text about parcel 3") == 1


def test_a_file_that_cannot_be_used_says_why(site: Site) -> None:
    ident = site.upload("bad.csv", b"")
    words = site.words(f"/datasets/{ident}")
    assert "This file cannot be used" in words
    check_sound(site.page(f"/datasets/{ident}"))
    assert site.browser.get(f"/datasets/{ident}/rows").status_code in {400, 422}
    assert ident not in str(site.page("/fits/new"))


def test_rows_come_fifty_on_a_page(site: Site, tickets: str) -> None:
    first = site.page(f"/datasets/{tickets}/rows")
    last = site.page(f"/datasets/{tickets}/rows?page=3")
    numbers = [row.get_text() for row in last.select("tbody th")]
    assert len(first.select("tbody tr")) == 50
    assert (numbers[0], numbers[-1]) == ("101", "150")
    assert "Page 3 of 3, 150 rows" in last.get_text()
    assert site.browser.get(f"/datasets/{tickets}/rows?page=4").status_code == 404
    assert site.browser.get(f"/datasets/{tickets}/rows?page=x").status_code == 422


def test_the_form_starts_one_fit(site: Site, tickets: str) -> None:
    once = site.page(f"/fits/new?dataset={tickets}").select_one("input[name=once]")
    assert once is not None
    form = {"dataset": tickets, "budget": "1m", "name": "mine", "once": str(once["value"])}
    first, again = (site.browser.post("/fits", data=form) for _ in range(2))
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.headers["location"] == again.headers["location"]
    fit = site.stores.fits.get(first.headers["location"].removeprefix("/fits/"))
    assert (fit.name, fit.request["budget"]) == ("mine", 60.0)


def test_the_form_takes_every_option(site: Site, tickets: str) -> None:
    options = {
        "dataset": tickets, "budget": "none", "goal": "classify", "cross_validate": "3",
        "keep": "proven", "recipe": "contrastive", "seed": "7", "base": "",
        "test": "", "validation": "",
    }  # fmt: skip
    response = site.browser.post("/fits", data=options)
    request = site.stores.fits.get(response.headers["location"].removeprefix("/fits/")).request
    assert request["budget"] is None
    assert (request["goal"], request["cross_validate"], request["keep"]) == (
        "classify",
        3,
        "proven",
    )
    assert (request["int8"], request["recipe"], request["seed"]) == (False, "contrastive", 7)


@pytest.mark.parametrize("option", [{"budget": "soon"}, {"base": "no-such"}, {"recipe": "magic"}])
def test_a_mistake_is_shown_above_the_form(
    site: Site, tickets: str, option: dict[str, str]
) -> None:
    response = site.browser.post("/fits", data={"dataset": tickets, **option})
    assert response.status_code == 400
    assert "The fit was not started" in response.text
    assert next(iter(option.values())) in response.text


def test_a_model_shows_its_verdict(site: Site, fitted: str, toy_fit: "FitResult") -> None:
    words, summary = site.words(f"/models/{fitted}"), toy_fit.summary
    assert " ".join(toy_fit.verdict.sentence.replace("`", "").split()) in words
    for change in summary.changes:
        assert number(change.tuned) in words
    for rung in summary.rungs:
        assert rung.title in words


def test_a_model_shows_its_classes_and_confusions(
    site: Site, fitted: str, toy_fit: "FitResult"
) -> None:
    classes = site.page(f"/models/{fitted}/classes")
    assert {row.get_text() for row in classes.select("tbody th")} == {"card", "login", "order"}
    (matrix,) = site.page(f"/models/{fitted}/confusions").select("table.confusion")
    cells = [cell.get_text() for cell in matrix.select("tbody td")]
    assert len(cells) == 9
    assert sum(int(cell) for cell in cells if cell != "·") == toy_fit.summary.test


def test_the_ladder_shows_standard_errors(site: Site, fitted: str, toy_fit: "FitResult") -> None:
    words = site.words(f"/models/{fitted}/ladder")
    done = [rung for rung in toy_fit.summary.rungs if rung.score is not None]
    assert done
    for rung in done:
        assert rung.standard_error is not None
        assert f"{number(rung.score)} ± {number(rung.standard_error)}" in words


def test_the_code_of_a_model_runs(site: Site, fitted: str) -> None:
    page = site.page(f"/models/{fitted}/use")
    code = {each.h2.get_text(): each.code.get_text() for each in page.select(".snippet")}  # type: ignore[union-attr]
    for name in ("Python", "Cohere", "OpenAI"):
        assert fitted in code[name]
        exec(compile(code[name], name, "exec"), {})
    answer = subprocess.run(
        ["bash", "-c", code["curl"]], capture_output=True, check=True, text=True
    )
    assert "label" in answer.stdout


def test_a_model_without_results_says_so(site: Site) -> None:
    assert "base model that comes with Tunesmith" in site.words("/models/all-MiniLM-L6-v2")
    assert "no confusion matrix" in site.words("/models/all-MiniLM-L6-v2/confusions")
    assert site.browser.get("/models/no-such").status_code == 404
    assert site.browser.get("/models/all-MiniLM-L6-v2/nothing").status_code == 422


def test_a_damaged_model_says_so(site: Site) -> None:
    with site.stores.files.new("models/tune-broken") as folder:
        (folder / "tunesmith.json").write_text("{", encoding="utf-8")
    site.stores.models.add("tune-broken", "broken", None, None)
    assert "This model is damaged" in site.words("/models/tune-broken")
    assert "damaged" in site.words("/models")


def test_hostile_texts_are_only_texts(site: Site) -> None:
    rows = [f"{SCRIPT} number {number},{SCRIPT}" for number in range(20)]
    rows += [f"plain words number {number},cold" for number in range(20)]
    table = "\n".join([f"text,label {SCRIPT}", *rows, rows[0]]).encode()
    body = {"file": (f"{SCRIPT}.csv", table)}
    named = site.browser.post("/v1/datasets", files=body, data={"name": SCRIPT + IMAGE}).json()
    fit = site.stores.fits.add(named["id"], {"budget": None}, name=SCRIPT + IMAGE)
    for address in (
        *(f"/datasets/{named['id']}", f"/datasets/{named['id']}/rows"),
        *("/", "/datasets", "/fits", f"/fits/{fit.id}", f"/fits/new?dataset={named['id']}"),
    ):
        page = site.page(address)
        check_sound(page)
        assert page.select("img") == []
        assert "<script>alert" not in str(site.browser.get(address).text)


@pytest.mark.parametrize(
    "path", [f"/{SCRIPT}", f"/datasets/{SCRIPT}", "/datasets/..%2f..%2fx", "/no"]
)
def test_an_unknown_address_has_a_page(site: Site, path: str) -> None:
    response = site.browser.get(path)
    assert response.status_code == 404
    assert "Not found" in response.text
    assert "<script>alert" not in response.text


def test_other_clients_get_json(site: Site) -> None:
    for path in ("/datasets/none", "/no-such", "/v1/datasets/none"):
        answer = site.browser.get(path, headers={"Accept": "*/*"})
        assert answer.json()["error"]["code"] == "not-found"
    assert site.browser.get("/v1/datasets/none").json()["error"]["code"] == "not-found"


def test_static_files_are_kept_by_the_browser(site: Site) -> None:
    page = site.page("/")
    address = str(page.select("link[rel=stylesheet]")[0]["href"])
    assert "immutable" in site.browser.get(address).headers["Cache-Control"]
    other = f"/static/older/{address.rpartition('/')[2]}"
    assert site.browser.get(other).headers["Cache-Control"] == "no-cache"
    for name in ("none.css", "..%2frouting.py", "rendering.py"):
        assert site.browser.get(f"/static/x/{name}").status_code == 404


def test_what_is_missing_is_said_without_words_for_programs(site: Site) -> None:
    answer = site.browser.get("/models/none")
    assert answer.status_code == 404
    assert "There is no model" in answer.text
    assert "/v1/" not in answer.text


def test_the_error_of_a_file_is_sentences(site: Site) -> None:
    """Message and advice are apart, of a file that cannot be read and of one with too few rows."""
    few = site.words(f"/datasets/{site.upload('few.csv', b'text,label' + bytes([10]) + b'a b,c')}")
    assert "Only 1 row. Add rows: at least" in few
    empty = site.words(f"/datasets/{site.upload('empty.csv', b'')}")
    assert "empty.csv is empty: check that this is the intended file." in empty


def test_errors_of_pages_name_no_request_of_the_api(site: Site) -> None:
    for path in ("/models/nothing", "/datasets/nothing", "/fits/nothing", "/compare?model=nothing"):
        response = site.browser.get(path)
        assert response.status_code in {200, 404}
        assert "GET /v1" not in response.text, path


def test_a_refused_upload_is_explained_in_two_sentences(site: Site) -> None:
    error = {"error": {"message": "the file is too large", "hint": "send a part of it"}}
    with browser_page(str(site.browser.base_url)) as page:
        page.route("**/v1/datasets", lambda route: route.fulfill(status=413, json=error))
        page.goto("/")
        file = {"name": "a.csv", "mimeType": "text/csv", "buffer": b"text,label"}
        page.set_input_files("#file", file)
        page.wait_for_selector("[data-upload] [role=status] span")
        lines = page.locator("[data-upload] [role=status] span").all_inner_texts()
    assert lines == ["The file is too large.", "Send a part of it."]
