"""From a file to a model in a browser, with all that goes wrong on the way."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.server.chaos import Deployment
from tests.server.exports import share_exports
from tests.server.pages.chromium import Chromium, open_chromium
from tests.server.pages.sites import running_site, unseen_tickets
from tests.server.ports import free_port
from tests.waiting import until

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tunesmith.results.fit_result import FitResult

pytestmark = [
    pytest.mark.slow,
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="it finds processes in /proc"),
]
HANGING = 120_000
"""Milliseconds; nothing that ends takes so long on an idle machine."""
FIRST_SCORE = ".ladder td.number.strong:not(:has-text('–'))"
SCRIPT = "<img src=x onerror=document.title='run'>"
INTENTS = {"atis_airfare", "atis_airline", "atis_ground_service"}


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, toy_fit: "FitResult", shared_exports: None
) -> Iterator[Deployment]:
    """A server as people run it, with a worker, and a tiny model that a fit can start from."""
    home = tmp_path_factory.mktemp("whole-way")
    share_exports(home)
    shutil.copytree(toy_fit.path, home / "models" / "tiny-base")
    deployed = Deployment(home, free_port())
    deployed.start()
    wait_for(deployed)
    yield deployed
    deployed.stop()


def wait_for(server: Deployment) -> None:
    """Wait until a server answers."""

    def answers() -> bool:
        try:
            httpx.get(f"http://127.0.0.1:{server.port}/health")
        except httpx.TransportError:
            return False
        return True

    until(answers)


@pytest.fixture(scope="module")
def chromium(server: Deployment) -> Iterator[Chromium]:
    with open_chromium(f"http://127.0.0.1:{server.port}") as found:
        yield found


@pytest.fixture
def visit(chromium: Chromium) -> Iterator[Callable[..., "Page"]]:
    """Opens pages that are closed after the test."""
    opened: list[Page] = []

    def visit(path: str = "/", **options: object) -> "Page":
        page = chromium.open(path, **options)  # type: ignore[arg-type]
        page.set_default_timeout(HANGING)
        opened.append(page)
        return page

    yield visit
    for page in opened:
        page.close()


@pytest.fixture(scope="module")
def atis(shared_data: Path) -> Path:
    """The 344 questions of a retired service's chapter on tuning."""
    path = shared_data / "atis" / "atis-ft-3classes.csv"
    if not path.is_file():
        pytest.skip(f"there is no {path}")
    return path


def upload(page: "Page", path: Path) -> str:
    """Choose a file on the home page; return the address of its data set."""
    page.set_input_files("#file", path)
    page.wait_for_url("**/datasets/*")
    return page.url


def start(page: "Page", base: str = "") -> None:
    """Start a fit of the data set that is open."""
    page.click("main a.main:has-text('Fit')")
    page.check("input[name=budget][value='1m']", force=True)
    if base:
        open_options(page)
        page.select_option("#base", base)
    page.click("button:has-text('Start the fit')")
    page.wait_for_url("**/fits/*")


def open_options(page: "Page") -> None:
    """Unfold the options; they are open already where the language of the texts is in doubt."""
    page.locator("details:has(#base)").evaluate("options => { options.open = true }")


def test_from_a_file_to_code_that_runs(
    visit: Callable[..., "Page"], atis: Path, tmp_path: Path
) -> None:
    page = visit()
    upload(page, atis)
    assert "344 rows" in page.inner_text("main")
    counts = page.locator("table.counts tbody tr")
    assert {row.inner_text().split()[0] for row in counts.all()} == INTENTS
    start(page)
    page.wait_for_selector(FIRST_SCORE)
    page.reload()
    page.click("button:has-text('Stop and judge')")
    page.wait_for_selector("#verdict")
    sentence = page.inner_text("#fit-result p")
    page.click("main a[href^='/models/']")
    assert sentence in page.inner_text("main")
    page.click(".tabs a:has-text('Map')")
    page.wait_for_selector("#map[data-ready]:not([data-draft])")
    page.locator(".legend-entry").first.click()
    total = page.locator(".legend-entry .count").first.get_attribute("data-all")
    assert page.inner_text(".selected-count") == total
    page.click(".tabs a:has-text('Try it')")
    page.fill("#text", "which airlines fly to boston")
    page.click("main form.try button")
    assert page.inner_text("th:has(.chip:has-text('predicted'))").split()[0] in INTENTS
    page.click(".tabs a:has-text('Use it')")
    snippet = page.locator(".snippet:has(h2:has-text('Python')) code").inner_text()
    code = tmp_path / "use.py"
    code.write_text(snippet, encoding="utf-8")
    ran = subprocess.run([sys.executable, code], capture_output=True, text=True, check=True)
    assert "384" in ran.stdout
    assert any(intent in ran.stdout for intent in INTENTS)


def test_a_killed_server_comes_back_on_its_own(
    visit: Callable[..., "Page"], server: Deployment, tmp_path: Path
) -> None:
    """Nobody reloads the page: it connects again, and the fit goes on."""
    page, path = visit(), tmp_path / "unseen.csv"
    path.write_bytes(unseen_tickets(150))
    upload(page, path)
    start(page, base="tiny-base")
    page.wait_for_selector(".chip:has-text('training')")
    page.evaluate("window.same = true")
    server.kill("server")
    page.wait_for_selector(FIRST_SCORE)
    assert page.evaluate("window.same")
    page.click("button:has-text('Stop and judge')")
    page.wait_for_selector("#verdict")
    page.wait_for_selector(".chip:has-text('ready')")


def test_more_labels_are_fitted_again_and_compared(
    visit: Callable[..., "Page"], tmp_path: Path
) -> None:
    """Both models are tested on the rows that neither was trained on."""
    header, *rows = unseen_tickets(300).decode().splitlines()
    open_rows = [row.partition(",")[0] + "," for row in rows[:60]]
    path = tmp_path / "open.csv"
    path.write_text("\n".join([header, *open_rows, *rows[60:]]), encoding="utf-8")
    page = visit()
    dataset = upload(page, path)
    page.click("main a.main:has-text('Fit')")
    open_options(page)
    page.select_option("#base", "tiny-base")
    page.select_option("#cross_validate", "off")
    finish(page)
    page.goto(f"{dataset}/label")
    page.wait_for_selector("#label[data-ready]")
    for count in ("1", "2", "3"):
        page.locator("[data-card] .approve").click()
        page.wait_for_selector(f"[data-new]:text-is('{count}')")
    page.keyboard.press("z")
    page.wait_for_selector("[data-new]:text-is('2')")
    page.reload()
    page.wait_for_selector("[data-new]:text-is('2')")
    page.click("[data-fit]")
    page.wait_for_url("**/fits/*")
    assert "2 new labels" in page.inner_text("main")
    judged(page)
    page.click("a:has-text('Compare the two')")
    page.wait_for_selector("section[aria-labelledby=pairs] tbody tr")
    assert "95% CI" in page.inner_text("section[aria-labelledby=pairs] tbody tr")


def finish(page: "Page") -> None:
    """Start the fit of the open form, and judge it after the first score."""
    page.click("button:has-text('Start the fit')")
    page.wait_for_url("**/fits/*")
    judged(page)


def judged(page: "Page") -> None:
    """Stop the fit that is open after its first score; wait for the verdict."""
    page.wait_for_selector(FIRST_SCORE)
    page.click("button:has-text('Stop and judge')")
    page.wait_for_selector("#verdict")


def test_a_script_in_a_text_does_not_run(visit: Callable[..., "Page"], tmp_path: Path) -> None:
    lines = [f"{SCRIPT} {row},{SCRIPT} {row % 2}" for row in range(40)]
    path = tmp_path / f"{SCRIPT.replace('/', '')}.csv"
    path.write_text("\n".join(["text,label", *lines]), encoding="utf-8")
    page = visit()
    address = upload(page, path)
    for part in ("", "/rows"):
        page.goto(address + part)
        assert SCRIPT in page.inner_text("main")
        assert page.locator("main img").count() == 0
        assert page.title() != "run"


def test_a_hundred_thousand_rows_are_checked_and_read(
    visit: Callable[..., "Page"], tmp_path: Path
) -> None:
    path = tmp_path / "many.csv"
    rows = (f"the {row}th text about subject {row % 7},subject {row % 7}" for row in range(100_000))
    path.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    page = visit()
    address = upload(page, path)
    assert "100,000 rows" in page.inner_text("main")
    page.goto(f"{address}/rows?page=2000")
    assert page.locator("tbody tr").count() == 50
    assert "99999th" in page.inner_text("tbody")


def test_a_phone_shows_every_page_without_scrolling_sideways(
    visit: Callable[..., "Page"], toy_tickets: Path
) -> None:
    page = visit(width=390, has_touch=True)
    dataset = upload(page, toy_tickets)
    for address in (dataset, f"{dataset}/rows", "/", "/datasets", "/fits", "/fits/new", "/models"):
        page.goto(address if "://" in address else f"{dataset.partition('/datasets')[0]}{address}")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, address


def test_a_file_becomes_a_fit_without_a_mouse(
    visit: Callable[..., "Page"], toy_tickets: Path
) -> None:
    page = visit()
    # Expected before Tab, since the browser takes the order and the keys on different ways:
    # right after the order a key may come first and open a dialog that nobody answers.
    with page.expect_file_chooser() as chosen:
        reach(page, "#file")
        page.keyboard.press("Enter")
    chosen.value.set_files(toy_tickets)
    page.wait_for_url("**/datasets/*")
    reach(page, "main a.main")
    page.keyboard.press("Enter")
    page.wait_for_url("**/fits/new**")
    reach(page, "main button.main")
    page.keyboard.press("Enter")
    page.wait_for_url("**/fits/tune-*")
    reach(page, "button:has-text('Cancel')")
    page.on("dialog", lambda dialog: dialog.accept())
    page.keyboard.press("Enter")
    page.wait_for_selector(".chip:has-text('cancelled')")


def reach(page: "Page", selector: str) -> None:
    """Press Tab until an element has the focus, and can be seen to have it."""
    wanted = page.locator(selector).first
    for _ in range(200):
        page.keyboard.press("Tab")
        if wanted.evaluate("(one) => one === document.activeElement"):
            assert wanted.evaluate("(one) => one.matches(':focus-visible')")
            return
    raise AssertionError(f"Tab does not reach {selector}")


def test_with_keys_on_a_person_signs_in_first(
    tmp_path_factory: pytest.TempPathFactory, chromium: Chromium
) -> None:
    with running_site(tmp_path_factory.mktemp("keys"), require_keys=True) as closed:
        secret = closed.stores.keys.create("reader", "read")[1]
        page = chromium.browser.new_page()
        page.goto(str(closed.browser.base_url.join("/models")))
        page.fill("#key", secret)
        page.keyboard.press("Enter")
        page.wait_for_selector("h1:has-text('Models')")
        page.goto(str(closed.browser.base_url.join("/")))
        assert page.locator("[data-upload]").count() == 0
        page.click("button:has-text('Sign out')")
        page.wait_for_selector("#key")
        page.close()
