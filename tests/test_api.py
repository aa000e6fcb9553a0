"""The public interface: few parameters, documented with examples, and listed on one page."""

import inspect
import os
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tunesmith.errors import TunesmithError

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
PAGE = ROOT / "docs" / "api.md"
IMPORTED = re.compile(r"^from \S+ import (?:\(\s*)?(\w+) as \1", re.MULTILINE)
MOST_PARAMETERS = 12


def _public() -> dict[str, Any]:
    found = {}
    for stub in sorted(SOURCE.rglob("__init__.pyi")):
        package = ".".join(stub.parent.relative_to(SOURCE).parts)
        module = import_module(package)
        for name in IMPORTED.findall(stub.read_text("utf-8")):
            found[f"{package}.{name}"] = getattr(module, name)
    return found


PUBLIC = _public()
FUNCTIONS = {name: each for name, each in PUBLIC.items() if inspect.isfunction(each)}
DOCUMENTED = {
    name: each for name, each in PUBLIC.items() if inspect.isfunction(each) or inspect.isclass(each)
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_have_few_parameters(name: str) -> None:
    """At most twelve; estimators and recipes, whose parameters are settings, are classes."""
    assert len(inspect.signature(FUNCTIONS[name]).parameters) <= MOST_PARAMETERS


@pytest.mark.parametrize("name", DOCUMENTED)
def test_every_name_has_an_example(name: str) -> None:
    """It runs, as tests/test_docstrings.py checks; functions say what they return."""
    found, text = DOCUMENTED[name], inspect.getdoc(DOCUMENTED[name]) or ""
    assert ">>>" in text or (inspect.isclass(found) and issubclass(found, TunesmithError))
    if name in FUNCTIONS and inspect.signature(found).return_annotation not in {None, "None"}:
        assert re.search(r"^(Returns|Yields)$|^(Return|Yield|Whether)", text, re.MULTILINE)


def _page() -> str:
    """Return the page: a table for each package."""
    parts = [
        "# Public names\n\nEach name is imported from its package. Its docstring has the details.\n"
    ]
    packages: dict[str, list[str]] = {}
    for name in PUBLIC:
        packages.setdefault(name.rpartition(".")[0], []).append(name)
    for package, names in packages.items():
        rows = "".join(
            f"| `{name}` | {_first_sentence(PUBLIC[name])} |\n" for name in sorted(names)
        )
        parts.append(f"\n## {package}\n\n| name | |\n|---|---|\n{rows}")
    return "".join(parts)


def _first_sentence(found: Any) -> str:
    if not (inspect.isfunction(found) or inspect.isclass(found)):
        return ""  # a type alias has no docstring of its own
    first = " ".join((inspect.getdoc(found) or "").split("\n\n")[0].split())
    return re.sub(r":\w+:`~?([^`]+)`", r"`\1`", first).replace("``", "`").replace("|", "\\|")


def test_the_page_lists_every_name() -> None:
    """With the first sentence of each docstring; TUNESMITH_REWRITE=1 writes it."""
    if os.environ.get("TUNESMITH_REWRITE"):
        PAGE.write_text(_page(), "utf-8")
    assert PAGE.read_text("utf-8") == _page()
