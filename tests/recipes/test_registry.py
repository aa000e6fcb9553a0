"""The table of recipes, and its copy in the documentation."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tunesmith.data.reshaping.reshape import possible_kinds
from tunesmith.kinds import Kind
from tunesmith.recipes.build import build_recipe
from tunesmith.recipes.registry import RECIPES, RecipeInfo

PAGE = Path(__file__).resolve().parents[2] / "docs" / "recipes.md"


def _line(info: RecipeInfo) -> str:
    made = ", ".join(f"`{kind}`" for kind in info.kinds if kind not in info.accepts)
    if set(info.kinds) == set(Kind):
        made = "any other"
    kinds = ", ".join(f"`{kind}`" for kind in info.accepts) + (f"; made of {made}" if made else "")
    return f"| `{info.name}` | {kinds} | {info.why} | {info.when} | {info.paper} |"


def test_the_page_shows_the_table() -> None:
    """The documentation shows the same rows in the same order."""
    section = PAGE.read_text(encoding="utf-8").split("## All recipes")[1]
    table = section.split("|---|---|---|---|---|\n")[1].split("\n\n")[0]
    assert table.splitlines() == [_line(info) for info in RECIPES.values()]


@pytest.mark.parametrize("info", RECIPES.values(), ids=lambda info: info.name)
def test_every_recipe_can_be_built(info: RecipeInfo) -> None:
    """It takes its settings, and its kinds are those it accepts or that can be reshaped."""
    recipe: Any = build_recipe(info.name, epochs=7)
    assert recipe.epochs == 7
    assert info.name in {getattr(recipe, "loss", None), "contrastive", "augmented", "gpl"}
    assert len(set(info.kinds)) == len(info.kinds)
    for kind in Kind:
        reached = bool({*possible_kinds(kind)} & {*info.accepts})
        assert (kind in info.kinds) is reached


def test_the_table_loads_without_torch() -> None:
    """So a command can list the recipes quickly."""
    code = "import sys, tunesmith.recipes.choose; print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
