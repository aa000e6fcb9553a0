"""A running server with data, a fit and a model, and what a browser would find on its pages."""

import random
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from bs4 import BeautifulSoup, Tag

from tests.server.apps import running_server
from tunesmith.home import Home
from tunesmith.server.settings import ServerSettings
from tunesmith.server.stores import Stores, open_stores

if TYPE_CHECKING:
    from tunesmith.server.fits import StoredFit

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
HANDLER = re.compile(r"on\w+")


@dataclass
class Site:
    """A running server.

    Parameters
    ----------
    browser
        Sends what a browser sends for a page; it follows no redirect.
    stores
        The stores of the server, to put things into them.
    """

    browser: httpx.Client
    stores: Stores

    def page(self, path: str) -> BeautifulSoup:
        """Return a page that must be there."""
        response = self.browser.get(path)
        assert response.status_code == 200, (path, response.text[:500])
        return BeautifulSoup(response.text, "html.parser")

    def words(self, path: str) -> str:
        """Return the text of the content of a page, with single spaces."""
        return " ".join(self.page(path).main.get_text(" ").split())  # type: ignore[union-attr]

    def upload(self, name: str, content: bytes) -> str:
        """Upload a file; return the id of its data set."""
        stored = self.browser.post("/v1/datasets", files={"file": (name, content)}).json()
        return str(stored["id"])

    def fit(self, dataset: str, events: list[dict[str, Any]] | None = None) -> "StoredFit":
        """Store a fit that no worker takes, with events of a first attempt if there are any."""
        fit = self.stores.fits.add(dataset, {"budget": 300.0}, name="a fit")
        if events:
            self.stores.fits.start(fit.id, "worker-1")
            self.stores.fits.add_events(fit.id, 1, events)
        return fit

    def model(self, ident: str, folder: Path, dataset: str | None = None) -> None:
        """Store a model of the server, as a copy of a folder."""
        with self.stores.files.new(f"models/{ident}") as copy:
            shutil.copytree(folder, copy, dirs_exist_ok=True)
        self.stores.models.add(ident, "the model", dataset, None)


def unseen_tickets(rows: int) -> bytes:
    """Return a CSV of made-up tickets in three classes that no model was fitted on."""
    generator = random.Random(11)
    lines = ["text,label"]
    for row in range(rows):
        label = ("card", "login", "order")[row % 3]
        filler = [f"{generator.choice('bcdfg')}{generator.choice('aeiou')}" for _ in range(7)]
        lines.append(f"{label} {' '.join(filler)},{label}")
    return "\n".join(lines).encode()


@contextmanager
def running_site(folder: Path, **settings: Any) -> Iterator[Site]:
    """Run a server with a home of its own."""
    with running_server(folder, **settings) as address:
        stores = open_stores(ServerSettings(Home(folder)))
        with httpx.Client(base_url=address, headers=BROWSER, timeout=60) as browser:
            yield Site(browser, stores)
        stores.engine.dispose()


def drawn_map(site: Site, model: str) -> str:
    """Return the address of the map of a model when it is drawn."""
    address = f"/models/{model}/map"
    while "is being drawn" in site.words(address):
        time.sleep(0.2)
    return address


def check_sound(page: BeautifulSoup) -> None:
    """Assert what holds for every page: no script of its own, unique ids, headings in order."""
    tags = [each for each in page.find_all(True) if isinstance(each, Tag)]
    ids = [each["id"] for each in tags if each.has_attr("id")]
    assert sorted(set(ids)) == sorted(ids)
    levels = [int(each.name[1]) for each in tags if re.fullmatch("h[1-6]", each.name)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for each in tags:
        assert not {name for name in each.attrs if HANDLER.fullmatch(name) or name == "style"}
        assert each.name != "style"
        assert each.name != "script" or (each.has_attr("src") and not each.get_text())
        labelled = each.get("aria-labelledby")
        assert labelled is None or labelled in ids
    named = {each.get("for") for each in page.find_all("label")}
    for field in page.select("select, input:not([type=hidden], [type=radio])"):
        assert field.get("id") in named
    assert page.html is not None
    assert page.html["lang"] == "en"
    assert page.title is not None
    assert page.title.get_text().endswith("Tunesmith")
