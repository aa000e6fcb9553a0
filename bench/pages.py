"""Benchmark the dashboard: answers of pages, the layout of a large map, and the map in a browser.

A server holds 200 models, 200 data sets and one of 100,000 rows. ``page_ms`` is the slowest page,
as the median of five requests. ``layout_s`` is the time to lay out 100,000 vectors of 384 numbers
before and after tuning (77 groups in 14 dimensions each, plus noise). Chromium without 3D then
opens these two maps: ``map_ready_ms`` from navigation until both can be used, ``drag_fps`` the
frames per second while they are dragged for two seconds, as the median of three. ``export_s`` is
the slower of two exports of all labels of the large data set, as CSV and as JSON Lines.

The last line is JSON with these keys.

    python bench/pages.py [--quick]        # --quick: 20 models and data sets, 10,000 rows
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import httpx
import numpy as np
from playwright.sync_api import sync_playwright

import tunesmith
from tunesmith.evaluation.maps.before_after import before_after_map
from tunesmith.home import Home
from tunesmith.results.text_map import TextMap
from tunesmith.server.datasets import NewDataset
from tunesmith.server.judging import DataFile
from tunesmith.server.maps import MapRequest
from tunesmith.server.settings import ServerSettings
from tunesmith.server.stores import Stores, open_stores

GROUPS = 77
DRAG_SECONDS = 2.0
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def vectors(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return vectors of groups and the group of each."""
    random = np.random.default_rng(seed)
    groups = random.integers(0, GROUPS, rows)
    centres = random.normal(size=(GROUPS, 14)) @ random.normal(size=(14, 384))
    common = random.normal(size=(30, 384)) * 0.6
    found = centres[groups] + random.normal(size=(rows, 30)) @ common
    found += random.normal(size=(rows, 384)) * 0.5
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32), groups


def laid_out(rows: int) -> tuple[TextMap, float]:
    """Return a map of vectors, and the seconds that its layout took."""
    before, groups = vectors(rows)
    after = before + 0.02 * np.random.default_rng(1).normal(size=before.shape).astype(np.float32)
    names = tuple(f"group {number}" for number in range(GROUPS))
    begun = time.perf_counter()
    places = before_after_map(before, after, [names[number] for number in groups])
    seconds = time.perf_counter() - begun
    strangers = places.votes(groups) != groups
    made = TextMap(
        titles=("before", "after"),
        before=places.before,
        after=places.after,
        moved=places.moved,
        rows=np.arange(1, rows + 1),
        names=names,
        labels=groups.astype(np.uint16),
        strangers=strangers,
    )
    return made, seconds


def fill(stores: Stores, folder: Path, copies: int, rows: int) -> tuple[str, str]:
    """Store data sets and models; return the ids of the large data set and of its model."""
    lines = [f"text {row} about group {row % GROUPS},group {row % GROUPS}" for row in range(rows)]
    large = _stored(stores, folder, "large.csv", "\n".join(["text,label", *lines]))
    fitted = tunesmith.fit(tunesmith.example("tickets.csv"), budget="10s", output=folder / "model")
    for copy in range(copies):
        small = "\n".join(["text,label", *(f"text {copy} {row},{row % 3}" for row in range(60))])
        dataset = _stored(stores, folder, f"small-{copy}.csv", small)
        with stores.files.new(f"models/tune-{copy:03}") as out:
            shutil.copytree(fitted.path, out, dirs_exist_ok=True, copy_function=os.link)
        stores.models.add(f"tune-{copy:03}", f"model {copy}", large if copy == 0 else dataset, None)
    return large, "tune-000"


def _stored(stores: Stores, folder: Path, name: str, text: str) -> str:
    received = folder / "received"
    received.write_text(text, encoding="utf-8")
    return stores.datasets.add(received, NewDataset(name, name)).id


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """Run a server; yield its address."""
    command = [sys.executable, "-m", "tunesmith", "serve", "--port", "0", "--workers", "0"]
    environment = {**os.environ, "TUNESMITH_HOME": str(home)}
    pipe = subprocess.PIPE
    null = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=pipe, stderr=null, env=environment, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split()[-1]
        finally:
            server.terminate()


def page_ms(address: str, dataset: str, model: str) -> dict[str, float]:
    """Return the median milliseconds of each page; the first answer of each is not counted."""
    paths = ["/", "/datasets", "/models", "/fits", "/fits/new", f"/datasets/{dataset}"]
    paths += [f"/datasets/{dataset}/rows?page=7", f"/models/{model}", f"/models/{model}/map"]
    found = {}
    with httpx.Client(base_url=address, headers={"Accept": "text/html"}, timeout=300) as browser:
        for path in paths:
            assert browser.get(path).status_code == 200, path
            found[path.replace(dataset, "ID").replace(model, "ID")] = statistics.median(
                _milliseconds(browser, path) for _ in range(5)
            )
    return found


def _milliseconds(browser: httpx.Client, path: str) -> float:
    begun = time.perf_counter()
    browser.get(path)
    return round(1000 * (time.perf_counter() - begun), 1)


def export_s(address: str, dataset: str, rows: int) -> float:
    """Return the seconds of the slower export of all labels; the file is open already."""
    found = []
    with httpx.Client(base_url=address, timeout=300) as client:
        for form in ("csv", "csv", "jsonl"):
            begun = time.perf_counter()
            content = client.get(f"/v1/datasets/{dataset}/labels.{form}").content
            found.append(time.perf_counter() - begun)
            assert content.count(b"\n") >= rows
    return max(found[1:])


def in_browser(url: str) -> tuple[float, float]:
    """Return the milliseconds until the maps can be used, and the frames per second of a drag."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-3d-apis"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(url)
        page.wait_for_selector("#map[data-ready]")
        ready = float(page.get_attribute("#map", "data-ready") or "nan")
        page.evaluate(
            "() => { window.frames_ = 0; const next = () => { frames_ += 1;"
            " requestAnimationFrame(next); }; requestAnimationFrame(next); }"
        )
        box = page.locator("canvas").first.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        frames, begun = page.evaluate("frames_"), time.perf_counter()
        while (passed := time.perf_counter() - begun) < DRAG_SECONDS:
            page.mouse.move(x + 90 * (passed % 0.5), y + 60 * (passed % 0.7))
        rate = (page.evaluate("frames_") - frames) / passed
        browser.close()
        return ready, rate


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer models, data sets and rows")
    quick = parser.parse_args().quick
    copies, rows = (20, 10_000) if quick else (200, 100_000)
    made, layout_s = laid_out(rows)
    print(f"layout of {rows:,} x 384 before and after: {layout_s:.1f} s", flush=True)
    with tempfile.TemporaryDirectory() as folder, Home(Path(folder) / "home").active() as home:
        stores = open_stores(ServerSettings(home))
        dataset, model = fill(stores, Path(folder), copies, rows)
        stored = stores.models.get(model)
        data = DataFile(stores.datasets.path(dataset), stores.datasets.get(dataset).options)
        digest = stores.datasets.get(dataset).digest
        request = MapRequest(stored, stores.models.folder_of(stored), data, digest)
        home.maps.mkdir(parents=True)
        made.save(home.maps / request.key)
        with serving(home.folder) as address:
            pages = page_ms(address, dataset, model)
            for path, milliseconds in pages.items():
                print(f"{milliseconds:8.1f} ms  {path}", flush=True)
            exported = export_s(address, dataset, rows)
            print(f"export of {rows:,} labels: {exported:.2f} s", flush=True)
            runs = [in_browser(f"{address}/models/{model}/map") for _ in range(3)]
    ready, rate = (statistics.median(values) for values in zip(*runs, strict=True))
    found = {"page_ms": max(pages.values()), "map_ready_ms": round(ready), "drag_fps": round(rate)}
    found |= {"layout_s": round(layout_s, 1), "export_s": round(exported, 2)}
    print(json.dumps({**found, "texts": rows}))


if __name__ == "__main__":
    main()
