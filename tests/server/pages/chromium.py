"""Debian's Chromium without a GPU; what it asks of other machines, and its complaints, are kept."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import pytest
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WIDTHS = {1440: 900, 390: 844}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@dataclass
class Chromium:
    """A browser.

    Parameters
    ----------
    browser
        Playwright's browser.
    address
        The server; every request to another address is a problem.
    problems
        Such requests, and errors of scripts and of the security policy.
    """

    browser: "Browser"
    address: str
    problems: list[str] = field(default_factory=list)

    def open(self, path: str, width: int = 1440, theme: Any = "light", **options: Any) -> "Page":
        """Return an open page of the server."""
        size: Any = {"width": width, "height": WIDTHS.get(width, 900)}
        page = self.browser.new_page(viewport=size, color_scheme=theme, **options)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", self._heard)
        page.on("request", lambda sent: self._asked(sent.url))
        page.goto(f"{self.address}{path}")
        return page

    def _heard(self, message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.problems.append(message.text)

    def _asked(self, url: str) -> None:
        if not url.startswith((self.address, "blob:", "data:")):
            self.problems.append(url)


@contextmanager
def launched() -> "Iterator[Browser]":
    """Run Chromium without a GPU; skip the test where there is none."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium: sudo make packages")
    with sync_playwright() as driver:
        flags = ["--no-sandbox", "--disable-3d-apis"]
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@contextmanager
def open_chromium(address: str) -> Iterator[Chromium]:
    """Run Chromium; fail at the end if there was a problem."""
    with launched() as browser:
        opened = Chromium(browser, address)
        yield opened
    assert opened.problems == []
