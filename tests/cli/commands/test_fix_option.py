"""``--fix`` merges labels for every command that takes labelled data."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tests.data.checks.checked import sentences

Run = Callable[..., Result]


@pytest.fixture
def spelled(tmp_path: Path) -> Path:
    """A file in which a label has two spellings."""
    labels = ["Lift", "lift", "Lift", "water"] * 15
    rows = [f"{text},{label}" for text, label in zip(sentences(60), labels, strict=True)]
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    return path


def test_inspect_offers_and_applies_the_fix(run: Run, spelled: Path) -> None:
    """The advice of the finding names the fix, and the finding is gone with it."""
    shown = " ".join(run("inspect", str(spelled)).stdout.split())
    assert "merge the spellings (fix `label-spelling`)" in shown
    fixed = json.loads(run("inspect", str(spelled), "--fix", "label-spelling", "--json").stdout)
    assert [each["label"] for each in fixed["classes"]] == ["Lift", "water"]
    assert any("merged" in note for note in fixed["notes"])
    assert fixed["reason"].endswith("holds 3 distinct values; after the fixes 2 labels")


def test_a_fit_has_the_merged_classes(
    run: Run, tiny_model: Path, spelled: Path, tmp_path: Path
) -> None:
    """As the model's card says."""
    out = tmp_path / "model"
    options = ("--base", str(tiny_model), "--budget", "5s", "-o", str(out))
    result = run("fit", str(spelled), *options, "--fix", "label-spelling", "--json")
    assert result.exit_code == 0, result.stderr
    counts = json.loads(result.stdout)["counts"]
    assert [each["label"] for each in counts] == ["Lift", "water"]


def test_an_unknown_fix_is_a_usage_error(run: Run, spelled: Path) -> None:
    """With the known ones."""
    result = run("inspect", str(spelled), "--fix", "spelling")
    assert result.exit_code == 2
    assert "use label-spelling" in result.stderr
