"""Every Python block in the README and the docs runs, page by page, in its order."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from runpy import run_path

import pytest
from _pytest.mark import ParameterSet

from tests.server.apps import running_server
from tunesmith.fitting import fit
from tunesmith.recipes import ContrastiveRecipe

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
# Pages that only encode, and show what holds for the bundled model alone.
ENCODING = {"client.md", "compact.md", "encoders.md", "forgetting.md", "server.md", "serving.md"}
MADE_BEFORE = (
    "# tickets-model is what `tunesmith fit examples/tickets.csv --output tickets-model` writes"
)
# Where the code of some pages asks a server, which the test starts.
SERVER = "http://127.0.0.1:8080"
LONG = ("tickets.csv", "questions.csv")
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")


def _marked(pages: list[Path]) -> list[ParameterSet]:
    """Return the pages; those that train on a server are long tests."""
    blocks = {page: BLOCK.findall(page.read_text(encoding="utf-8")) for page in pages}
    served = {page: any(SERVER in code for code in blocks[page]) for page in pages}
    return [pytest.param(page, marks=[pytest.mark.long] * served[page]) for page in pages]


@pytest.fixture(scope="module")
def tickets_model(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model fitted on the example tickets."""
    folder = tmp_path_factory.mktemp("fitted") / "tickets-model"
    recipe = ContrastiveRecipe(train_layers=1, epochs=1)
    fit(ROOT / "examples" / "tickets.csv", base=tiny_model, recipe=recipe, output=folder)
    return folder


def _thin(path: Path) -> None:
    """Keep every third row of a CSV file."""
    header, *rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([header, *rows[::3]]), encoding="utf-8")


@pytest.mark.slow
@pytest.mark.usefixtures("common_home")
@pytest.mark.parametrize("page", _marked(PAGES), ids=lambda page: page.name)
def test_the_code_on_a_page_runs(
    page: Path, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The blocks of a page are one script, run where `examples/` lies.

    All pages run in this process: starting Python and torch for each takes longer than most pages.
    Fits read few rows and have time for few steps. The README fits the bundled model, other pages a
    tiny one in its place. A page that begins with a fitted model finds one fitted from the same
    file.
    """
    code = "\n".join(BLOCK.findall(page.read_text(encoding="utf-8")))
    if not code:
        pytest.skip(f"{page.name} has no Python in it")
    if page.name not in ENCODING and SERVER not in code:
        request.getfixturevalue("ticking")
    if page.name not in {"README.md", *ENCODING} and SERVER not in code:
        request.getfixturevalue("tiny_bundled")
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    for name in LONG:
        _thin(tmp_path / "examples" / name)
    if MADE_BEFORE in code:
        shutil.copytree(request.getfixturevalue("tickets_model"), tmp_path / "tickets-model")
    monkeypatch.chdir(tmp_path)
    with _answering(code, tmp_path / "served") as script:
        (tmp_path / "page.py").write_text(script, encoding="utf-8")
        run_path("page.py", run_name="__main__")


@contextmanager
def _answering(code: str, home: Path) -> Iterator[str]:
    """Run a server for code that asks one; yield the code with its address."""
    if SERVER not in code:
        yield code
        return
    with running_server(home, workers=1) as address:
        yield code.replace(SERVER, address)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link names a file that is there."""
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
