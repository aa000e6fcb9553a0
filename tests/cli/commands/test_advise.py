"""`tunesmith advise`: text, JSON, and the recommended commands."""

import json
import shlex
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

Run = Callable[..., Result]


def document(result: Result) -> Any:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_advice_as_text(run: Run, toy_tickets: Path, tiny_model: Path) -> None:
    """Kind of data, plan, recipes, learning curve, classes and next steps."""
    result = run("advise", str(toy_tickets), "--base", str(tiny_model))
    assert result.exit_code == 0, result.stderr
    for words in (
        "toy.csv  labelled  150 rows, 3 classes",
        "Plan within",
        "Top layers over a frozen trunk",
        "contrastive          chosen  labelled",
        "Learning curve",
        "accuracy",
        "160%",
        "expected,",
        "Doubling the data",
        "Classes that gain most",
        "tunesmith evaluate",
    ):
        assert words in result.stdout, words


def test_advice_as_json(run: Run, toy_tickets: Path, tiny_model: Path) -> None:
    """One document on standard output, with all points and classes."""
    found = document(run("advise", str(toy_tickets), "--base", str(tiny_model), "--json"))
    assert (found["kind"], found["rows"], found["recipe"]) == ("labelled", 150, "contrastive")
    curve = found["curve"]
    assert [point["share"] for point in curve["points"]] == pytest.approx([0.2, 0.4, 0.8])
    assert curve["gain"] == pytest.approx(curve["doubled"]["score"] - curve["points"][-1]["score"])
    assert {each["label"] for each in curve["classes"]} == {"card", "order", "login"}
    assert {each["outlook"] for each in curve["classes"]} <= {
        "more labels help",
        "nothing expected",
        "too few rows to tell how much",
    }
    assert found["rungs"][0]["name"] == "base"
    assert all(recipe["seconds"] > 0 for recipe in found["recipes"])
    assert found["obstacle"] is found["why_no_curve"] is None


@pytest.mark.slow
@pytest.mark.usefixtures("ticking")
def test_the_next_command_runs(
    run: Run, few_tickets: Path, tiny_model: Path, tmp_path: Path
) -> None:
    """The recommended command keeps the columns, base and seed."""
    path = tmp_path / "my log.csv"
    path.write_text(few_tickets.read_text("utf-8").replace("text,label", "said,meant"), "utf-8")
    words = ["--base", str(tiny_model), "--columns", "text=said,label=meant", "--seed", "3"]
    command = document(run("advise", str(path), *words, "--json"))["command"]
    name, *advised = shlex.split(command)
    assert name == "tunesmith"
    assert advised[:2] == ["fit", str(path)]
    assert all(word in advised for word in words)
    advised[advised.index("--budget") + 1] = "120s"
    result = run(*advised, "--output", str(tmp_path / "model"))
    assert result.exit_code == 0, result.stderr


def test_all_commands_for_unlabelled_text_run(
    run: Run, examples: Path, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each printed command uses the given column."""
    texts = (examples / "texts.txt").read_text("utf-8").splitlines()
    rows = [{"id": f"number {row}", "said": text} for row, text in enumerate(texts)]
    monkeypatch.chdir(tmp_path)
    Path("my log.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    words = ["--base", str(tiny_model), "--kind", "texts", "--columns", "text=said"]
    text = run("advise", "my log.jsonl", *words).stdout
    lines = text[text.index("Next steps") :].splitlines()
    commands = [shlex.split(line, comments=True)[1:] for line in lines if "tunesmith " in line]
    assert {command[0] for command in commands} >= {"search", "plot", "embed", "distill"}
    for command in commands:
        if command[0] == "fit":
            assert command[-4:] == ["--columns", "text=said", "--base", str(tiny_model)]
            continue
        assert command[-2:] == ["--columns", "text=said"]
        result = run(*command)
        assert result.exit_code == 0, result.stderr


@pytest.mark.parametrize(
    ("name", "fragment", "next_command"),
    [
        ("pairs.csv", "needs labels", "mine"),
        ("texts.txt", "label a few hundred", "search"),
        ("multilabel.jsonl", "macro F1", "fit"),
        ("retrieval", "Query map in closed form", "fit"),
    ],
)
def test_every_kind_gets_advice(
    run: Run, examples: Path, tiny_model: Path, name: str, fragment: str, next_command: str
) -> None:
    """If a fit is not possible, the reason and alternatives are given."""
    result = run("advise", str(examples / name), "--base", str(tiny_model))
    assert result.exit_code == 0, result.stderr
    assert fragment in result.stdout
    assert f"tunesmith {next_command} " in result.stdout[result.stdout.index("Next steps") :]


def test_markup_in_labels_is_not_interpreted(
    run: Run, few_tickets: Path, tiny_model: Path, tmp_path: Path
) -> None:
    """Brackets and tags in a label are shown as they are."""
    path = tmp_path / "odd.csv"
    odd = few_tickets.read_text("utf-8").replace(",order\n", ",[red]<b>\n")
    path.write_text(odd, "utf-8")
    result = run("advise", str(path), "--base", str(tiny_model))
    assert result.exit_code == 0, result.stderr
    assert "[red]<b>" in result.stdout


def test_bad_input_is_named(run: Run, tmp_path: Path) -> None:
    """One error line with the row number or the file name."""
    path = tmp_path / "gaps.csv"
    lines = [f"some words of row {row},{'x' if row % 2 else 'y'}" for row in range(50)]
    path.write_text("\n".join(["text,label", *lines, "a text without a label,"]), "utf-8")
    result = run("advise", str(path), "--kind", "labelled", "--strict")
    assert result.exit_code == 1
    assert "row 51" in result.stderr
    assert "--skip-invalid" in result.stderr
    missing = run("advise", str(tmp_path / "nowhere.csv"))
    assert missing.exit_code == 1
    assert "nowhere.csv" in missing.stderr


def test_a_forecast_from_a_sample_covers_all_rows(
    run: Run, toy_tickets: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The score on all rows is forecast as well, and shares refer to the whole file."""
    monkeypatch.setattr(import_module("tunesmith.advice.advise"), "MOST_CURVE_ROWS", 90)
    text = run("advise", str(toy_tickets), "--base", str(tiny_model)).stdout
    assert "90 of 150 rows" in text
    rows = [line.split() for line in text[text.index("Learning curve") :].splitlines()[1:12]]
    shares = [row[:2] for row in rows if row and row[0].endswith("%")]
    assert shares[-2:] == [["80%", "120"], ["160%", "240"]]
    assert shares[-3] == ["48%", "72"]
