"""Labels of a test file that the training data lacks are reported with their rows and spelling."""

from pathlib import Path

import pytest

from tests.data.checks.checked import sentences
from tunesmith.comparison.evaluate import evaluate
from tunesmith.datasets.training_data import DataOptions, load_training_data
from tunesmith.datasets.unseen_labels import unseen_labels
from tunesmith.errors import DataError
from tunesmith.events import Event, Note
from tunesmith.kinds import labelled_examples
from tunesmith.results.finding import Finding, Severity

TRAIN = ["a", "b", "card lost"] * 10


def found(labels: list[str]) -> Finding:
    """Return the finding for a test file with these labels."""
    (finding,) = unseen_labels(
        labelled_examples(sentences(len(TRAIN)), TRAIN),
        labelled_examples(sentences(len(labels)), labels),
        names=("train.csv", "test.csv"),
        role="test",
    )
    return finding


def test_labels_rows_and_spellings_are_named() -> None:
    """The count is that of the rows; case, spaces, hyphens and underscores are spelling."""
    finding = found(["a", "A", "A", "Card_Lost", "card-lost", "zzz"])
    assert (finding.code, finding.severity, finding.count) == ("unseen-label", Severity.WARNING, 5)
    assert "4 labels of the test file not in the training data, in 5 of 6 rows" in finding.message
    for spelled in ("“A” → “a”", "“Card_Lost” → “card lost”", "“card-lost” → “card lost”"):
        assert spelled in finding.advice
    assert "zzz" in finding.message
    assert "zzz" not in finding.advice
    assert "training rows for the others" in finding.advice


def test_labels_of_another_meaning_need_rows() -> None:
    """There is no spelling to correct."""
    assert "add training rows, or check the spelling" in found(["a", "zzz"]).advice


def test_files_without_a_common_label_are_refused() -> None:
    """The labels are named."""
    with pytest.raises(DataError, match=r"test\.csv has no label in common .* labels are A and B"):
        found(["A", "B"])


def write(path: Path, labels: list[str], topic: str) -> Path:
    """Write a file of labelled texts that no other topic has."""
    rows = [f"{topic} {text},{label}" for text, label in zip(sentences(30), labels, strict=False)]
    path.write_text("\n".join(["text,label", *rows]) + "\n", "utf-8")
    return path


def test_a_fit_and_an_evaluation_report_them(tiny_model: Path, tmp_path: Path) -> None:
    """A fit as a note before it trains, and both as a finding."""
    train = write(tmp_path / "train.csv", TRAIN, "first")
    test = write(tmp_path / "test.csv", ["a", "b", "B"] * 10, "second")
    events: list[Event] = []
    data = load_training_data(train, {"test": test}, DataOptions(), str(tiny_model), events.append)
    notes = [event.text for event in events if isinstance(event, Note)]
    assert any("“B” → “b”" in note for note in notes)
    evaluated = evaluate([tiny_model], test, train=train)
    for findings in (data.findings, evaluated.findings):
        assert "unseen-label" in {finding.code for finding in findings}


@pytest.mark.parametrize("spelled", ["{}", "{} ", "{}\u200b"])
@pytest.mark.parametrize("rare", [True, False])
def test_both_advices_prefer_the_training_data(
    rare: bool, spelled: str, tiny_model: Path, tmp_path: Path
) -> None:
    """Whatever is more frequent in the file of tests."""
    other = spelled.format("B") if spelled == "{}" else spelled.format("b")
    labels = ["b", other, other] * 5 if rare else ["b", "b", other] * 5
    train = write(tmp_path / "train.csv", ["a", "b", "card lost"] * 10, "first")
    test = write(tmp_path / "test.csv", [*labels, *["a"] * 15], "second")
    data = load_training_data(train, {"test": test}, DataOptions(), str(tiny_model), lambda _: None)
    evaluated = evaluate([tiny_model], test, train=train)
    for findings in (data.findings, evaluated.findings):
        spelling = next((each for each in findings if each.code == "label-spelling"), None)
        if spelling is None:  # spaces around labels are removed when they are read
            assert spelled == "{} "
            continue
        assert "→ “b”" in spelling.advice
        assert "“b” →" not in spelling.advice
