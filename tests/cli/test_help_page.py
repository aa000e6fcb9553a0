"""docs/cli.md equals the help of every command.

``TUNESMITH_REWRITE=1 pytest tests/cli/test_help_page.py`` regenerates it.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tunesmith.cli.app import COMMANDS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "cli.md"
HEAD = """# The command line

This page shows the `--help` of every command. Exit codes: 0, 1 (failed, or `inspect` found errors),
2 (usage error), 130 (interrupted). With `--json`, the result is written to standard output as JSON,
progress to standard error, and an error as `{"error": "…"}`. Colours, bars and boxes appear in
terminals only; `NO_COLOR` disables colours there too.

| variable | effect |
|---|---|
| `TUNESMITH_HOME` | folder for models and cache |
| `TUNESMITH_CACHE_BYTES` | maximum size of the vector cache in bytes |
| `TUNESMITH_DEBUG` | 1 shows tracebacks and the messages of libraries, as `--debug` does |
| `HF_HUB_OFFLINE` | 1 disables access to the Hugging Face Hub |
"""

Run = Callable[..., Result]


def page(run: Run) -> str:
    """Return the expected page."""
    parts = [HEAD, _section("tunesmith", run("--help").stdout)]
    names = [name for panel in COMMANDS.values() for name in panel]
    parts += [_section(f"tunesmith {name}", run(name, "--help").stdout) for name in names]
    return "\n".join(parts)


def _section(title: str, text: str) -> str:
    return f"## {title}\n\n```text\n{text.strip()}\n```\n"


def test_the_page_equals_the_help(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set TUNESMITH_REWRITE=1 to regenerate the page."""
    monkeypatch.setenv("COLUMNS", "88")
    if os.environ.get("TUNESMITH_REWRITE"):
        PAGE.write_text(page(run), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page(run)
