"""The example that follows, cancels and resumes a fit; and what the library leaves to callers."""

import ast
import json
import os
import sys
from pathlib import Path
from runpy import run_path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = [
    path
    for path in sorted((ROOT / "src" / "tunesmith").rglob("*.py"))
    if not {"cli", "client", "compat", "server"} & set(path.parts) and path.name != "__main__.py"
]
# The home, the settings of threads and devices, and the variables of the Hub's own library.
READERS = {"home.py", "threads.py", "cores.py", "engine.py", "hub.py", "push.py"}


@pytest.mark.long
def test_a_fit_is_cancelled_and_resumed(
    tiny_model: Path,
    few_tickets: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The events are JSON lines, and the second run does not train again what is finished."""
    script, source = ROOT / "examples" / "follow_fit.py", tmp_path / "tickets.csv"
    rows = few_tickets.read_text("utf-8").splitlines(keepends=True)[:31]
    source.write_text("".join(rows), "utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    run_path(str(script))["main"]([str(source), str(tmp_path / "model"), str(tiny_model)])
    *lines, prediction = capsys.readouterr().out.splitlines()
    events = [json.loads(line) for line in lines]
    names = [event["event"] for event in events]
    assert names.count("cancelled") == 1
    assert names.count("inspected") == 2
    second = events[names.index("cancelled") + 1 :]
    done = [each["candidate"] for each in second if each["event"] == "candidate-finished"]
    assert [candidate["status"] for candidate in done] == ["done"] * 5
    assert prediction.startswith("Prediction(")
    assert len(script.read_text("utf-8").splitlines()) <= 60


@pytest.mark.parametrize(
    "path", LIBRARY, ids=lambda path: path.relative_to(ROOT / "src").as_posix()
)
def test_the_library_leaves_the_process_to_its_caller(path: Path) -> None:
    """It does not print, exit, raise KeyboardInterrupt or read the environment."""
    tree = ast.parse(path.read_text("utf-8"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not names & {"print", "exit", "quit", "KeyboardInterrupt", "SystemExit"}
    found = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert "exit" not in found
    assert path.name in READERS or not found & {"environ", "getenv"}
