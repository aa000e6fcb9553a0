"""A real browser without a GPU, which asks nothing of another machine."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def browser_page(base_url: str, **options: Any) -> Iterator[Any]:
    """Yield a page of a browser; any request to another machine fails the test."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt install chromium")
    outside: list[str] = []
    with sync_playwright() as driver:
        flags = ["--no-sandbox", "--disable-3d-apis"]
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = browser.new_page(base_url=base_url, **options)
        page.set_default_timeout(60_000)
        page.on("request", lambda asked: outside.append(asked.url))
        yield page
        browser.close()
    assert all(url.startswith(base_url.rstrip("/")) for url in outside)
