"""Tables of results in a terminal."""

from dataclasses import replace

import pytest

from tunesmith.cli.render.describe import write_class_counts, write_test_results
from tunesmith.cli.render.fit_progress import write_detection
from tunesmith.cli.render.output import Output
from tunesmith.events import Inspected
from tunesmith.results import Outcome
from tunesmith.results.summary import ClassCount, Summary


@pytest.mark.parametrize("outcome", [Outcome.BETTER, Outcome.NO_PROVEN_CHANGE])
def test_the_headline_metric_has_the_verdicts_outcome(
    summary: Summary, outcome: Outcome, capsys: pytest.CaptureFixture[str]
) -> None:
    """The verdict is stricter than the interval; other metrics have that of their interval."""
    write_test_results(
        Output(), replace(summary, verdict=replace(summary.verdict, outcome=outcome))
    )
    lines = [line.split("  ") for line in capsys.readouterr().out.splitlines()]
    found = {words[0]: words[-1].strip() for words in lines if words[0] in {"accuracy", "log loss"}}
    assert found == {"accuracy": str(outcome), "log loss": "worse"}


def test_labels_that_look_the_same_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    """Invisible characters have their code; a joined emoji alone stays as it is."""
    labels = ["water", "water\u200b", "Water", "👩\u200d🔬"]
    write_class_counts(Output(), [ClassCount(label, 5, 0.25) for label in labels])
    text = capsys.readouterr().out
    assert all(each in text for each in ("“water”", "“water<U+200B>”", "“Water”", "👩\u200d🔬"))


def test_notes_on_a_file_name_options(capsys: pytest.CaptureFixture[str]) -> None:
    """Not the parameters of the library."""
    notes = ("delimiter ';'", "If there are more documents, give all of them as `documents`.")
    file = Inspected("a.csv", "pairs", "pairs: two texts", 9, 0, {}, notes, 0, ())
    write_detection(Output(), file)
    assert "as --documents." in capsys.readouterr().out
