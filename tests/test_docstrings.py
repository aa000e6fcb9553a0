"""Every example in a docstring runs and gives what it shows."""

import doctest
import inspect
import re
import shutil
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tunesmith.home import current_home

SOURCE = Path(__file__).resolve().parent.parent / "src"
MODULES = sorted(
    ".".join(path.relative_to(SOURCE).with_suffix("").parts)
    for path in SOURCE.rglob("*.py")
    if ">>>" in path.read_text(encoding="utf-8")
)


EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


# A fitted model, and the result of the fit, which examples may use without fitting one.
FITTED, RESULT = "tickets-3f2a1c", "result"


def _examples(module: ModuleType, names: dict[str, Any]) -> list[doctest.DocTest]:
    found = doctest.DocTestFinder().find(module, extraglobs=names)
    return [test for test in found if test.examples]


def _fitted(module: ModuleType, request: pytest.FixtureRequest) -> dict[str, Any]:
    """Put a fitted model in the home, and return its result, if the examples use them."""
    source = inspect.getsource(module)
    if not re.search(rf">>> .*({FITTED}|\b{RESULT}\.(summary|report)\b)", source):
        return {}
    result = request.getfixturevalue("toy_fit")
    shutil.copytree(result.path, current_home().models / FITTED, dirs_exist_ok=True)
    return {RESULT: result}


@pytest.mark.slow
@pytest.mark.usefixtures("common_home")
@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(
    name: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The examples of a module hold, one after the other."""
    (tmp_path / "examples").symlink_to(EXAMPLES)
    monkeypatch.chdir(tmp_path)
    runner = doctest.DocTestRunner()
    module = import_module(name)
    for test in _examples(module, _fitted(module, request)):
        runner.run(test)
    assert runner.failures == 0, capsys.readouterr().out
