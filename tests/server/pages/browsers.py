"""A real browser without a GPU, which asks nothing of another machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.server.pages.chromium import launched


@contextmanager
def browser_page(base_url: str, **options: Any) -> Iterator[Any]:
    """Yield a page of a browser; any request to another machine fails the test."""
    outside: list[str] = []
    with launched() as browser:
        page = browser.new_page(base_url=base_url, **options)
        page.set_default_timeout(60_000)
        page.on("request", lambda asked: outside.append(asked.url))
        yield page
    assert all(url.startswith(base_url.rstrip("/")) for url in outside)
