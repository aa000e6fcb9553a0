"""Shared fixtures of the command-line tests."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.results.finding import Finding, Severity
from tunesmith.results.summary import Change, Outcome, Rung, RungStatus, Summary, Verdict

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process and return its output and exit code."""
    from tunesmith.cli.app import app

    for name in ("FORCE_COLOR", "TUNESMITH_DEBUG", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return lambda *words, **named: CliRunner().invoke(app, list(words), **named)


@pytest.fixture
def summary(tiny_model: Path) -> Summary:
    """A summary of a fit on 100 rows with two classes."""
    headline = Change("accuracy", 0.8, 0.9, 0.02, 0.18)
    worse = Change("log loss", 0.5, 0.61, 0.01, 0.2, higher_is_better=False)
    base = Rung("base", "Untouched base", RungStatus.DONE, 1.0, 0.9, 0.81)
    tuned = Rung("linear", "Closed-form linear map", RungStatus.DONE, 0.1, 0.1, 0.9, chosen=True)
    skipped = Rung("whole", "Whole model", RungStatus.SKIPPED, 90.0, reason="needs about 90 s")
    finding = Finding("html", Severity.WARNING, 1, "HTML was left.", "Strip it.", rows=(3,))
    return Summary(
        source="tickets.csv", kind="labelled", decision="column 'text' holds texts",
        goal="classify", base=str(tiny_model), base_digest=folder_digest(tiny_model),
        data_digest="1" * 64,
        seed=0, budget=60.0, seconds=4.2, rows=100, train=65, validation=15, test=20, folds=0,
        counts=(), findings=(finding,),
        reference=Rung("tfidf", "TF-IDF", RungStatus.DONE, 0.0, 0.1, 0.7),
        rungs=(base, tuned, skipped), chosen="linear", kept="linear",
        verdict=Verdict(Outcome.BETTER, headline, "It is better by ten points.", "Use it."),
        changes=(headline, worse), classes=(), versions={"tunesmith": "0.1.0"},
        created="2026-01-02T03:04:05+00:00",
    )  # fmt: skip


@pytest.fixture
def fitted(home: Path, tiny_encoder: Path, summary: Summary) -> Path:
    """A fitted model in the model store: a classifier with two labels on the tiny model."""
    from tunesmith.models import folder as model_folders
    from tunesmith.vectors.linear_classifier import LinearClassifier

    weight = np.random.default_rng(0).normal(size=(2, 32)).astype(np.float32)
    classifier = LinearClassifier(weight, np.zeros(2, dtype=np.float32), ("late", "[red]lost"))
    path = home / "models" / "tickets-3f2a1c"
    model_folders.save(
        path,
        encoder=tiny_encoder,
        classifier=classifier,
        summary=summary.to_dict(),
        write_pages=_write_report,
    )
    return path


def _write_report(folder: Path) -> None:
    (folder / "report.html").write_text("<p>", encoding="utf-8")


@pytest.fixture
def texts_file(tmp_path: Path) -> Path:
    """A CSV file with IDs and five texts."""
    path = tmp_path / "texts.csv"
    rows = ["my card is late", "refund, please", "[bold]help[/bold]", "", "<script>café 🙂"]
    lines = ["id,text", *(f'{number},"{text}"' for number, text in enumerate(rows))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
