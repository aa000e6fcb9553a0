"""The notebook runs from top to bottom, and shows neither warnings nor walls of text."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parent.parent / "examples" / "first_hour.ipynb"
WALL = 2_500
SMALLER = {"range(300)": "range(150)", "range(1000, 1150)": "range(1000, 1060)", "10s": "1s"}


@pytest.mark.long
@pytest.mark.usefixtures("common_home")
def test_the_notebook_runs_without_noise(tmp_path: Path) -> None:
    """Every output is short or HTML; nothing goes to standard error.

    There are fewer mails, and the fit only has time for the candidates that train no weights.
    """
    notebook: Any = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]  # untyped
    for cell in notebook.cells:
        for written, smaller in SMALLER.items():
            cell.source = cell.source.replace(written, smaller)
    client = NotebookClient(notebook, timeout=None, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    shown = [output for output in outputs if output.output_type != "stream"]
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
    assert all(len(output.data.get("text/plain", "")) < WALL for output in shown)
    pages = [output.data["text/html"] for output in shown if "text/html" in output.data]
    assert len(pages) >= 6
    assert any("held-out test" in page or "out of fold" in page for page in pages)
    assert not any("Traceback" in str(output) or "Warning" in str(output) for output in outputs)


def test_the_notebook_is_stored_without_outputs() -> None:
    """What it shows depends on the run."""
    notebook: Any = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]  # untyped
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)
