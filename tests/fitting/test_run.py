"""Fits, end to end."""

import csv
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import tunesmith
from tests.error_fields import about
from tests.fitting.fits import BRIEF
from tests.fitting.fits import fit as quick
from tunesmith.errors import FaultyRows, OutputError, UsageError
from tunesmith.events import Event, Note
from tunesmith.home import current_home
from tunesmith.results.fit_result import FitResult
from tunesmith.results.summary import Outcome, RungStatus, Summary


@pytest.fixture(scope="module")
def rows(toy_tickets: Path) -> list[list[str]]:
    with toy_tickets.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))[1:]


def write(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["text", "label"], *rows])
    return path


def test_a_fit_writes_a_model_with_its_measurements(toy_fit: FitResult) -> None:
    """The folder loads, predicts labels, and contains report, card and metadata."""
    result = toy_fit
    assert {path.name for path in result.path.iterdir()} >= {
        "tunesmith.json",
        "classifier.safetensors",
        "report.html",
        "README.md",
        "modules.json",
    }
    summary = result.summary
    assert (summary.rows, summary.train + summary.validation + summary.test) == (150, 150)
    assert [rung.name for rung in summary.rungs] == ["base", "linear", "network", "top", "whole"]
    assert {rung.status for rung in summary.rungs} == {RungStatus.DONE}
    model = tunesmith.load(result.path)
    assert model.classify(["ba card card pay"])[0].label == "card"
    assert model.summary == result.summary


def test_no_training_text_is_in_the_card_or_the_metadata(
    tiny_model: Path, rows: list[list[str]], tmp_path: Path
) -> None:
    """Only the report contains texts, even if the checks quote short ones."""
    odd = [["<b>yes</b>", "card"], ["cafÃ© no", "login"], ["pay &amp; go", "card"]]
    odd += [["twice sold", "order"], ["twice sold", "card"]]
    rows = rows[:60] + odd
    source = write(tmp_path / "odd.csv", rows)
    result = quick(source, tiny_model, recipe=BRIEF, output=tmp_path / "model")
    assert {"html", "damaged-characters"} <= {item.code for item in result.summary.findings}
    for name in ("README.md", "tunesmith.json"):
        written = (result.path / name).read_text(encoding="utf-8")
        assert not [text for text, _ in rows if text in written]


def test_the_same_seed_gives_the_same_result(
    toy_fit: FitResult, tiny_model: Path, toy_tickets: Path
) -> None:
    """Splits, scores, verdict and vectors are equal; only times differ."""
    first, second = toy_fit, quick(toy_tickets, tiny_model)
    assert list(current_home().work.glob("[!.]*/")) == []

    def without_times(summary: Summary) -> Summary:
        rungs = tuple(replace(rung, seconds=0, estimate=0, reason="") for rung in summary.rungs)
        reference = summary.reference and replace(summary.reference, seconds=0)
        return replace(summary, seconds=0, created="", rungs=rungs, reference=reference)

    assert without_times(first.summary) == without_times(second.summary)
    texts = list(first.evidence.texts)
    vectors, again = (tunesmith.load(result.path).encode(texts) for result in (first, second))
    assert np.array_equal(vectors, again)


@pytest.mark.parametrize("seed", range(2))
def test_shuffled_labels_are_never_better(
    tiny_model: Path, rows: list[list[str]], tmp_path: Path, seed: int
) -> None:
    """Labels unrelated to the texts prove nothing, and the base is kept."""
    rows = rows[:75]
    labels = [label for _, label in rows]
    random.Random(seed).shuffle(labels)
    texts = [text for text, _ in rows]
    source = write(
        tmp_path / "shuffled.csv", [list(row) for row in zip(texts, labels, strict=True)]
    )
    result = quick(source, tiny_model, seed=seed)
    assert result.verdict.outcome is not Outcome.BETTER
    assert result.summary.kept == "base"
    base = tunesmith.SentenceEncoder(str(tiny_model)).encode(texts[:5])
    assert np.allclose(tunesmith.load(result.path).encode(texts[:5]), base, atol=1e-6)


def test_separate_test_and_validation_files(
    tiny_model: Path, rows: list[list[str]], tmp_path: Path
) -> None:
    """They are used as they are, and their rows are removed from the training set."""
    source = write(tmp_path / "train.csv", rows[:50])
    validation = write(tmp_path / "validation.csv", rows[50:75])
    test = write(tmp_path / "test.csv", rows[75:100] + rows[:3])
    result = quick(source, tiny_model, test=test, validation=validation, recipe=BRIEF)
    assert (result.summary.train, result.summary.validation, result.summary.test) == (47, 25, 28)
    assert any(finding.code == "overlap" for finding in result.summary.findings)


@pytest.mark.slow
@pytest.mark.usefixtures("ticking")
def test_folds_test_every_row_once(tiny_model: Path, rows: list[list[str]], tmp_path: Path) -> None:
    """The verdict is based on all rows, and the model is fitted on all of them."""
    source = write(tmp_path / "small.csv", rows[:60])
    result = quick(source, tiny_model, cross_validate=3, budget="200s")
    assert sorted(result.evidence.texts) == sorted(text for text, _ in rows[:60])
    assert result.summary.test == 60
    assert result.summary.train + result.summary.validation == 60


@pytest.mark.usefixtures("ticking")
def test_invalid_rows_stop_a_fit_or_are_skipped(
    tiny_model: Path, rows: list[list[str]], tmp_path: Path
) -> None:
    """In a strict fit they are listed; with skip_invalid they are skipped and reported."""
    source = write(tmp_path / "faulty.csv", [*rows[:80], ["", "card"], ["no label", ""]])
    with pytest.raises(FaultyRows, match=r"81[\s\S]*82"):
        quick(source, tiny_model, strict=True)
    assert not current_home().models.exists()
    events: list[Event] = []
    result = quick(
        source,
        tiny_model,
        strict=True,
        skip_invalid=True,
        budget="10s",
        on_event=events.append,
    )
    assert result.summary.rows == 80
    assert any("81, 82" in event.text for event in events if isinstance(event, Note))


def test_invalid_data_raises_before_torch_is_imported(tmp_path: Path) -> None:
    """The error is immediate, as neither a model nor torch is loaded."""
    source = write(tmp_path / "faulty.csv", [["some text", "a"], ["", "b"]] * 30)
    code = (
        "import sys, tunesmith\n"
        "try: tunesmith.fit(sys.argv[1])\n"
        "except tunesmith.TunesmithError: print('torch' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(source)], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "False"


@pytest.mark.usefixtures("ticking")
def test_multilabel_with_unknown_labels(tiny_model: Path, examples: Path) -> None:
    """Each label is fitted on its known rows, and thresholds are saved with the model."""
    result = quick(examples / "multilabel.jsonl", tiny_model, budget="90s", recipe=BRIEF)
    assert result.summary.kind == "multilabel"
    assert result.verdict.headline.metric == "macro F1"
    model = tunesmith.load(result.path)
    assert model.classifier is not None
    assert model.classifier.thresholds is not None
    assert set(model.labels) == {"quality", "delivery", "price", "service"}


def test_invalid_arguments(
    tiny_model: Path, toy_tickets: Path, tmp_path: Path, examples: Path
) -> None:
    """Each error says what to use instead."""
    with pytest.raises(UsageError, check=about(option="goal")):
        quick(toy_tickets, tiny_model, goal="fun")
    with pytest.raises(UsageError, check=about(option="cross_validate")):
        quick(toy_tickets, tiny_model, cross_validate=1)
    with pytest.raises(UsageError, check=about(option="validation")):
        quick(toy_tickets, tiny_model, cross_validate=3, validation=toy_tickets)
    with pytest.raises(UsageError, check=about(option="keep")):
        quick(toy_tickets, tiny_model, keep="all")
    with pytest.raises(UsageError, match=r"toy\.csv .*labelled.* documents\.txt.* texts"):
        quick(examples / "documents.txt", tiny_model, test=toy_tickets)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="is a file"):
        quick(toy_tickets, tiny_model, output=tmp_path / "file")


def test_a_base_fitted_on_the_same_data_is_rejected(toy_fit: FitResult, toy_tickets: Path) -> None:
    """A model fitted on a file cannot be tested on part of it."""
    with pytest.raises(UsageError, check=about(option="base")):
        quick(toy_tickets, toy_fit.path, seed=1)


@pytest.mark.usefixtures("ticking")
def test_search_uses_nearest_neighbour_accuracy(tiny_model: Path, toy_tickets: Path) -> None:
    """With goal="search" the headline metric is 5-NN accuracy."""
    result = quick(toy_tickets, tiny_model, goal="search", budget="60s")
    assert result.verdict.headline.metric == "5-NN accuracy"
