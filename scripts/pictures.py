"""Take pictures of every page of the dashboard: light and dark, on a wide screen and on a phone.

A server with a temporary home gets the bundled example, fits it, and draws its map.

    python scripts/pictures.py FOLDER             # every page, as PNG
    python scripts/pictures.py FOLDER --docs      # also the few of the documentation, as WebP

It needs the server's and the tests' extras and Chromium.
"""

import argparse
import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PIL import Image
from playwright.sync_api import Error, sync_playwright

import tunesmith

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SIZES = {1440: 900, 390: 844}
_MAP_MS = 300_000
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
DOCS = {
    "model": ("model", "light", 1440),
    "map": ("model-map", "light", 1440),
    "fit": ("fit", "light", 1440),
    "phone": ("model", "dark", 390),
}
"""The pictures of the documentation: page, theme and width."""


@dataclass(frozen=True)
class Example:
    """What the pages show: a data set, a finished fit and its model."""

    address: str
    dataset: str
    fit: str
    model: str

    def pages(self, page: "Page") -> dict[str, str]:
        """Return the address of each page that links lead to, by its name."""
        names: dict[str, str] = {}
        waiting = ["/", "/models/none", f"/datasets/{self.dataset}", f"/fits/{self.fit}"]
        waiting += [f"/models/{self.model}", f"/v1/models/{self.model}/report"]
        while waiting:
            path = waiting.pop(0)
            name = self._name(path)
            if name in names:
                continue
            names[name] = f"{self.address}{path}"
            visit(page, names[name])
            found = page.eval_on_selector_all("a[href]", "(all) => all.map((one) => one.href)")
            inside = [link.removeprefix(self.address).partition("#")[0] for link in found]
            waiting += [link for link in inside if link.startswith("/") and "/v1" not in link]
        return names

    def _name(self, path: str) -> str:
        path = path.partition("?")[0]
        for ident, kind in ((self.model, "m"), (self.dataset, "d"), (self.fit, "f")):
            path = path.replace(ident, kind)
        parts = [part for part in path.split("/") if part not in {"", "v1"}]
        if len(parts) > 1 and parts[1] in {"m", "d", "f"}:
            parts[:2] = [parts[0].rstrip("s")]
        return "-".join(parts) or "home"


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder for the pictures")
    parser.add_argument("--docs", action="store_true", help="also write docs/pictures")
    parser.add_argument("--budget", default="60s", help="time for the fit (default: 60s)")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, serving(Path(home)) as address:
        found = example(address, given.budget)
        with sync_playwright() as driver:
            browser = driver.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-3d-apis"]
            )
            start = browser.new_page()
            pages = {**found.pages(start), "compared": comparison(found)}
            start.close()
            for theme in THEMES:
                for width, height in SIZES.items():
                    page = browser.new_page(
                        viewport={"width": width, "height": height}, color_scheme=theme
                    )
                    for name, url in pages.items():
                        take(page, url, given.folder / f"{name}-{theme}-{width}.png")
                    page.close()
            browser.close()
    if given.docs:
        for name, (page_name, shown, width) in DOCS.items():
            picture = given.folder / f"{page_name}-{shown}-{width}.png"
            compress(picture, ROOT / "docs" / "pictures" / f"{name}.webp", SIZES[width])


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """Run a server; yield its address."""
    command = [sys.executable, "-m", "tunesmith", "serve", "--port", "0"]
    environment = {**os.environ, "TUNESMITH_HOME": str(home)}
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(command, stdout=pipe, stderr=null, env=environment, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split()[-1]
        finally:
            server.terminate()


def example(address: str, budget: str) -> Example:
    """Upload the bundled example and fit it."""
    with tunesmith.Client(address, "") as client:
        dataset = client.read(tunesmith.example("questions.csv"), name="Questions to a town hall")
        fit = client.start_fit(dataset, name="Questions to a town hall", budget=budget)
        model = client.follow(fit)
        return Example(address, dataset.id, fit.id, model.id)


def comparison(found: Example) -> str:
    """Return the address of a comparison of the model and its base on another data set."""
    with tunesmith.Client(found.address, "") as client:
        data = client.read(tunesmith.example("tickets.csv"), name="Support tickets")
    models = f"{found.model},all-MiniLM-L6-v2"
    return f"{found.address}/compare?models={models}&dataset={data.id}"


def visit(page: "Page", url: str) -> None:
    """Open a page; again, if a page that reloads itself was faster."""
    try:
        page.goto(url)
    except Error:
        page.goto(url)


def take(page: "Page", url: str, out: Path) -> None:
    """Take a picture of a whole page, when its map is drawn and its fonts are there."""
    visit(page, url)
    if url.partition("?")[0].endswith("/map"):
        # The page asks again by itself until the map is drawn.
        page.wait_for_selector("#map[data-ready]:not([data-draft])", timeout=_MAP_MS)
        page.wait_for_timeout(600)  # the end of the morph
    if "/compare?models=" in url and "dataset=" in url:
        page.wait_for_selector("#pairs", timeout=_MAP_MS)
    if page.query_selector("#label"):
        page.wait_for_selector("#label[data-ready]", timeout=_MAP_MS)
    page.evaluate("document.fonts.ready")
    page.screenshot(path=out, full_page=True)


def compress(picture: Path, out: Path, height: int) -> None:
    """Write the first screen of a picture as WebP."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(picture) as opened:
        first = opened.convert("RGB").crop((0, 0, opened.width, min(height, opened.height)))
    held = io.BytesIO()
    first.save(held, "WEBP", quality=88, method=6)
    out.write_bytes(held.getvalue())


if __name__ == "__main__":
    main()
