"""End-to-end tests of `tunesmith fit` on a tiny model."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tunesmith.recipes.registry import RECIPES

Run = Callable[..., Result]


@pytest.fixture
def tickets(examples: Path, tmp_path: Path) -> Path:
    """Tickets of three intents, at most 150 rows."""
    lines = (examples / "tickets.csv").read_text(encoding="utf-8").splitlines()
    wanted = ("delivery_late", "return_item", "payment_failed")
    chosen = [line for line in lines[1:] if line.endswith(wanted) and line.count('"') != 1]
    path = tmp_path / "tickets.csv"
    path.write_text("\n".join([lines[0], *chosen[:150]]) + "\n", encoding="utf-8")
    return path


@pytest.mark.slow
def test_a_fit_prints_every_step_in_order(
    run: Run, tickets: Path, tiny_model: Path, tmp_path: Path
) -> None:
    """Data, split, plan, candidates, results, output paths; the saved model works."""
    out, few = tmp_path / "model", tmp_path / "few.csv"
    few.write_text("".join(tickets.read_text("utf-8").splitlines(keepends=True)[:61]), "utf-8")
    words = ["fit", str(few), "--base", str(tiny_model), "--cross-validate", "2", "-o", str(out)]
    result = run(*words, "--budget", "none")
    assert result.exit_code == 0, result.stderr
    order = ("labelled", "split", "Plan without a time limit", "Untouched base", "out of fold  ",
             "accuracy  ",
             "Output", str(out / "report.html"), "Next steps", "tunesmith classify")  # fmt: skip
    positions = [result.stdout.index(part) for part in order]
    assert positions == sorted(positions)
    assert "\x1b" not in result.stdout
    assert (out / "report.html").is_file()
    assert run("classify", str(out), "where is my parcel").exit_code == 0
    assert run("show", str(out)).exit_code == 0


@pytest.mark.usefixtures("ticking")
def test_json_goes_to_stdout_and_progress_to_stderr(
    run: Run, tickets: Path, tiny_model: Path, home: Path
) -> None:
    """Standard output holds the summary with the paths as JSON."""
    result = run("fit", str(tickets), "--base", str(tiny_model), "--budget", "60s", "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert Path(found["path"]).parent == home / "models"
    assert Path(found["report"]).is_file()
    assert found["verdict"]["outcome"] in {"better", "no proven change", "worse"}
    assert found["rows"] == found["train"] == found["test"]
    assert found["budget"] == 60
    assert "Plan within" in result.stderr
    assert Path(found["path"]).name in run("models").stdout


def test_data_errors_stop_a_fit_before_a_model_is_loaded(
    run: Run, tiny_model: Path, tmp_path: Path
) -> None:
    """Findings are listed, followed by one error line; nothing is written."""
    path = tmp_path / "one.csv"
    path.write_text("text,intent\n" + "one and the same,a\n" * 60, encoding="utf-8")
    out = tmp_path / "model"
    words = ["fit", str(path), "--kind", "labelled", "--base", str(tiny_model), "-o", str(out)]
    result = run(*words)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("error: ")
    assert not out.exists()


@pytest.mark.usefixtures("tiny_bundled", "ticking")
def test_the_demo_runs_a_fit(run: Run) -> None:
    """It explains itself and then runs `fit` on the bundled questions."""
    result = run("demo", "--budget", "30s")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("Tunesmith demo\n")
    assert "questions.csv  labelled" in result.stdout
    assert "Next steps" in result.stdout


def test_the_help_names_every_recipe(run: Run) -> None:
    """All registered recipes, and the special values auto and adapt."""
    text = " ".join(run("fit", "--help").stdout.split())
    for name in ("auto", "adapt", *RECIPES):
        assert f" {name}" in text[text.index("Fine-tuning recipe") :]


def test_the_demo_copies_the_examples(run: Run, tmp_path: Path) -> None:
    """Into a new folder, and a copied file can be inspected."""
    result = run("demo", "--files", str(tmp_path / "examples"))
    assert result.exit_code == 0, result.stderr
    assert "tunesmith fit" in result.stdout
    assert run("inspect", str(tmp_path / "examples" / "pairs.csv")).exit_code == 0
    again = run("demo", "--files", str(tmp_path / "examples"))
    assert again.exit_code == 1
    assert "already exists" in again.stderr
