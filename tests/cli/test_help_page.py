"""The page with the help of every command says what the commands say.

``TUNESMITH_REWRITE=1 pytest tests/cli/test_help_page.py`` writes it anew.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tunesmith.cli.app import COMMANDS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "cli.md"
HEAD = """# The command line

Every command, as `--help` shows it. Exit codes: 0, 1 (failed, or `inspect` found errors), 2 (wrong
use), 130 (interrupted). With `--json` the result goes to standard output for machines, progress to
standard error, and an error is `{"error": "…"}`. Colours, bars and boxes are for terminals only;
`NO_COLOR` takes the colours away there too.

| variable | what it sets |
|---|---|
| `TUNESMITH_HOME` | the folder for models and cache |
| `TUNESMITH_CACHE_BYTES` | the limit of the cache of vectors |
| `TUNESMITH_DEBUG` | set to 1, errors come with their trace and libraries may speak |
| `HF_HUB_OFFLINE` | set to 1, the Hugging Face hub is never asked |
"""

Run = Callable[..., Result]


def page(run: Run) -> str:
    """Return the page as it should be."""
    parts = [HEAD, _section("tunesmith", run("--help").stdout)]
    names = [name for panel in COMMANDS.values() for name in panel]
    parts += [_section(f"tunesmith {name}", run(name, "--help").stdout) for name in names]
    return "\n".join(parts)


def _section(title: str, text: str) -> str:
    return f"## {title}\n\n```text\n{text.strip()}\n```\n"


def test_the_page_is_the_real_help(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rewrite it with TUNESMITH_REWRITE=1 when an option has changed."""
    monkeypatch.setenv("COLUMNS", "88")
    if os.environ.get("TUNESMITH_REWRITE"):
        PAGE.write_text(page(run), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page(run)
