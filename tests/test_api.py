"""The public interface: few parameters, documented with examples, and listed on one page."""

import inspect
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


def test_the_page_lists_every_name() -> None:
    """Each with the first sentence of its docstring."""
    listed = re.findall(r"^\| `([\w.]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(PUBLIC)
