"""Every public function documents the errors that it raises."""

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import pytest

from tests.test_api import DOCUMENTED, FUNCTIONS
from tunesmith import errors
from tunesmith.errors import HubUnavailable, OutputError, TunesmithError, UsageError

Errors = set[type[TunesmithError]]


def _methods(name: str, found: type) -> Iterator[tuple[str, FunctionType]]:
    """Yield the public methods and properties of a class and of its bases in the library."""
    for base in found.__mro__:
        if base.__module__.startswith("tunesmith."):
            for attribute, each in vars(base).items():
                method = getattr(each, "fget", None) or getattr(each, "func", None) or each
                method = getattr(method, "__func__", method)
                if isinstance(method, FunctionType) and not attribute.startswith("_"):
                    yield f"{name}.{attribute}", method


def _public() -> dict[str, FunctionType]:
    """Return the public functions and methods, each under one of its names."""
    classes = {name: each for name, each in DOCUMENTED.items() if inspect.isclass(each)}
    methods = [pair for name, each in classes.items() for pair in _methods(name, each)]
    names = {each: name for name, each in [*methods, *FUNCTIONS.items()]}
    return {name: each for each, name in names.items()}


PUBLIC = _public()


def _raised(function: FunctionType, seen: set[FunctionType]) -> Errors:
    """Return the library's errors raised by a function and by what it calls in its own module."""
    if function in seen:
        return set()
    seen.add(function)
    found: Errors = set()
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if isinstance(node, ast.Raise):
            found |= _error(node.exc)
        elif isinstance(node, ast.Call):
            called = _called(function, node.func)
            found |= _raised(called, seen) if called else set()
    return found


def _error(raised: ast.expr | None) -> Errors:
    name = raised.func if isinstance(raised, ast.Call) else raised
    each = getattr(errors, name.id, None) if isinstance(name, ast.Name) else None
    return {each} if inspect.isclass(each) and issubclass(each, TunesmithError) else set()


def _called(caller: FunctionType, called: ast.expr) -> FunctionType | None:
    """Return the function or method of the same module that is called by name or on ``self``."""
    module = sys.modules[caller.__module__]
    found: Any = None
    if isinstance(called, ast.Name):
        found = getattr(module, called.id, None)
    elif isinstance(called, ast.Attribute) and ast.unparse(called.value) == "self":
        owner = getattr(module, caller.__qualname__.partition(".")[0], None)
        found = getattr(owner, called.attr, None)
    own = isinstance(found, FunctionType) and found.__module__ == module.__name__
    return found if own else None


def _documented(function: FunctionType) -> tuple[type[TunesmithError], ...]:
    """Return the errors in the section ``Raises`` of a docstring."""
    section = (inspect.getdoc(function) or "").partition("Raises\n------\n")[2]
    lines = re.split(r"^\w+\n-+$", section, maxsplit=1, flags=re.MULTILINE)[0].splitlines()
    names = [name.strip() for line in lines if line[:1].strip() for name in line.split(",")]
    return tuple(getattr(errors, name) for name in names if hasattr(errors, name))


@pytest.mark.parametrize("name", PUBLIC)
def test_errors_are_documented(name: str) -> None:
    """Each error, or a base class of it, is in the section ``Raises``."""
    documented = _documented(PUBLIC[name])
    raised = _raised(PUBLIC[name], set())
    assert [each.__name__ for each in raised if not issubclass(each, documented)] == []


def test_errors_are_found() -> None:
    """In the function itself, and in those of its module that it calls."""
    assert _raised(PUBLIC["tunesmith.models.push"], set()) == {
        UsageError,
        OutputError,
        HubUnavailable,
    }
    assert HubUnavailable in _documented(PUBLIC["tunesmith.models.push"])
